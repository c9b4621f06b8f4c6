import { afterEach, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { createGraph } from '../../graph/build.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { type Card, type Detector, DetectorInput } from '../types.ts';
import { createNetwork, parseNetworkModel } from './index.ts';

const card: Card = {
  name: 'mean',
  version: '1',
  summary: '',
  licence: '',
  languages: [],
  trainedOn: [],
  recipe: '',
  operatingPoints: [],
  limits: [],
};

/** Score = mean of the samples of a stretch + 10 · share that is recording. */
function meanGraph(): Uint8Array {
  const graph = createGraph({ name: 'mean' });
  const x = graph.input('x', ['batch', 4]);
  const valid = graph.input('valid', ['batch']);
  const axis = graph.initialiser('axis', [1], BigInt64Array.of(1n));
  const mean = graph.node('ReduceMean', [x, axis], { attributes: { keepdims: 0 } });
  const ten = graph.initialiser('ten', [], Float32Array.of(10));
  const score = graph.node('Add', [mean, graph.node('Mul', [valid, ten])], { name: 'score' });
  graph.output(score, ['batch']);
  return graph.bytes();
}

const description = {
  kind: 'network',
  frontEnd: { kind: 'samples', sampleRate: 1000 },
  length: { sec: 0.004, short: 'zero' },
  hopSec: 0.002,
  minSec: 0.001,
  batch: 2,
  inputs: { features: 'x', valid: 'valid' },
  output: 'score',
};

let detector: Detector | undefined;
afterEach(async () => {
  await detector?.dispose();
  detector = undefined;
});

const open = (changes: object = {}) =>
  createNetwork({
    model: parseNetworkModel({ ...description, ...changes }, 'model.json'),
    onnx: meanGraph(),
    card,
    backend: createOnnxNodeBackend(),
  });
const clip = (...samples: number[]) =>
  new DetectorInput({ samples: [Float32Array.from(samples)], sampleRate: 1000 });

test('recordings are scored in stretches, in batches of any size, in order', async () => {
  detector = await open();
  const clips = [clip(1, 2, 3, 4), clip(8, 8), clip(0, 1, 2, 3, 4, 5, 6)];
  const scored = await detector.score(clips);
  expect(scored).toEqual([
    { score: 12.5, windows: [{ startSec: 0, endSec: 0.004, score: 12.5 }] },
    // Half of the stretch is zeros: a mean of 4, and half of 10.
    { score: 9, windows: [{ startSec: 0, endSec: 0.002, score: 9 }] },
    {
      score: (11.5 + 13.5 + 14.5) / 3,
      windows: [
        { startSec: 0, endSec: 0.004, score: 11.5 },
        { startSec: 0.002, endSec: 0.006, score: 13.5 },
        { startSec: 0.003, endSec: 0.007, score: 14.5 },
      ],
    },
  ]);
  const rng = createRng(3);
  const long = clip(...Array.from({ length: 23 }, () => rng.normal()));
  const together = await detector.score([long, ...clips]);
  expect(together.slice(1)).toEqual(scored);
  expect(await detector.score([])).toEqual([]);
});

test('a graph without the named inputs and outputs is a bad file', async () => {
  for (const changes of [
    { output: 'logits' },
    { inputs: { features: 'features', valid: null } },
    { inputs: { features: 'x', valid: 'mask' } },
  ]) {
    await expect(open(changes)).rejects.toMatchObject({ code: 'models/bad-file' });
  }
  await expect(
    createNetwork({
      model: parseNetworkModel(description, 'model.json'),
      onnx: Uint8Array.of(1, 2, 3),
      card,
      backend: createOnnxNodeBackend(),
    }),
  ).rejects.toMatchObject({ code: 'models/bad-file' });
  expect(() => parseNetworkModel({ ...description, hopSec: 0 }, 'mine/model.json')).toThrow(
    /mine\/model\.json\.hopSec/,
  );
});

test('a score that is not a number is bad output; a stopped call is cancelled', async () => {
  detector = await open();
  await expect(detector.score([clip(Number.NaN, 1, 1, 1)])).rejects.toMatchObject({
    code: 'models/bad-output',
  });
  await expect(detector.score([clip(1)], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'core/cancelled',
  });
});
