/** A detector in one sitting: log-mel energies, three convolutions, one score. `ringtrue train small-cnn.ts` */
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

const BANDS = 32;
const CHANNELS = [1, 12, 24, 24];

const settings = networkSettings.extend({
  epochs: z.int().positive().default(30).describe('rounds over the training clips'),
  batch: z.int().positive().default(8).describe('examples of a step'),
  learningRate: z.number().positive().default(3e-3).describe('at the peak of the schedule'),
  dropout: z.number().min(0).lt(1).default(0.2).describe('before the last layer'),
});

export default defineRecipe({
  name: 'small-cnn',
  summary: 'Three convolutions on log-mel energies',
  limits: ['It is an example: a few thousand parameters, two seconds at a time.'],
  settings,
  // What the network hears: 10 ms steps, 32 mel bands. The exported file can compute this by itself.
  frontEnd: () => ({
    kind: 'log-mel',
    sampleRate: 16000,
    winLength: 400,
    hop: 160,
    fftSize: 512,
    filters: BANDS,
  }),
  // Two seconds; every batch has as many fakes as real clips; some of them with noise.
  data: () => ({ sec: 2, sampling: { balance: ['label'] }, augment: 'gaussian-noise@1..3' }),
  model: {
    init: (rng: Rng) => ({
      parameters: {
        convs: [0, 1, 2].map((i) =>
          layers.initConv2d(rng.split(i), {
            inputs: CHANNELS[i]!,
            outputs: CHANNELS[i + 1]!,
            kernel: 3,
          }),
        ),
        out: layers.initDense(rng.split('out'), { inputs: 24, outputs: 2 }),
      },
      state: { norms: [0, 1, 2].map((i) => layers.initBatchNormState(CHANNELS[i + 1]!)) },
    }),
    // features [batch, bands, frames] → logits [batch, 2]
    apply({ parameters, state }, { features }, { train, key, settings }) {
      let x = features.reshape([-1, 1, BANDS, features.shape[2]!]);
      const norms = parameters.convs.map((conv, i) => {
        const [y, norm] = layers.batchNorm(
          null,
          state.norms[i]!,
          layers.conv2d(conv, x, { padding: 1 }),
          { train },
        );
        x = layers.maxPool(layers.relu(y), { window: 2 });
        return norm;
      });
      const pooled = layers.dropout(key, np.mean(x, [2, 3]), { rate: settings.dropout, train });
      return { output: layers.dense(parameters.out, pooled), state: { norms } };
    },
  },
  loss: (logits, { label }) => losses.crossEntropy(logits, label),
  // Log-odds of spoof: higher is more likely spoof, always.
  score: (logits) => logits.slice([], 1).sub(logits.slice([], 0)),
  schedule: ({ learningRate }, steps) => optimisers.cosine({ steps, peak: learningRate }),
  optimiser: (_, rate) =>
    optimisers.chain(
      optimisers.clipByGlobalNorm(1),
      optimisers.adamw({ learningRate: rate, decay: 0.01 }),
    ),
  averaging: () => optimisers.ema({ decay: 0.9, warmUp: true }),
  export: () => ({ hopSec: 1, minSec: 0.5 }),
});
