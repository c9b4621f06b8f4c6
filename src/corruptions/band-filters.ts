/**
 * High-pass and low-pass (card 01 §2.2, 5 and 6).
 * @module
 */

import * as z from 'zod';
import { applyIir, butterworth } from '../audio/dsp/filters.ts';
import { defineCorruption, mapChannels } from './define.ts';

const schema = z.strictObject({
  ratio: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.3)
    .describe('cut-off as a share of half of 16 kHz: 0.1 is 800 Hz'),
});

function filterCorruption(type: 'high' | 'low', ratios: readonly number[]) {
  return defineCorruption({
    name: `${type}-pass`,
    family: 'modification',
    summary: `${type}-pass Butterworth filter of order 5, causal`,
    page: {
      formula: `Butterworth of order 5, ${type}-pass, bilinear transform, cut-off r·8000 Hz, from zero state, forwards only`,
      grid: 'the study’s own',
      measure: 'logSpectralDistanceDb',
      limits: [
        'causal: phase and group delay of the filter remain in the sound',
        'the ratio is of 8 kHz whatever the sample rate of the clip, at most just below half of it',
        ...(type === 'high'
          ? [
              'a detector that does better at 4 kHz listens to the upper half of the band: no sign of robustness',
            ]
          : []),
      ],
      citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
    },
    schema,
    unit: 'of 8 kHz',
    grid: ratios.map((ratio) => ({ value: ratio, params: { ratio } })),
    draw: ({ ratio }) => ({ ratio }),
    apply(audio, { ratio }) {
      const cutoffHz = Math.min(ratio * 8000, 0.499 * audio.sampleRate);
      const filter = butterworth({ order: 5, type, cutoffHz, sampleRate: audio.sampleRate });
      return mapChannels(audio, (x) => applyIir(x, filter));
    },
  });
}

/** Removes what lies below the cut-off. */
export const highPass = filterCorruption('high', [0.1, 0.2, 0.3, 0.4, 0.5]);
/** Removes what lies above the cut-off. */
export const lowPass = filterCorruption('low', [0.5, 0.4, 0.3, 0.2, 0.1]);
