/**
 * Moving average (card 01 §2.2, 3).
 * @module
 */

import * as z from 'zod';
import { defineCorruption, mapChannels, samplesAt16k } from './define.ts';

/** y[i] = mean of x[i … i + w − 1]; the last w − 1 samples are 0. */
export const smooth = defineCorruption({
  name: 'smooth',
  family: 'modification',
  summary: 'moving average over a window of samples (at 16 kHz), which ends in silence',
  schema: z.strictObject({
    window: z
      .number()
      .int()
      .min(1)
      .default(10)
      .describe('length of the window at 16 kHz')
      .meta({ unit: 'samples' }),
  }),
  unit: 'samples',
  grid: [6, 10, 14, 18, 22, 26].map((window) => ({ value: window, params: { window } })),
  draw: ({ window }) => ({ window }),
  apply: (audio, { window }) =>
    mapChannels(audio, (x) => movingAverage(x, samplesAt16k(window, audio.sampleRate))),
});

/** Forward moving average; samples without a full window are 0. */
export function movingAverage(x: Float32Array, window: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i + window <= x.length; i += 1) {
    let sum = 0;
    for (let k = 0; k < window; k += 1) sum += x[i + k]!;
    out[i] = sum / window;
  }
  return out;
}
