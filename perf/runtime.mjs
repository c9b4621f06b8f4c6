/**
 * Cost of keeping 32 MB of state between steps, with a step that does hardly anything else: each way in a
 * process of its own, alternating; median with its range, peak memory of the process.
 * Peer: plain onnxruntime-node, whose results are fed back.
 * Usage: npm run build && node perf/runtime.mjs
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { createGraph } from '../dist/graph/build.js';
import { createOnnxNodeBackend } from '../dist/runtime/onnx-node.js';
import { createOnnxWebBackend } from '../dist/runtime/onnx-web.js';
import { createStepper } from '../dist/runtime/stepper.js';
import { createWorkerBackend } from '../dist/runtime/worker-backend.js';
import { spread } from './peer.mjs';

const ROUNDS = 5;
const STEPS = 60;
const ROWS = 2000;
const COLUMNS = 1000;
const NAMES = ['a', 'b', 'c', 'd'];

/** Four parts of 8 MB, each moved on by one addition. */
function stepModel() {
  const graph = createGraph({ name: 'add' });
  const x = graph.input('x', []);
  for (const name of NAMES) {
    const next = graph.node('Add', [graph.input(name, [ROWS, COLUMNS]), x], {
      name: `${name}.next`,
    });
    graph.output(next, [ROWS, COLUMNS]);
  }
  return graph.bytes();
}

const x = { dims: [], data: Float32Array.of(1) };
const zeros = () => ({ dims: [ROWS, COLUMNS], data: new Float32Array(ROWS * COLUMNS) });

/** A function that makes one step, by how the state is kept. */
const WAYS = {
  'onnxruntime-node, results fed back': async () => {
    const settings = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    const session = await ort.InferenceSession.create(stepModel(), settings);
    const tensor = ({ data, dims }) => new ort.Tensor(data, dims);
    const feeds = { x: tensor(x) };
    for (const name of NAMES) feeds[name] = tensor(zeros());
    return async () => {
      const results = await session.run(feeds);
      for (const name of NAMES) feeds[name] = results[`${name}.next`];
    };
  },
  'stepper, onnxruntime-node': () => stepWith(createOnnxNodeBackend()),
  'stepper, worker thread': () => stepWith(createWorkerBackend()),
  'stepper, onnxruntime-web in Node': () => stepWith(createOnnxWebBackend()),
};

async function stepWith(backend) {
  const session = await backend.load(stepModel());
  const stepper = createStepper(session, {
    updates: Object.fromEntries(NAMES.map((name) => [name, `${name}.next`])),
    state: Object.fromEntries(NAMES.map((name) => [name, zeros()])),
  });
  return () => stepper.step({ x });
}

/** Milliseconds a step and the peak of this process in MB, as JSON. */
async function measure(way) {
  const step = await WAYS[way]();
  for (let i = 0; i < 10; i += 1) await step();
  const start = performance.now();
  for (let i = 0; i < STEPS; i += 1) await step();
  const ms = (performance.now() - start) / STEPS;
  process.stdout.write(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1000 }));
  process.exit(0);
}

function main() {
  const script = fileURLToPath(import.meta.url);
  const found = new Map(Object.keys(WAYS).map((way) => [way, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [way, rows] of found) {
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, way]);
      if (status !== 0) throw new Error(`${way}: ${stderr}`);
      rows.push(JSON.parse(String(stdout)));
    }
  }
  for (const [way, rows] of found) {
    const ms = spread(
      rows.map((row) => row.ms),
      1,
    );
    const peak = spread(
      rows.map((row) => row.peakMb),
      0,
    );
    console.log(`${way.padEnd(38)} ${ms} ms a step   peak ${peak} MB`);
  }
}

if (process.argv[2] === undefined) main();
else await measure(process.argv[2]);
