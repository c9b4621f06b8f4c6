import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { createGraph } from '../graph/build.ts';
import type { Backend } from './backend.ts';
import { createOnnxNodeBackend } from './onnx-node.ts';
import { createOnnxWebBackend } from './onnx-web.ts';
import { createStepper } from './stepper.ts';
import { createWorkerBackend } from './worker-backend.ts';

/** Rows and columns of each of the two state tensors: 256 KiB of float32. */
const SIZE = 256;
const WARM_UP = 1_000;
const STEPS = 10_000;
const MIB = 1024 * 1024;
/**
 * One tensor of the state that was kept at every step would be 2.2 GiB after 9,000 steps, one row of it
 * 9 MiB; allocators and collectors keep some tens of MiB for themselves, and not the same at any two times.
 */
const RESIDENT_GROWTH = 64 * MIB;
/** What JavaScript holds is known exactly after a collection: a row a step would be 9 MiB. */
const HELD_GROWTH = 2 * MIB;
/** The collector of a worker's own heap cannot be called from here: what waits for it comes and goes. */
const WORKER_GROWTH = 48 * MIB;

setFlagsFromString('--expose-gc');
// A new context sees the flag.
const collect = runInNewContext('gc') as () => void;

/** Momentum descent of |w|² + noise: w ← w − 0.01·v, v ← 0.9·v + w + x. */
function momentumStep(): Uint8Array {
  const graph = createGraph({ name: 'momentum' });
  const dims = [SIZE, SIZE];
  const [w, v, x] = [graph.input('w', dims), graph.input('v', dims), graph.input('x', [SIZE])];
  const decay = graph.initialiser('decay', [], Float32Array.of(0.9));
  const rate = graph.initialiser('rate', [], Float32Array.of(0.01));
  const gradient = graph.node('Add', [w, x]);
  const next = graph.node('Add', [graph.node('Mul', [v, decay]), gradient], { name: 'v.next' });
  graph.output(graph.node('Sub', [w, graph.node('Mul', [next, rate])], { name: 'w.next' }), dims);
  graph.output(next, dims);
  const attributes = { keepdims: 0 };
  const squares = graph.node('Mul', [w, w]);
  graph.output(graph.node('ReduceMean', [squares], { name: 'loss', attributes }), []);
  return graph.bytes();
}

const workers = createWorkerBackend();

test.each<[string, Backend, number]>([
  ['onnxruntime-node', createOnnxNodeBackend(), HELD_GROWTH],
  ['onnxruntime-web', createOnnxWebBackend(), HELD_GROWTH],
  ['a worker thread', workers, WORKER_GROWTH],
])('%s: memory does not grow over 10,000 steps', async (_, backend, heldGrowth) => {
  const session = await backend.load(momentumStep());
  const rng = createRng('memory');
  const dims = [SIZE, SIZE];
  const stepper = createStepper(session, {
    updates: { w: 'w.next', v: 'v.next' },
    state: {
      w: { dims, data: Float32Array.from({ length: SIZE * SIZE }, () => rng.normal()) },
      v: { dims, data: new Float32Array(SIZE * SIZE) },
    },
  });
  const losses: number[] = [];
  const advance = async (steps: number): Promise<{ resident: number; held: number }> => {
    for (let i = 0; i < steps; i += 1) {
      const x = Float32Array.from({ length: SIZE }, () => 0.01 * rng.normal());
      const { loss } = await stepper.step({ x: { dims: [SIZE], data: x } });
      if (stepper.steps % WARM_UP === 0) losses.push(Number(loss!.data[0]));
    }
    // Buffers whose arrays are gone are freed beside the program, and by the next collection at the latest.
    for (let i = 0; i < 3; i += 1) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    return { resident: rss, held: heapUsed + arrayBuffers };
  };
  const before = await advance(WARM_UP);
  const after = await advance(STEPS - WARM_UP);
  expect(stepper.steps).toBe(STEPS);
  // It did train.
  expect(losses[0]).toBeLessThan(0.01);
  expect(after.held - before.held).toBeLessThan(heldGrowth);
  expect(after.resident - before.resident).toBeLessThan(RESIDENT_GROWTH);
  await session.dispose();
  if (backend === workers) await workers.close();
});
