/**
 * Moving average (card 01 §2.2, 3).
 * @module
 */

import * as z from 'zod';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { defineCorruption, mapChannels, samplesAt16k } from './define.ts';

/** y[i] = mean of x[i … i + w − 1]; the last w − 1 samples are 0. */
export const smooth = defineCorruption({
  name: 'smooth',
  family: 'modification',
  summary: 'moving average over a window of samples (at 16 kHz), which ends in silence',
  page: {
    formula: 'y[i] = (x[i] + … + x[i + w − 1]) / w for i ≤ N − w; the last w − 1 samples are 0',
    grid: 'the study’s own',
    measure: 'logSpectralDistanceDb',
    limits: [
      'advances the sound by (w − 1) / 2 samples',
      'the window scales with the sample rate: w counts samples at 16 kHz; the first zero of the spectrum lies at 16000 / w Hz',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
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
  const full = x.length - window + 1;
  if (full <= 0) return out;
  return withKernel((scratch) => {
    const averages = scratch.floats(full + 16);
    scratch.kernel.movingAverage(scratch.put(x), window, full, averages);
    scratch.copy(averages, full, out, 0);
    return out;
  });
}
