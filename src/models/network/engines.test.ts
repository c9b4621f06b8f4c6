import { expect, test } from 'vitest';
import { randomNetwork } from '../../../test/helpers/random-network.ts';
import { createGraph } from '../../graph/build.ts';
import { compareEngines, SCORE_TOLERANCE } from './engines.ts';
import { exportNetwork } from './export.ts';
import { LFCC_LCNN_SETTINGS } from './front-end.ts';

test.each([
  ['from features', {}],
  ['from samples', { withFrontEnd: true }],
  ['with weights of 8 bits', { withFrontEnd: true, int8: true }],
])('a network %s scores the same on both engines', async (_, options) => {
  const agreement = await compareEngines(exportNetwork(randomNetwork(LFCC_LCNN_SETTINGS), options));
  expect(agreement).toMatchObject({ stretches: 5, tolerance: SCORE_TOLERANCE });
  expect(agreement.largest).toBeLessThan(SCORE_TOLERANCE);
});

test('a comparison can be stopped', async () => {
  const files = exportNetwork(randomNetwork(LFCC_LCNN_SETTINGS));
  await expect(compareEngines(files, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'core/cancelled',
  });
});

test('scores that differ are an error that shows both', async () => {
  const files = randomNetwork({ kind: 'samples', sampleRate: 16000 });
  // A sum of large numbers that cancel: what is left is rounding, and every engine adds in its own order.
  const graph = createGraph({ name: 'cancels' });
  const size = 8000;
  const x = graph.input('in:1', ['batch', size]);
  const valid = graph.input('in:2', ['batch']);
  const rows = 32;
  const weights = Float32Array.from({ length: size * rows }, (_, i) => 1e5 * Math.sin(i * i));
  const y = graph.node('MatMul', [x, graph.initialiser('w', [size, rows], weights)]);
  const axis = graph.initialiser('axis', [1], BigInt64Array.of(1n));
  const sum = graph.node('ReduceSum', [graph.node('Sin', [y]), axis], {
    attributes: { keepdims: 0 },
  });
  graph.output(graph.node('Add', [sum, valid], { name: 'out:score' }), ['batch']);
  const inputs = { features: 'in:1', valid: 'in:2' };
  await expect(
    compareEngines({
      ...files,
      onnx: graph.bytes(),
      model: { ...files.model, inputs, output: 'out:score' },
    }),
  ).rejects.toMatchObject({
    code: 'models/engines-differ',
    message: expect.stringMatching(/onnxruntime-node gives .*, onnxruntime-web/),
  });
});
