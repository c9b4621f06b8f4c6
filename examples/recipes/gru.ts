/** A recurrent detector: log-mel energies, four frames a step, one GRU layer, the mean of its outputs. */
import {
  defineRecipe,
  layers,
  losses,
  networkSettings,
  np,
  optimisers,
  type Rng,
  z,
} from 'ringtrue/training';

const BANDS = 24;
/** Frames of a step: recurrent layers are unrolled, so steps cost compile time. */
const TOGETHER = 4;

const settings = networkSettings.extend({
  epochs: z.int().positive().default(15).describe('rounds over the training clips'),
  hidden: z.int().positive().default(32).describe('units'),
  learningRate: z.number().positive().default(5e-3).describe('at the peak of the schedule'),
});

export default defineRecipe({
  name: 'gru',
  summary: 'One recurrent layer on log-mel energies',
  limits: ['It is an example: one second at a time.'],
  settings,
  frontEnd: () => ({
    kind: 'log-mel',
    layout: 'frames-first',
    sampleRate: 16000,
    winLength: 400,
    hop: 160,
    fftSize: 512,
    filters: BANDS,
  }),
  data: () => ({ sec: 1 }),
  model: {
    init: (rng: Rng, { hidden }: { hidden: number }) => ({
      parameters: {
        norm: layers.initNorm(BANDS * TOGETHER),
        gru: layers.initGru(rng.split('gru'), { inputs: BANDS * TOGETHER, hidden }),
        out: layers.initDense(rng.split('out'), { inputs: hidden, outputs: 2 }),
      },
      state: {},
    }),
    // features [batch, frames, bands] → [batch, steps, TOGETHER · bands] → logits [batch, 2]
    apply({ parameters }, { features }) {
      const steps = Math.floor(features.shape[1]! / TOGETHER);
      const x = features.slice([], [0, steps * TOGETHER]).reshape([-1, steps, TOGETHER * BANDS]);
      const { y } = layers.gru(parameters.gru, layers.layerNorm(parameters.norm, x));
      return { output: layers.dense(parameters.out, np.mean(y, 1)), state: {} };
    },
  },
  loss: (logits, { label }) => losses.crossEntropy(logits, label),
  score: (logits) => logits.slice([], 1).sub(logits.slice([], 0)),
  schedule: ({ learningRate }, steps) => optimisers.cosine({ steps, peak: learningRate }),
  optimiser: (_, learningRate) =>
    optimisers.chain(
      optimisers.clipByGlobalNorm(1),
      optimisers.adamw({ learningRate, decay: 0.01 }),
    ),
  export: () => ({ hopSec: 1, minSec: 0.5 }),
});
