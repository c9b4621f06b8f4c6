/**
 * LFCC-LCNN: the light convolutional network of the robustness study (card 01 §4.1, §4.7; Lavrentyeva et al.
 * 2019, arXiv 1904.05576), 562,914 parameters.
 * @module
 */

import * as z from 'zod';
import type { HostArray } from '../../compiler/arrays.ts';
import type { Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { policySchema } from '../../corruptions/policy.ts';
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  initBatchNormState,
  initConv2d,
  initDense,
  maxFeatureMap,
  maxPool,
} from '../../models/layers/index.ts';
import type { BatchNormState } from '../../models/layers/norm.ts';
import { LFCC_LCNN_SETTINGS } from '../../models/network/front-end.ts';
import { defineRecipe } from '../define-recipe.ts';
import { crossEntropy } from '../losses/cross-entropy.ts';
import { adam, adamw, chain, clipByGlobalNorm, cosine, ema, warmUp } from '../optimisers/index.ts';
import { networkSettings } from '../recipe.ts';

/** Stages 1 to 9: what a convolution takes and gives before its max-feature-map, and what follows it. */
const STAGES = [
  { inputs: 1, outputs: 64, kernel: 5, pool: true, norm: false },
  { inputs: 32, outputs: 64, kernel: 1, pool: false, norm: true },
  { inputs: 32, outputs: 96, kernel: 3, pool: true, norm: true },
  { inputs: 48, outputs: 96, kernel: 1, pool: false, norm: true },
  { inputs: 48, outputs: 128, kernel: 3, pool: true, norm: false },
  { inputs: 64, outputs: 128, kernel: 1, pool: false, norm: true },
  { inputs: 64, outputs: 64, kernel: 3, pool: false, norm: true },
  { inputs: 32, outputs: 64, kernel: 1, pool: false, norm: true },
  { inputs: 32, outputs: 64, kernel: 3, pool: true, norm: false },
] as const;

/** Four poolings by two leave `[3, 25]` of `[60, 401]`, in 32 channels. */
const FLAT = 3 * 25 * 32;

/**
 * The study trains on thousands of clips with Adam, rate 3e-4 and an L2 penalty of 1e-4; these defaults were
 * chosen on the dev split of a corpus of 120 training clips.
 */
const settings = networkSettings.extend({
  epochs: z.int().positive().default(24).describe('rounds over the training clips, at most'),
  learningRate: z.number().positive().default(1e-3).describe('at the peak of the schedule'),
  floor: z.number().min(0).default(5e-6).describe('learning rate at the end'),
  warmUpShare: z.number().min(0).max(0.5).default(0).describe('share of the steps that it rises'),
  decay: z.number().min(0).default(0.01).describe('weight decay'),
  decoupled: z.boolean().default(true).describe('AdamW in place of Adam with an L2 penalty'),
  clip: z.number().positive().default(5).describe('largest global norm of the gradient'),
  dropout: z.number().min(0).lt(1).default(0.7).describe('before the first dense layer'),
  bonafideWeight: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('class weight of bona fide clips; the study has 0.85 on balanced data'),
  smoothing: z.number().min(0).lt(1).default(0).describe('label smoothing'),
  ema: z.number().min(0).lt(1).default(0.95).describe('decay of the averaged weights; 0 for none'),
  sec: z.literal(4).default(4).meta({ unit: 's' }).describe('length of an example'),
  augment: policySchema
    .nullable()
    .default(null)
    .describe('corruptions of training clips, see the page of corruption policies'),
  speed: z
    .number()
    .min(0)
    .max(0.3)
    .default(0.2)
    .describe('largest change of speed, as a share: other voices where the corpus has few'),
});

/** Fresh weights. */
function init(rng: Rng) {
  const convs = STAGES.map(({ inputs, outputs, kernel }, i) =>
    initConv2d(rng.split(`conv ${i}`), { inputs, outputs, kernel }),
  );
  return {
    parameters: {
      convs,
      dense: [
        initDense(rng.split('dense 0'), { inputs: FLAT, outputs: 160 }),
        initDense(rng.split('dense 1'), { inputs: 80, outputs: 256 }),
        initDense(rng.split('dense 2'), { inputs: 256, outputs: 2 }),
      ],
    },
    state: {
      norms: STAGES.map(({ outputs, norm }): BatchNormState<HostArray> | Record<string, never> =>
        norm ? initBatchNormState(outputs / 2) : {},
      ),
    },
  };
}

/** The recipe. */
export const lcnn = defineRecipe({
  name: 'lcnn',
  summary:
    'LFCC-LCNN: a light convolutional network with max-feature-maps on 20 linear-frequency cepstra with deltas',
  limits: [
    'Learns the artefacts of the generators it heard: new ones move its scores.',
    'Hears four seconds at a time, at 16 kHz; narrow-band speech is out of its domain.',
  ],
  settings,
  frontEnd: () => LFCC_LCNN_SETTINGS,
  data: ({ sec, augment, speed }) => ({
    sec,
    short: 'repeat',
    sampling: { balance: ['label', 'generator'] },
    augment,
    speed,
  }),
  model: {
    init,
    apply({ parameters, state }, { features }, { train, key, settings: { dropout: rate } }) {
      const [batch, dims, frames] = features.shape;
      let x = features.reshape([batch!, 1, dims!, frames!]);
      const norms = STAGES.map(({ kernel, pool, norm }, i) => {
        x = maxFeatureMap(conv2d(parameters.convs[i]!, x, { padding: (kernel - 1) / 2 }));
        if (pool) x = maxPool(x, { window: 2 });
        if (!norm) return {};
        // Stages with a norm have its statistics: init made them.
        const before = state.norms[i] as BatchNormState<Traced>;
        const [y, after] = batchNorm(null, before, x, { train });
        x = y;
        return after;
      });
      const [first, second, third] = parameters.dense;
      const flat = dropout(key, x.reshape([batch!, FLAT]), { rate, train });
      const hidden = dense(second!, maxFeatureMap(dense(first!, flat)));
      return { output: dense(third!, hidden), state: { norms } };
    },
  },
  loss: (logits, { label }, { bonafideWeight, smoothing }) =>
    crossEntropy(logits, label, {
      classWeights: [2 * bonafideWeight, 2 * (1 - bonafideWeight)],
      labelSmoothing: smoothing,
    }),
  // Log-odds of spoof.
  score: (logits) => logits.slice([], 1).sub(logits.slice([], 0)),
  schedule({ learningRate: peak, floor, warmUpShare }, steps) {
    const rising = Math.round(warmUpShare * steps);
    return warmUp({
      steps: rising,
      peak,
      after: cosine({ steps: steps - rising, peak, floor }),
    });
  },
  optimiser: ({ decay, decoupled, clip }, learningRate) =>
    chain(clipByGlobalNorm(clip), (decoupled ? adamw : adam)({ learningRate, decay })),
  averaging: ({ ema: decay }) => ema({ decay, warmUp: true }),
  export: () => ({ hopSec: 2, minSec: 0.5 }),
});
