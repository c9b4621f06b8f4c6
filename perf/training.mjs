/**
 * Training steps (gradient, Adam, one batch of 16) against PyTorch on the same processor: median ratio
 * peer ÷ ours of alternating rounds, with its range, and peak memory. Both sides run in processes of their
 * own. PyTorch is tuned first: of TUNINGS it gets what makes its step faster here.
 * Peer: apt-get install -y python3-torch libopenblas0-openmp (PyTorch takes its BLAS; with the other
 * builds of it two threads get in each other's way)
 * Usage: npm run build && node perf/training.mjs [network…] [--threads 1,2]
 *        … --operators: where the time of our step goes, by operator, in place of the comparison
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createOnnxNodeBackend } from '../dist/runtime/onnx-node.js';
import { compileStep, prepareStep } from '../dist/training/engine.js';
import { NETWORKS, trainingStep } from './training-models.mjs';

const ROUNDS = 15;
const WARM_UP = 3;
const PROFILED_STEPS = 8;
const OPERATORS_SHOWN = 6;
const TUNING_STEPS = 7;
/** A tuning is kept where it takes more than this share of the time away. */
const TUNING_GAIN = 0.03;
const hasAvx512 = (await readFile('/proc/cpuinfo', 'utf8').catch(() => '')).includes('avx512f');
/** What may make PyTorch faster, and for which networks. */
const TUNINGS = {
  'channels-last': { args: ['channels-last'], env: {}, networks: ['cnn', 'lcnn'] },
  foreach: { args: ['foreach'], env: {} },
  ...(hasAvx512 && { 'AVX-512 BLAS': { args: [], env: { OPENBLAS_CORETYPE: 'SKYLAKEX' } } }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    serve: { type: 'boolean' },
    operators: { type: 'boolean' },
    threads: { type: 'string', default: '1,2' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(NETWORKS);
if (values.serve) await serve(positionals[0], Number(values.threads));
else if (values.operators) await printOperators(names);
else await main(names);

async function main(names) {
  for (const threads of values.threads.split(',').map(Number)) {
    for (const name of names) {
      const ours = start(
        process.execPath,
        [fileURLToPath(import.meta.url), name, '--serve', '--threads', String(threads)],
        threads,
      );
      const tuning = await tuned(name, threads);
      const peer = startPeer(name, threads, tuning);
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
        ? `${spread(ratios)} × ${[told[1], ...tuning].join(' + ')} (${ms(rows[1])} ms), memory ${mb(rows[0])} MB, ${(mb(rows[0]) / mb(rows[1])).toFixed(2)} of its ${mb(rows[1])} MB`
        : `memory ${mb(rows[0])} MB; no peer`;
      console.log(
        `${name.padEnd(12)} ${threads} thread${threads > 1 ? 's' : ' '}  ${ms(rows[0]).padStart(7)} ms  ${against}`,
      );
    }
  }
}

/** PyTorch with some of the TUNINGS. */
function startPeer(name, threads, tuning) {
  const script = fileURLToPath(new URL('./peers/training.py', import.meta.url));
  const args = tuning.flatMap((key) => TUNINGS[key].args);
  const env = Object.assign({}, ...tuning.map((key) => TUNINGS[key].env));
  return start('/usr/bin/python3', [script, name, String(threads), ...args], threads, env);
}

/** Those of the TUNINGS that make the fastest of some steps faster, one after the other. */
async function tuned(name, threads) {
  const kept = [];
  let best = await fastest(kept);
  for (const [key, { networks }] of Object.entries(TUNINGS)) {
    if (networks?.includes(name) === false) continue;
    const seconds = await fastest([...kept, key]);
    if (seconds >= best * (1 - TUNING_GAIN)) continue;
    best = seconds;
    kept.push(key);
  }
  return kept;

  async function fastest(tuning) {
    const peer = startPeer(name, threads, tuning);
    const times = [];
    if (await peer.next())
      for (let i = 0; i < TUNING_STEPS; i += 1) times.push((await peer.ask())[0]);
    peer.stop();
    return Math.min(...times);
  }
}

/** A child that answers each line with seconds, loss and peak memory in MB; its first line is its name. */
function start(program, args, threads, more = {}) {
  const env = {
    ...process.env,
    ...more,
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

/** The operators that a step spends most of its time in, by onnxruntime's own profile. */
async function printOperators(names) {
  const { default: ort } = await import('onnxruntime-node');
  for (const threads of values.threads.split(',').map(Number)) {
    for (const name of names) {
      const { step, state, batch } = trainingStep(NETWORKS[name]);
      const { model } = compileStep(step, { state, batch });
      const folder = await mkdtemp(join(tmpdir(), 'ringtrue-perf-'));
      const session = await ort.InferenceSession.create(model, {
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        enableProfiling: true,
        profileFilePrefix: join(folder, 'profile'),
      });
      const feeds = Object.fromEntries(
        session.inputMetadata.map(({ name: input, type, shape }) => {
          const size = shape.reduce((a, b) => a * b, 1);
          const data =
            type === 'float32'
              ? Float32Array.from({ length: size }, (_, i) => 0.1 * Math.sin(12.9898 * i))
              : new Int32Array(size);
          return [input, new ort.Tensor(type, data, shape)];
        }),
      );
      for (let i = 0; i < PROFILED_STEPS; i += 1) await session.run(feeds);
      session.endProfiling();
      const [file] = await readdir(folder);
      const events = JSON.parse(await readFile(join(folder, file), 'utf8'));
      await rm(folder, { recursive: true, force: true });
      const totals = new Map();
      for (const { cat, name: event, dur, args } of events) {
        if (cat !== 'Node' || !event.endsWith('_kernel_time')) continue;
        totals.set(args.op_name, (totals.get(args.op_name) ?? 0) + dur / 1000 / PROFILED_STEPS);
      }
      const all = [...totals.values()].reduce((a, b) => a + b, 0);
      const most = [...totals].sort((a, b) => b[1] - a[1]).slice(0, OPERATORS_SHOWN);
      const told = most.map(([operator, ms]) => `${operator} ${((100 * ms) / all).toFixed(0)} %`);
      console.log(
        `${name.padEnd(12)} ${threads} thread${threads > 1 ? 's' : ' '}  ${all.toFixed(1).padStart(7)} ms  ${told.join(', ')}`,
      );
    }
  }
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function spread(list) {
  return `${median(list).toFixed(2)} [${Math.min(...list).toFixed(2)}–${Math.max(...list).toFixed(2)}]`;
}
