import { hostArray } from '../../src/compiler/arrays.ts';
import { compileFunction } from '../../src/compiler/compile.ts';
import { np } from '../../src/compiler/jax.ts';
import { createRng } from '../../src/core/rng.ts';
import { conv1d, dense, initConv1d, initDense, relu } from '../../src/models/layers/index.ts';
import type { NetworkFiles } from '../../src/models/network/export.ts';
import {
  createFrontEnd,
  type FrontEndSettings,
  frontEndSchema,
} from '../../src/models/network/front-end.ts';
import { parseNetworkModel } from '../../src/models/network/index.ts';
import { stretchSamples } from '../../src/models/network/length.ts';

const HIDDEN = 24;

/** A network detector with random weights on any front end, that also looks at how much is recording. */
export function randomNetwork(settings: FrontEndSettings): NetworkFiles {
  const frontEnd = frontEndSchema.parse(settings);
  const length = { sec: 0.5, short: 'zero' } as const;
  const size = stretchSamples(length, frontEnd.sampleRate);
  const { dims } = createFrontEnd(frontEnd).compute(new Float32Array(size));
  // Samples have one channel.
  const shape = dims.length === 1 ? [1, dims[0]!] : dims;
  const rng = createRng('random network');
  const weights = {
    conv: initConv1d(rng.split('conv'), { inputs: shape[0]!, outputs: HIDDEN, kernel: 5 }),
    out: initDense(rng.split('out'), { inputs: HIDDEN, outputs: 1 }),
  };
  const { model, inputs, outputs } = compileFunction(
    (p, features, valid) => {
      const x = features.reshape([-1, ...shape]);
      const pooled = np.mean(relu(conv1d(p.conv, x)), 2);
      return { score: dense(p.out, pooled).reshape([-1]).add(valid) };
    },
    [
      weights,
      hostArray([1, ...dims], new Float32Array(dims.reduce((a, b) => a * b, 1))),
      hostArray([1], Float32Array.of(1)),
    ],
    { constants: 1, freeAxis: 'batch' },
  );
  return {
    onnx: model,
    model: parseNetworkModel(
      {
        kind: 'network',
        frontEnd,
        length,
        hopSec: 0.25,
        minSec: 0.1,
        batch: 4,
        inputs: { features: inputs[0]!.name, valid: inputs[1]!.name },
        output: outputs[0]!.name,
      },
      'random network',
    ),
    card: {
      name: 'random',
      version: '1',
      summary: 'Random weights',
      licence: 'CC0-1.0',
      languages: [],
      trainedOn: [],
      recipe: '',
      operatingPoints: [],
      limits: [],
    },
  };
}
