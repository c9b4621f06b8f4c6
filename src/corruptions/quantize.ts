/**
 * Amplitude quantisation (card 01 §2.2, 10).
 * @module
 */

import * as z from 'zod';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { defineCorruption, mapChannels } from './define.ts';

/** Rounds to L levels between the clip's own minimum and maximum, no dither. */
export const quantize = defineCorruption({
  name: 'quantize',
  family: 'compression',
  summary: 'amplitudes rounded to a number of levels between minimum and maximum',
  page: {
    formula:
      'y = round((x − m) / (M − m)·(L − 1)) / (L − 1)·(M − m) + m, m and M minimum and maximum of the clip; ties to even',
    grid: 'the study’s own',
    measure: 'snrDb',
    limits: [
      'L is the number of levels, not of bits',
      'no dither; a constant clip comes back as it is',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
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
  return withKernel((scratch) => {
    const { kernel } = scratch;
    const signal = scratch.put(x);
    const low = kernel.smallest(signal, x.length);
    const span = kernel.largest(signal, x.length) - low;
    if (span > 0) {
      kernel.roundTo(signal, low, (levels - 1) / span, span / (levels - 1), x.length, signal);
    }
    return scratch.take(signal, x.length);
  });
}
