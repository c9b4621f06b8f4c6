/**
 * Training steps (gradient, Adam, one batch of 16) against PyTorch on the same processor: median ratio
 * peer ÷ ours of alternating rounds, with its range, and peak memory. Both sides run in processes of their
 * own. Peer: apt-get install -y python3-torch libopenblas0-pthread (PyTorch takes its BLAS)
 * Usage: npm run build && node perf/training.mjs [network…] [--threads 1,2]
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createOnnxNodeBackend } from '../dist/runtime/onnx-node.js';
import { prepareStep } from '../dist/training/engine.js';
import { NETWORKS, trainingStep } from './training-models.mjs';

const ROUNDS = 15;
const WARM_UP = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { serve: { type: 'boolean' }, threads: { type: 'string', default: '1,2' } },
});
if (values.serve) await serve(positionals[0], Number(values.threads));
else await main(positionals.length > 0 ? positionals : Object.keys(NETWORKS));

async function main(names) {
  for (const threads of values.threads.split(',').map(Number)) {
    for (const name of names) {
      const ours = start(
        process.execPath,
        [fileURLToPath(import.meta.url), name, '--serve', '--threads', String(threads)],
        threads,
      );
      const peer = start(
        '/usr/bin/python3',
        [fileURLToPath(new URL('./peers/training.py', import.meta.url)), name, String(threads)],
        threads,
      );
      const told = [await ours.next(), await peer.next()];
      const ratios = [];
      const rows = [[], []];
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        const [a, b] = [await ours.ask(), told[1] ? await peer.ask() : null];
        if (round < 0) continue;
        rows[0].push(a);
        if (b) rows[1].push(b);
        if (b) ratios.push(b[0] / a[0]);
      }
      ours.stop();
      peer.stop();
      const ms = (list) => (1000 * median(list.map(([seconds]) => seconds))).toFixed(1);
      const mb = (list) => Math.round(list.at(-1)[2]);
      const against = told[1]
        ? `${spread(ratios)} × ${told[1]} (${ms(rows[1])} ms), memory ${mb(rows[0])} MB, ${(mb(rows[0]) / mb(rows[1])).toFixed(2)} of its ${mb(rows[1])} MB`
        : `memory ${mb(rows[0])} MB; no peer`;
      console.log(
        `${name.padEnd(12)} ${threads} thread${threads > 1 ? 's' : ' '}  ${ms(rows[0]).padStart(7)} ms  ${against}`,
      );
    }
  }
}

/** A child that answers each line with seconds, loss and peak memory in MB; its first line is its name. */
function start(program, args, threads) {
  const env = {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
  };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  return {
    next,
    async ask() {
      child.stdin.write('\n');
      return (await next()).split(' ').map(Number);
    },
    stop: () => child.stdin.end(),
  };
}

/** Our side: makes a step for each line of its input. */
async function serve(name, threads) {
  const { step, state, batch } = trainingStep(NETWORKS[name]);
  const prepared = await prepareStep(createOnnxNodeBackend({ threads }), step, { state, batch });
  console.log('ringtrue');
  for await (const _ of createInterface({ input: process.stdin })) {
    const began = performance.now();
    const { loss } = await prepared.step(batch);
    const seconds = (performance.now() - began) / 1000;
    console.log(seconds, loss.data[0], process.resourceUsage().maxRSS / 1024);
  }
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function spread(list) {
  return `${median(list).toFixed(2)} [${Math.min(...list).toFixed(2)}–${Math.max(...list).toFixed(2)}]`;
}
