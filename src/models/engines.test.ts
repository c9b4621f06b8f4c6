import { expect, test } from 'vitest';
import { randomNetwork } from '../../test/helpers/random-network.ts';
import { createGraph } from '../graph/build.ts';
import {
  compareEngines,
  describedOnEngines,
  networkOnEngines,
  SCORE_TOLERANCE,
} from './engines.ts';
import { exportDetector } from './export.ts';
import { exportNetwork } from './network/export.ts';
import { LFCC_LCNN_SETTINGS } from './network/front-end.ts';
import { findFolder, readDetectorFolder } from './registry.ts';

test.each([
  ['from features', {}],
  ['from samples', { withFrontEnd: true }],
  ['with weights of 8 bits', { withFrontEnd: true, int8: true }],
])('a network %s scores the same on both engines', async (_, options) => {
  const files = exportNetwork(randomNetwork(LFCC_LCNN_SETTINGS), options);
  const agreement = await compareEngines(networkOnEngines(files));
  expect(agreement).toMatchObject({ stretches: 5, tolerance: SCORE_TOLERANCE });
  expect(agreement.largest).toBeLessThan(SCORE_TOLERANCE);
});

test('LFCC-GMM from samples scores the same on both engines', async () => {
  const files = await readDetectorFolder(await findFolder('lfcc-gmm'));
  if (files.network !== null) throw new Error('a network');
  const { onnx, description } = exportDetector(files, { withFrontEnd: true });
  const json = Buffer.from(JSON.stringify(description));
  const agreement = await compareEngines(describedOnEngines({ onnx, json, path: 'whole.onnx' }));
  expect(agreement).toMatchObject({ stretches: 5, tolerance: SCORE_TOLERANCE });
  expect(agreement.largest).toBeLessThan(SCORE_TOLERANCE);
});

test('a comparison can be stopped', async () => {
  const network = networkOnEngines(exportNetwork(randomNetwork(LFCC_LCNN_SETTINGS)));
  const signal = AbortSignal.abort();
  await expect(compareEngines(network, { signal })).rejects.toMatchObject({
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
    compareEngines(
      networkOnEngines({
        ...files,
        onnx: graph.bytes(),
        model: { ...files.model, inputs, output: 'out:score' },
      }),
    ),
  ).rejects.toMatchObject({
    code: 'models/engines-differ',
    message: expect.stringMatching(/onnxruntime-node gives .*, onnxruntime-web/),
  });
});
