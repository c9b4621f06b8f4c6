/**
 * A recipe as a user writes it, in TypeScript: everything comes from `ringtrue/training`.
 * It is text, because it is loaded by the built program, not by the test runner.
 */
export const RECIPE_FILE = `
import { defineRecipe, layers, losses, networkSettings, np, optimisers, z } from 'ringtrue/training';
import type { Rng } from 'ringtrue/training';
import { BANDS } from './bands.ts';

interface Sizes { readonly hidden: number }

const settings = networkSettings.extend({
  epochs: z.int().positive().default(6),
  batch: z.int().positive().default(4),
  computeThreads: z.int().positive().default(1),
  hidden: z.int().positive().default(6).describe('units'),
});

export default defineRecipe({
  name: 'from-file',
  summary: 'A recipe from a file',
  limits: ['It is for tests.'],
  settings,
  frontEnd: () => ({
    kind: 'log-mel', sampleRate: 16000, winLength: 320, hop: 160, fftSize: 512, filters: BANDS,
  }),
  data: () => ({ sec: 0.5, augment: 'gaussian-noise@1..3' }),
  model: {
    init: (rng: Rng, { hidden }: Sizes) => ({
      parameters: {
        first: layers.initDense(rng.split('first'), { inputs: BANDS, outputs: hidden }),
        second: layers.initDense(rng.split('second'), { inputs: hidden, outputs: 2 }),
      },
      state: { norm: layers.initBatchNormState(BANDS) },
    }),
    apply({ parameters, state }, { features }, { train, key }) {
      const [x, norm] = layers.batchNorm(null, state.norm, np.mean(features, 2), { train });
      const hidden = layers.dropout(key, layers.relu(layers.dense(parameters.first, x)), { rate: 0.2, train });
      return { output: layers.dense(parameters.second, hidden), state: { norm } };
    },
  },
  loss: (logits, { label }) => losses.crossEntropy(logits, label),
  score: (logits) => logits.slice([], 1).sub(logits.slice([], 0)),
  schedule: (_, steps: number) => optimisers.cosine({ steps, peak: 0.02 }),
  optimiser: (_, learningRate) =>
    optimisers.chain(optimisers.clipByGlobalNorm(1), optimisers.adamw({ learningRate, decay: 0.01 })),
  averaging: () => optimisers.ema({ decay: 0.9, warmUp: true }),
  export: () => ({ hopSec: 0.25, minSec: 0.3 }),
});
`;

/** A module beside it, in TypeScript too. */
export const BANDS_FILE = 'export const BANDS = 8 as const satisfies number;\n';
