/**
 * Speed of our own copy-synthesis: seconds of speech a second of one thread's processor time, median of five.
 * Usage: npm run build && node perf/vocoders.mjs
 */
import { createRng } from '../dist/core/rng.js';
import { COPIES, COPY_RATE } from '../dist/corpora/vocoders/index.js';

const SECONDS = 5;
const ROUNDS = 5;

const rng = createRng('speech-like');
const x = new Float32Array(SECONDS * COPY_RATE);
let smooth = 0;
let phase = 0;
for (let i = 0; i < x.length; i += 1) {
  // Two thirds voiced, one third noise, as in speech.
  const voiced = i % 8000 < 5300;
  phase += 140 / COPY_RATE;
  if (phase >= 1) phase -= 1;
  const source = voiced && phase < 140 / COPY_RATE ? 1 : 0.03 * rng.normal();
  smooth = 0.9 * smooth + source;
  x[i] = 0.2 * smooth;
}

const root = { debian: '', npm: '', env: {}, downloads: [] };
console.log('vocoder         × real time');
for (const { id, packages, copy } of Object.values(COPIES)) {
  if (packages.length > 0) continue;
  await copy(x, root, createRng(1));
  const speeds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await copy(x, root, createRng(1));
    const { user, system } = process.cpuUsage(before);
    speeds.push(SECONDS / ((user + system) / 1e6));
  }
  speeds.sort((a, b) => a - b);
  const [low, median, high] = [speeds[0], speeds[ROUNDS >> 1], speeds[ROUNDS - 1]];
  console.log(
    `${id.padEnd(14)} ${median.toFixed(0).padStart(6)}  [${low.toFixed(0)}–${high.toFixed(0)}]`,
  );
}
