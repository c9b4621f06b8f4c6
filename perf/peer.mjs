/**
 * A Python peer that runs named work on request, and comparison with it in alternating rounds.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROUNDS = 7;

/**
 * Starts perf/peers/SCRIPT. Its first line is its version, or nothing where a library is missing; then a
 * line `NAME` on its input gives `SECONDS VALUES…`, the time of one call.
 * @returns null if it can't run here
 */
export async function startPeer(script, ...args) {
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  // One thread, as ours.
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  // Debian's packages belong to Debian's Python.
  for (const python of ['/usr/bin/python3', 'python3']) {
    const child = spawn(python, [path, ...args], { stdio: ['pipe', 'pipe', 'ignore'], env });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const failed = once(child, 'error').then(() => ({ done: true }));
    const first = await Promise.race([lines.next(), failed]);
    if (first.done) continue;
    return {
      version: first.value,
      async run(name) {
        child.stdin.write(`${name}\n`);
        const { value, done } = await lines.next();
        if (done) throw new Error(`the peer died at ${name}`);
        const [seconds, ...values] = value.split(' ').map(Number);
        return { seconds, values };
      },
      stop: () => child.stdin.end(),
    };
  }
  return null;
}

/** Seconds of one call of `work`, which runs so often that a clock can tell. */
export async function timed(work, leastSec = 0.05) {
  let calls = 0;
  const start = performance.now();
  let elapsed = 0;
  do {
    await work();
    calls += 1;
    elapsed = (performance.now() - start) / 1000;
  } while (elapsed < leastSec);
  return elapsed / calls;
}

/**
 * Alternating rounds of ours and the peer's; prints × real time of both and the median ratio with its range.
 * @param soundSec seconds of sound that one call works on
 */
export async function compare(label, soundSec, ours, theirs) {
  await ours();
  await theirs();
  const mine = [];
  const peers = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    mine.push(await timed(ours));
    peers.push(await theirs());
  }
  const ratios = peers.map((seconds, i) => seconds / mine[i]);
  console.log(
    `${label.padEnd(58)} ${spread(ratios, 2).padEnd(20)} ${realTime(soundSec, mine)} against ${realTime(soundSec, peers)} × real time`,
  );
}

/** Ours alone, where there is no peer. */
export async function alone(label, soundSec, ours) {
  await ours();
  const mine = [];
  for (let round = 0; round < ROUNDS; round += 1) mine.push(await timed(ours));
  console.log(`${label.padEnd(58)} ${realTime(soundSec, mine)} × real time`);
}

function realTime(soundSec, seconds) {
  const sorted = [...seconds].sort((a, b) => a - b);
  return Math.round(soundSec / sorted[sorted.length >> 1]).toLocaleString('en');
}

/** Median with the range. */
export function spread(values, digits) {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value) => value.toFixed(digits);
  return `${show(sorted[sorted.length >> 1])} [${show(sorted[0])}–${show(sorted.at(-1))}]`;
}
