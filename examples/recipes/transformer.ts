/** A tiny transformer: patches of log-mel frames, sinusoidal positions, two encoder blocks, the mean over time. */
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
/** Frames of a token. */
const PATCH = 5;
const CHANNELS = 48;

const settings = networkSettings.extend({
  epochs: z.int().positive().default(15).describe('rounds over the training clips'),
  blocks: z.int().positive().default(2).describe('encoder blocks'),
  heads: z.int().positive().default(4).describe('attention heads'),
  dropout: z.number().min(0).lt(1).default(0.1).describe('inside the blocks'),
  learningRate: z.number().positive().default(2e-3).describe('at the peak of the schedule'),
});

export default defineRecipe({
  name: 'transformer',
  summary: 'Two encoder blocks on patches of log-mel energies',
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
    init: (rng: Rng, { blocks }: { blocks: number }) => ({
      parameters: {
        norm: layers.initNorm(BANDS * PATCH),
        embed: layers.initDense(rng.split('embed'), { inputs: BANDS * PATCH, outputs: CHANNELS }),
        blocks: Array.from({ length: blocks }, (_, i) =>
          layers.initEncoder(rng.split(`block ${i}`), {
            channels: CHANNELS,
            inner: 2 * CHANNELS,
          }),
        ),
        last: layers.initNorm(CHANNELS),
        out: layers.initDense(rng.split('out'), { inputs: CHANNELS, outputs: 2 }),
      },
      state: {},
    }),
    // features [batch, frames, bands] → tokens [batch, time, channels] → logits [batch, 2]
    apply({ parameters: p }, { features }, { train, key, settings: { heads, dropout: rate } }) {
      const time = Math.floor(features.shape[1]! / PATCH);
      const patches = features.slice([], [0, time * PATCH]).reshape([-1, time, PATCH * BANDS]);
      const positions = layers.sinusoids(
        Array.from({ length: time }, (_, i) => i),
        CHANNELS,
      );
      let x = layers.dense(p.embed, layers.layerNorm(p.norm, patches)).add(positions);
      for (const [i, block] of p.blocks.entries()) {
        const dropout = { key: layers.splitKey(key, i), rate, train };
        x = layers.encoder(block, x, { heads, dropout });
      }
      const pooled = np.mean(layers.layerNorm(p.last, x), 1);
      return { output: layers.dense(p.out, pooled), state: {} };
    },
  },
  loss: (logits, { label }) => losses.crossEntropy(logits, label),
  score: (logits) => logits.slice([], 1).sub(logits.slice([], 0)),
  schedule: ({ learningRate: peak }, steps) => {
    const rising = Math.round(0.1 * steps);
    return optimisers.warmUp({
      steps: rising,
      peak,
      after: optimisers.cosine({ steps: steps - rising, peak }),
    });
  },
  optimiser: (_, learningRate) =>
    optimisers.chain(
      optimisers.clipByGlobalNorm(1),
      optimisers.adamw({ learningRate, decay: 0.01 }),
    ),
  export: () => ({ hopSec: 1, minSec: 0.5 }),
});
