/**
 * The whole sweep of a study (decode, corrupt, features, scores) against two Python pipelines, one
 * straightforward (codecs by the ffmpeg program), one careful (codecs in memory), alternating in one run:
 * trials a second, × real time, and the ratios with their ranges.
 * Peers: apt-get install -y python3-numpy python3-scipy python3-soundfile ffmpeg
 * Usage: npm run build && node perf/sweep.mjs [--without-codecs]   (the encoders of MP3 and Opus take most of the time)
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runStudy } from '../dist/bench/run.js';
import { checkStudy } from '../dist/bench/study.js';
import { buildToyCorpus } from '../dist/corpora/toy.js';
import { findCorruption } from '../dist/corruptions/registry.js';

const ROUNDS = 5;
const withoutCodecs = process.argv.includes('--without-codecs');
/** Without codecs a clip takes a tenth of the time: more of them, so that start-up does not decide. */
const CORPUS = { speakers: 4, clipsPerSpeaker: withoutCodecs ? 48 : 3, durationSec: 4 };
/** The classical baseline: the one detector that both sides have, of the same size. */
const DETECTORS = ['lfcc-gmm'];
const CORRUPTIONS = [
  'gaussian-noise',
  'smooth',
  'echo',
  'low-pass',
  'high-pass',
  'quantize',
  'mp3',
  'opus',
];
const LEVELS = [1, 3, 5];
const MODEL = new URL('../models/lfcc-gmm/model.json', import.meta.url);

const root = await mkdtemp(join(tmpdir(), 'ringtrue-perf-'));
try {
  await main();
} finally {
  await rm(root, { recursive: true });
}

async function main() {
  const corpus = join(root, 'toy');
  const clips = await buildToyCorpus(corpus, CORPUS);
  const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  const withCodecs = hasFfmpeg && !withoutCodecs;
  const names = CORRUPTIONS.filter((name) => withCodecs || (name !== 'mp3' && name !== 'opus'));
  if (!hasFfmpeg)
    console.log('ffmpeg is not installed: the peer has no codecs, so neither have we');
  const conditions = names.flatMap((name) => LEVELS.map((level) => ({ name, level })));
  const study = checkStudy({
    corpus,
    split: 'all',
    detectors: DETECTORS,
    conditions: ['clean', ...conditions.map(({ name, level }) => `${name}@${level}`)],
    interval: { replicates: 100 },
  });
  const trials = clips.length * study.conditions.length * DETECTORS.length;
  console.log(
    `${clips.length} clips of ${CORPUS.durationSec} s × ${study.conditions.length} conditions × ${DETECTORS.length} detectors = ${trials} trials; node ${process.version}\n`,
  );
  const config = join(root, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      paths: clips.map(({ path }) => join(corpus, path)),
      components: JSON.parse(await readFile(MODEL, 'utf8')).components,
      conditions: [
        null,
        ...conditions.map(({ name, level }) => ({
          corruption: name,
          value: rawValue(name, level),
        })),
      ],
    }),
  );
  const peers = [];
  for (const way of ['straightforward', 'careful']) {
    const peer = await startPeer(config, way);
    if (peer !== null) peers.push({ ...peer, way });
    console.log(peer === null ? `no ${way} peer` : `${way}: ${peer.version}`);
  }
  for (const workers of [1, 2]) {
    const ours = [];
    const theirs = peers.map(() => []);
    await run(study, workers);
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await run(study, workers));
      for (const [i, peer] of peers.entries()) theirs[i].push(await peer.run(workers));
    }
    const { soundSec } = ours[0];
    const seconds = ours.map((round) => round.seconds);
    const rate = (list) =>
      spread(
        list.map((sec) => trials / sec),
        0,
      );
    const realTime = spread(
      seconds.map((sec) => soundSec / sec),
      0,
    );
    console.log(`\n${workers} at once: ${rate(seconds)} trials/s, ${realTime} × real time`);
    for (const [i, { way }] of peers.entries()) {
      const ratios = theirs[i].map((sec, round) => sec / seconds[round]);
      console.log(`  against ${way} Python ${spread(ratios, 2)} (${rate(theirs[i])} trials/s)`);
    }
  }
  for (const peer of peers) peer.stop();
}

/** The raw value, in units that both sides share. */
function rawValue(name, level) {
  return findCorruption(name).levels.find((entry) => entry.level === level).value;
}

async function run(study, workers) {
  const out = await mkdtemp(join(root, 'run-'));
  await runStudy(study, { out, workers, cache: false });
  const log = (await readFile(join(out, 'log.jsonl'), 'utf8')).trim().split('\n');
  const entries = log.map((line) => JSON.parse(line));
  const failed = entries.filter(({ event }) => event === 'failure');
  if (failed.length > 0) throw new Error(`${failed.length} failures: ${failed[0].error.message}`);
  const { sec } = entries.findLast(({ event }) => event === 'end');
  const units = entries.filter(({ event }) => event === 'unit');
  await rm(out, { recursive: true });
  return { seconds: sec, soundSec: units.reduce((sum, { scoredSec }) => sum + scoredSec, 0) };
}

async function startPeer(config, way) {
  const script = fileURLToPath(new URL('./peers/sweep.py', import.meta.url));
  // One thread for linear algebra: the processes are the parallelism.
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  // Debian's packages belong to Debian's Python.
  const child = spawn('/usr/bin/python3', [script, config, way], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => undefined);
  const first = await Promise.race([
    lines.next(),
    once(child, 'exit').then(() => ({ done: true })),
  ]);
  if (first.done) return null;
  return {
    version: first.value,
    async run(processes) {
      child.stdin.write(`run ${processes}\n`);
      return JSON.parse((await lines.next()).value).seconds;
    },
    stop: () => child.stdin.end(),
  };
}

/** Median with the range. */
function spread(values, digits) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const show = (value) => value.toFixed(digits);
  return `${show(middle)} [${show(sorted[0])}–${show(sorted.at(-1))}]`;
}
