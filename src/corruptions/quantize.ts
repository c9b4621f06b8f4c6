/**
 * Amplitude quantisation (card 01 §2.2, 10).
 * @module
 */

import * as z from 'zod';
import { defineCorruption, mapChannels } from './define.ts';

/** Rounds to L levels between the clip's own minimum and maximum, no dither. */
export const quantize = defineCorruption({
  name: 'quantize',
  family: 'compression',
  summary: 'amplitudes rounded to a number of levels between minimum and maximum',
  schema: z.strictObject({
    levels: z.number().int().min(2).default(256).describe('number of levels, not bits'),
  }),
  unit: 'levels',
  grid: [1024, 256, 64, 16, 4].map((levels) => ({ value: levels, params: { levels } })),
  draw: ({ levels }) => ({ levels }),
  apply: (audio, { levels }) => mapChannels(audio, (x) => quantizeLevels(x, levels)),
});

/** y = round((x − m)/(M − m)·(L − 1))/(L − 1)·(M − m) + m, ties to even; a constant comes back as it is. */
export function quantizeLevels(x: Float32Array, levels: number): Float32Array {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of x) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const span = high - low;
  if (!(span > 0)) return x.slice();
  return x.map(
    (value) => (roundHalfEven(((value - low) / span) * (levels - 1)) / (levels - 1)) * span + low,
  );
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
