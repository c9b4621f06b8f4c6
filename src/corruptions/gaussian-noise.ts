/**
 * White Gaussian noise at a signal-to-noise ratio (card 01 §2.2, 1).
 * @module
 */

import * as z from 'zod';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { putNoise } from '../audio/dsp/noise.ts';
import { fromDb } from '../core/portable-math.ts';
import { createRng } from '../core/rng.ts';
import { defineCorruption, mapChannels } from './define.ts';

/** y = x + n, n ~ N(0, P(x) / 10^(SNR/10)), P over the whole clip, no clipping. */
export const gaussianNoiseCorruption = defineCorruption({
  name: 'gaussian-noise',
  family: 'noise',
  summary: 'white Gaussian noise at a signal-to-noise ratio over the whole clip',
  page: {
    formula: 'y = x + n, n ~ N(0, P(x) / 10^(SNR/10)); P is the mean square over the whole clip',
    grid: 'the study’s own',
    measure: 'snrDb',
    limits: [
      'silence counts in P: a clip with long pauses has a lower ratio where somebody speaks',
      'nothing is clipped or scaled: samples may leave ±1',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
  schema: z.strictObject({
    snrDb: z.number().default(20).describe('signal-to-noise ratio').meta({ unit: 'dB' }),
  }),
  unit: 'dB',
  grid: [40, 30, 20, 10, 5].map((snrDb) => ({ value: snrDb, params: { snrDb } })),
  draw: ({ snrDb }, rng) => ({ snrDb, seed: rng.uint32() }),
  apply(audio, { snrDb, seed }) {
    let channel = 0;
    return mapChannels(audio, (x) => {
      const rng = createRng(seed).split(channel);
      channel += 1;
      return withKernel((scratch) => {
        const { kernel } = scratch;
        const n = x.length;
        const signal = scratch.put(x);
        const power = kernel.sumOfSquares(signal, n) / n;
        kernel.mix(signal, putNoise(scratch, n, rng), Math.sqrt(power / fromDb(snrDb)), n, signal);
        return scratch.take(signal, n);
      });
    });
  },
});
