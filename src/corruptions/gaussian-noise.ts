/**
 * White Gaussian noise at a signal-to-noise ratio (card 01 §2.2, 1).
 * @module
 */

import * as z from 'zod';
import { gaussianNoise } from '../audio/dsp/noise.ts';
import { createRng } from '../core/rng.ts';
import { defineCorruption, mapChannels } from './define.ts';

/** y = x + n, n ~ N(0, P(x) / 10^(SNR/10)), P over the whole clip, no clipping. */
export const gaussianNoiseCorruption = defineCorruption({
  name: 'gaussian-noise',
  family: 'noise',
  summary: 'white Gaussian noise at a signal-to-noise ratio over the whole clip',
  schema: z.strictObject({
    snrDb: z.number().default(20).describe('signal-to-noise ratio').meta({ unit: 'dB' }),
  }),
  unit: 'dB',
  grid: [40, 30, 20, 10, 5].map((snrDb) => ({ value: snrDb, params: { snrDb } })),
  draw: ({ snrDb }, rng) => ({ snrDb, seed: rng.uint32() }),
  apply(audio, { snrDb, seed }) {
    let channel = 0;
    return mapChannels(audio, (x) => {
      const noise = gaussianNoise(new Float32Array(x.length), createRng(seed).split(channel));
      channel += 1;
      let power = 0;
      for (const value of x) power += value * value;
      const deviation = Math.sqrt(power / Math.max(1, x.length) / 10 ** (snrDb / 10));
      return x.map((value, i) => value + deviation * noise[i]!);
    });
  },
});
