/**
 * The networks of perf/training.mjs, as perf/peers/training.py has them in PyTorch: batch 16, float32.
 */
import { np, valueAuxAndGrad } from '../dist/compiler/jax.js';
import { createRng } from '../dist/core/rng.js';
import {
  averagePool,
  batchNorm,
  conv1d,
  conv2d,
  dense,
  initBatchNormState,
  initConv1d,
  initConv2d,
  initDense,
  initNorm,
  leakyRelu,
  maxFeatureMap,
  maxPool,
  relu,
} from '../dist/models/layers/index.js';
import { gru, initGru } from '../dist/models/layers/recurrent.js';
import { encoder, initEncoder } from '../dist/models/layers/transformer.js';
import { crossEntropy } from '../dist/training/losses/cross-entropy.js';
import { adam, applyUpdates } from '../dist/training/optimisers/index.js';

const rng = createRng(1);
const BATCH = 16;

/** Four 3×3 convolutions, strides 1, 2, 2, 2, on a log-mel of 64 × 200. */
const cnn = {
  input: [BATCH, 1, 64, 200],
  init: () => ({
    convs: [1, 16, 32, 64].map((inputs, i) =>
      initConv2d(rng.split(i), { inputs, outputs: [16, 32, 64, 64][i], kernel: 3 }),
    ),
    out: initDense(rng.split('out'), { inputs: 64, outputs: 2 }),
  }),
  apply(p, x) {
    const top = p.convs.reduce(
      (h, conv, i) => relu(conv2d(conv, h, { stride: i === 0 ? 1 : 2, padding: 1 })),
      x,
    );
    return dense(p.out, np.mean(top, [2, 3]));
  },
};

const STAGES = [
  [1, 64, 5, true, false],
  [32, 64, 1, false, true],
  [32, 96, 3, true, true],
  [48, 96, 1, false, true],
  [48, 128, 3, true, false],
  [64, 128, 1, false, true],
  [64, 64, 3, false, true],
  [32, 64, 1, false, true],
  [32, 64, 3, true, false],
];

/** The light CNN of card 01 on 60 × 401 LFCC, without dropout. */
const lcnn = {
  input: [BATCH, 1, 60, 401],
  init: () => ({
    convs: STAGES.map(([inputs, outputs, kernel], i) =>
      initConv2d(rng.split(i), { inputs, outputs, kernel }),
    ),
    dense: [
      initDense(rng.split('a'), { inputs: 2400, outputs: 160 }),
      initDense(rng.split('b'), { inputs: 80, outputs: 256 }),
      initDense(rng.split('c'), { inputs: 256, outputs: 2 }),
    ],
  }),
  state: () => STAGES.map(([, outputs]) => initBatchNormState(outputs / 2)),
  apply(p, x, state) {
    let h = x;
    const after = STAGES.map(([, , kernel, pool, norm], i) => {
      h = maxFeatureMap(conv2d(p.convs[i], h, { padding: (kernel - 1) / 2 }));
      if (pool) h = maxPool(h, { window: 2 });
      if (!norm) return state[i];
      const [y, next] = batchNorm(null, state[i], h, { train: true });
      h = y;
      return next;
    });
    const hidden = maxFeatureMap(dense(p.dense[0], h.reshape([BATCH, 2400])));
    return [dense(p.dense[2], dense(p.dense[1], hidden)), after];
  },
};

/** Width 192, 3 heads, 6 pre-norm blocks, 128 tokens: 2.7 million parameters. */
const transformer = {
  input: [BATCH, 128, 80],
  init: () => ({
    in: initDense(rng.split('in'), { inputs: 80, outputs: 192 }),
    blocks: Array.from({ length: 6 }, (_, i) =>
      initEncoder(rng.split(i), { channels: 192, inner: 768 }),
    ),
    out: initDense(rng.split('out'), { inputs: 192, outputs: 2 }),
  }),
  apply(p, x) {
    const top = p.blocks.reduce((h, block) => encoder(block, h, { heads: 3 }), dense(p.in, x));
    return dense(p.out, np.mean(top, 1));
  },
};

/** One second of raw sound: a bank of 64 filters of 251 taps, four blocks of convolution, norm and pooling. */
const raw = {
  input: [BATCH, 1, 16000],
  init: () => ({
    bank: initConv1d(rng.split('bank'), { inputs: 1, outputs: 64, kernel: 251 }),
    blocks: [64, 64, 128, 128].map((inputs, i) => ({
      conv: initConv1d(rng.split(i), { inputs, outputs: [64, 128, 128, 128][i], kernel: 3 }),
      norm: initNorm([64, 128, 128, 128][i]),
    })),
    out: initDense(rng.split('out'), { inputs: 128, outputs: 2 }),
  }),
  state: () => [64, 128, 128, 128].map((channels) => initBatchNormState(channels)),
  apply(p, x, state) {
    let h = conv1d(p.bank, x, { stride: 16 });
    const after = p.blocks.map(({ conv, norm }, i) => {
      const [y, next] = batchNorm(norm, state[i], conv1d(conv, h, { padding: 1 }), { train: true });
      h = averagePool(leakyRelu(y, 0.3), { window: [2] });
      return next;
    });
    return [dense(p.out, np.mean(h, 2)), after];
  },
};

/** Two layers of 128 units over 100 frames of 40 features. */
const gruNet = {
  input: [BATCH, 100, 40],
  init: () => ({
    gru: initGru(rng.split('gru'), { inputs: 40, hidden: 128, layers: 2 }),
    out: initDense(rng.split('out'), { inputs: 128, outputs: 2 }),
  }),
  apply: (p, x) => dense(p.out, np.mean(gru(p.gru, x).y, 1)),
};

/** Every network: `apply` gives logits, or logits and new state. */
export const NETWORKS = { cnn, lcnn, transformer, raw, gru: gruNet };

/** A training step of a network with Adam: the traced function, and a first state and a batch. */
export function trainingStep({ input, init, state, apply }) {
  const lossOf = (parameters, before, x, label) => {
    const result = apply(parameters, x, before);
    const [logits, next] = Array.isArray(result) ? result : [result, before];
    return [crossEntropy(logits, label).reshape([]), next];
  };
  const gradientOf = valueAuxAndGrad(lossOf);
  const optimiser = adam({ learningRate: 1e-3 });
  const parameters = init();
  const draw = createRng(2);
  const size = input.reduce((a, b) => a * b, 1);
  return {
    step(before, { x, label }) {
      const [[loss, next], gradient] = gradientOf(before.parameters, before.model, x, label);
      const { updates, state: moments } = optimiser.update(gradient, before.optimiser, {
        parameters: before.parameters,
        step: before.step,
        scale: np.ones([]),
      });
      return {
        state: {
          parameters: applyUpdates(before.parameters, updates),
          model: next,
          optimiser: moments,
          step: before.step.add(1),
        },
        metrics: { loss },
      };
    },
    state: {
      parameters,
      model: state?.() ?? {},
      optimiser: optimiser.init(parameters),
      step: { dims: [], data: Float32Array.of(0) },
    },
    batch: {
      x: { dims: input, data: Float32Array.from({ length: size }, () => draw.normal()) },
      label: { dims: [BATCH], data: Int32Array.from({ length: BATCH }, (_, i) => i % 2) },
    },
  };
}
