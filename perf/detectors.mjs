/**
 * Speed of the shipped detectors: seconds of sound a second, where the time goes, and mixtures against
 * scikit-learn on the same frames in one run (median ratio peer ÷ ours of alternating rounds, with its
 * range). Peer: apt-get install -y python3-numpy python3-sklearn
 * Usage: npm run build && node perf/detectors.mjs
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decode } from '../dist/audio/io/decode.js';
import { createRng } from '../dist/core/rng.js';
import { buildToyCorpus } from '../dist/corpora/toy.js';
import { STATISTICS_FRONT_END } from '../dist/models/acoustic-logistic/statistics.js';
import { logLikelihoods, prepareGmm } from '../dist/models/gmm/gmm.js';
import { trainGmm } from '../dist/models/gmm/train-gmm.js';
import { LFCC_FRONT_END, unpackLfccGmm } from '../dist/models/lfcc-gmm/index.js';
import { loadDetector } from '../dist/models/registry.js';
import { DetectorInput } from '../dist/models/types.js';

const ROUNDS = 7;
const RATE = 16000;
const FIT_COMPONENTS = 32;
/** Frames on which mixtures are compared: about ten minutes. */
const FRAMES = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'ringtrue-perf-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main() {
  const clips = await buildToyCorpus(folder, { speakers: 3, clipsPerSpeaker: 5 });
  const audios = [];
  for (const { path } of clips) audios.push((await decode(join(folder, path))).audio);
  const seconds = audios.reduce((sum, audio) => sum + audio.samples[0].length / RATE, 0);
  const fresh = () => audios.map((audio) => new DetectorInput(audio));
  process.stdout.write(
    `${clips.length} clips, ${seconds.toFixed(0)} s of sound, ${ROUNDS} rounds\n`,
  );

  const pair = unpackLfccGmm(
    JSON.parse(readFileSync(new URL('../models/lfcc-gmm/model.json', import.meta.url), 'utf8')),
    'model.json',
  );
  const work = {};
  for (const name of ['lfcc-gmm', 'acoustic-logistic']) {
    const detector = await loadDetector(name);
    work[`${name}, samples to score`] = () => detector.score(fresh());
    const ready = fresh();
    await detector.score(ready);
    work[`${name}, features to score`] = () => detector.score(ready);
  }
  work['LFCC alone'] = () => fresh().map((input) => input.features(LFCC_FRONT_END));
  work['acoustic statistics alone'] = () =>
    fresh().map((input) => input.features(STATISTICS_FRONT_END));
  for (const [name, run] of Object.entries(work)) {
    const times = [];
    await run();
    for (let round = 0; round < ROUNDS; round += 1) {
      const start = performance.now();
      await run();
      times.push((performance.now() - start) / 1000);
    }
    process.stdout.write(
      `${name.padEnd(38)} ${rangeOf(
        times.map((t) => seconds / t),
        0,
      )} × real time\n`,
    );
  }
  await againstPeer(pair, fresh());
}

async function againstPeer(pair, inputs) {
  const { dims } = pair.spoof;
  const heard = inputs.map((input) => input.features(LFCC_FRONT_END).data);
  const frames = new Float32Array(FRAMES * dims);
  for (let at = 0, i = 0; at < frames.length; i += 1) {
    const part = heard[i % heard.length].subarray(0, frames.length - at);
    frames.set(part, at);
    at += part.length;
  }
  // Repeated clips must not make frames equal: a little seeded noise.
  const rng = createRng('frames');
  for (let i = 0; i < frames.length; i += 1) frames[i] += 0.01 * rng.normal();
  writeFileSync(join(folder, 'frames.f32'), frames);
  const plain = ({ weights, means, variances }) => ({
    weights: [...weights],
    means: [...means],
    variances: [...variances],
  });
  const config = {
    frames: join(folder, 'frames.f32'),
    dims,
    fitComponents: FIT_COMPONENTS,
    spoof: plain(pair.spoof),
    bonafide: plain(pair.bonafide),
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const spoof = prepareGmm(pair.spoof);
  const bonafide = prepareGmm(pair.bonafide);
  const ours = {
    score: () => {
      const a = logLikelihoods(spoof, frames);
      const b = logLikelihoods(bonafide, frames);
      return a.reduce((sum, value, t) => sum + value - b[t], 0) / FRAMES;
    },
    fit: () => {
      const gmm = trainGmm(frames, dims, { components: FIT_COMPONENTS }, createRng(1));
      return logLikelihoods(prepareGmm(gmm), frames).reduce((a, b) => a + b, 0) / FRAMES;
    },
  };
  const peer = spawn(
    process.env.RINGTRUE_PYTHON ?? '/usr/bin/python3',
    [fileURLToPath(new URL('peers/gmm.py', import.meta.url)), join(folder, 'config.json')],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    },
  );
  peer.on('error', () => undefined);
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const { value: version, done } = await lines.next();
  if (done) {
    process.stdout.write(
      'no peer: apt-get install -y python3-numpy python3-sklearn (RINGTRUE_PYTHON names another python3)\n',
    );
    return;
  }
  process.stdout.write(`peer: ${version}, one thread, ${FRAMES} frames × ${dims}\n`);
  for (const [name, title, rounds] of [
    ['score', `${pair.spoof.components}-component pair, score`, ROUNDS],
    ['fit', `${FIT_COMPONENTS} components, k-means and 12 EM iterations`, 5],
  ]) {
    const ratios = [];
    const times = [];
    let values = [];
    for (let round = -1; round < rounds; round += 1) {
      const start = performance.now();
      const value = ours[name]();
      const elapsed = (performance.now() - start) / 1000;
      peer.stdin.write(`${name}\n`);
      const [theirs, theirValue] = (await lines.next()).value.split(' ').map(Number);
      values = [value, theirValue];
      // The first round warms both up.
      if (round < 0) continue;
      ratios.push(theirs / elapsed);
      times.push(elapsed);
    }
    process.stdout.write(
      `${title}: ratio ${rangeOf(ratios, 2)}, ours ${rangeOf(
        times.map((t) => 1000 * t),
        0,
      )} ms; values ${values.map((v) => v.toFixed(4)).join(' and ')}\n`,
    );
  }
  peer.stdin.end();
  await once(peer, 'close');
}

function rangeOf(values, digits) {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return `${median.toFixed(digits)} [${sorted[0].toFixed(digits)}–${sorted.at(-1).toFixed(digits)}]`;
}
