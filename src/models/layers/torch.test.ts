import { expect, test } from 'vitest';
import { expectTorch } from '../../../test/helpers/torch-vectors.ts';
import type { Traced } from '../../compiler/jax.ts';
import { np } from '../../compiler/jax.ts';
import * as activations from './activations.ts';
import { conv1d, conv2d, convTranspose1d, convTranspose2d } from './conv.ts';
import { dense } from './dense.ts';
import { batchNorm, groupNorm, layerNorm, type NormParameters } from './norm.ts';
import { adaptiveAveragePool, adaptiveMaxPool, averagePool, maxPool } from './pool.ts';

/** Weight and bias of a case. */
function weights(inputs: Record<string, Traced>): NormParameters<Traced> {
  return { weight: inputs.weight!, bias: inputs.bias! };
}

test('dense', async () => {
  await expectTorch('dense', (i) => dense(weights(i), i.x!));
});

test('convolutions, with strides, padding, dilation and groups', async () => {
  await expectTorch('conv1d', (i) =>
    conv1d(weights(i), i.x!, { stride: 2, padding: 2, dilation: 2, groups: 2 }),
  );
  await expectTorch('conv1d-same', (i) => conv1d({ weight: i.weight! }, i.x!, { padding: 'same' }));
  await expectTorch('conv2d', (i) =>
    conv2d(weights(i), i.x!, { stride: [2, 1], padding: [1, 0], dilation: [1, 2] }),
  );
  await expectTorch('conv2d-groups', (i) =>
    conv2d(weights(i), i.x!, { padding: 'same', groups: 4 }),
  );
});

test('transposed convolutions', async () => {
  await expectTorch('conv-transpose1d', (i) =>
    convTranspose1d(weights(i), i.x!, {
      stride: 3,
      padding: 2,
      outputPadding: 1,
      groups: 2,
      dilation: 2,
    }),
  );
  await expectTorch('conv-transpose1d-plain', (i) =>
    convTranspose1d({ weight: i.weight! }, i.x!, { stride: 2, padding: 1 }),
  );
  await expectTorch('conv-transpose2d', (i) =>
    convTranspose2d(weights(i), i.x!, { stride: [2, 1], padding: [1, 0], outputPadding: [1, 0] }),
  );
});

test('normalisation', async () => {
  await expectTorch('batch-norm-train', (i) => {
    const state = { mean: np.full([3], 0.25), variance: np.full([3], 1.5) };
    const [y, next] = batchNorm(weights(i), state, i.x!, { train: true, momentum: 0.2 });
    return [y, next.mean, next.variance];
  });
  await expectTorch('batch-norm-eval', (i) => {
    const state = { mean: i.mean!, variance: i.variance! };
    const [y, next] = batchNorm(weights(i), state, i.x!, { train: false });
    expect(next).toBe(state);
    return y;
  });
  await expectTorch('layer-norm', (i) => layerNorm(weights(i), i.x!));
  await expectTorch('group-norm', (i) => groupNorm(weights(i), i.x!, { groups: 2 }));
});

test.each([
  ['relu', activations.relu],
  ['leaky-relu', (x: Traced) => activations.leakyRelu(x, 0.3)],
  ['gelu', activations.gelu],
  ['gelu-tanh', activations.geluTanh],
  ['silu', activations.silu],
  ['elu', activations.elu],
  ['selu', activations.selu],
  ['sigmoid', activations.sigmoid],
  ['tanh', activations.tanh],
  ['softplus', activations.softplus],
  ['log-sigmoid', activations.logSigmoid],
])('%s, also far from 0', async (name, f) => {
  await expectTorch(name, (i) => f(i.x!));
});

test('pooling', async () => {
  await expectTorch('max-pool', (i) =>
    maxPool(i.x!, { window: [3, 2], stride: [2, 1], padding: [1, 1] }),
  );
  await expectTorch('max-pool1d', (i) => maxPool(i.x!, { window: [3] }));
  await expectTorch('average-pool', (i) =>
    averagePool(i.x!, { window: [3, 2], stride: [2, 2], padding: [1, 0] }),
  );
  await expectTorch('adaptive-average-pool', (i) => adaptiveAveragePool(i.x!, 3));
  await expectTorch('adaptive-average-pool-even', (i) => adaptiveAveragePool(i.x!, 4));
  await expectTorch('adaptive-max-pool', (i) => adaptiveMaxPool(i.x!, 3));
  await expectTorch('adaptive-average-pool2d', (i) => adaptiveAveragePool(i.x!, [2, 4]));
  await expectTorch('adaptive-max-pool2d', (i) => adaptiveMaxPool(i.x!, [2, 4]));
});
