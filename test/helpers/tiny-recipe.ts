import * as z from 'zod';
import { np, type Traced } from '../../src/compiler/jax.ts';
import type { Rng } from '../../src/core/rng.ts';
import {
  batchNorm,
  dense,
  dropout,
  initBatchNormState,
  initDense,
  relu,
} from '../../src/models/layers/index.ts';
import { defineRecipe } from '../../src/training/define-recipe.ts';
import { namedRecipe } from '../../src/training/load-recipe.ts';
import { crossEntropy } from '../../src/training/losses/cross-entropy.ts';
import { adamw, cosine, ema } from '../../src/training/optimisers/index.ts';
import { networkSettings } from '../../src/training/recipe.ts';

const BANDS = 8;

/** Mean log-mel energies through a norm, dropout and two dense layers: all that a training has, in milliseconds. */
export const tiny = defineRecipe({
  name: 'tiny',
  summary: 'A network for tests',
  limits: ['It is for tests.'],
  settings: networkSettings.extend({
    epochs: z.int().positive().default(4),
    batch: z.int().positive().default(4),
    computeThreads: z.int().positive().default(1),
    learningRate: z.number().default(0.02),
    norm: z.boolean().default(true),
    dropout: z.number().default(0.2),
    /** Makes an array of this many squared numbers. */
    width: z.int().positive().default(1),
    augment: z.string().nullable().default('gaussian-noise@1..3'),
  }),
  frontEnd: () => ({
    kind: 'log-mel' as const,
    sampleRate: 16000,
    winLength: 320,
    hop: 160,
    fftSize: 512,
    filters: BANDS,
  }),
  data: ({ augment }) => ({ sec: 0.5, augment }),
  model: {
    init: (rng: Rng) => ({
      parameters: {
        first: initDense(rng.split('first'), { inputs: BANDS, outputs: 6 }),
        second: initDense(rng.split('second'), { inputs: 6, outputs: 2 }),
      },
      state: { norm: initBatchNormState(BANDS) },
    }),
    apply({ parameters, state }, { features }, { train, key, settings }) {
      const means = np.mean(features, 2);
      const [x, norm] = settings.norm
        ? batchNorm(null, state.norm, means, { train })
        : [means, state.norm];
      const hidden = relu(dense(parameters.first, x));
      const kept = dropout(key, hidden, { rate: settings.dropout, train });
      let output = dense(parameters.second, kept);
      if (settings.width > 1) output = output.add(vast(output, settings.width));
      return { output, state: { norm } };
    },
  },
  loss: (logits, { label }) => crossEntropy(logits, label),
  score: (logits) => logits.slice([], 1).sub(logits.slice([], 0)),
  schedule: ({ learningRate: peak }, steps) => cosine({ steps, peak }),
  optimiser: (_, learningRate) => adamw({ learningRate, decay: 0.01 }),
  averaging: () => ema({ decay: 0.9, warmUp: true }),
  export: () => ({ hopSec: 0.25, minSec: 0.3 }),
});

/** A product that needs `width`² numbers a logit, of which next to nothing is left. */
function vast(x: Traced, width: number): Traced {
  const row = np
    .arange(width)
    .astype(np.float32)
    .mul(x.reshape([-1, 1]));
  const outer = np.exp(row.reshape([-1, width, 1]).mul(row.reshape([-1, 1, width])));
  return np.max(outer, [1, 2]).reshape(x.shape).mul(1e-30);
}

/** {@link tiny} as a command would load it. */
export const loadedTiny = namedRecipe(tiny);
