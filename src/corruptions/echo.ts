/**
 * One echo after 0.1 s (card 01 §2.2, 4).
 * @module
 */

import * as z from 'zod';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { defineCorruption, mapChannels, samplesAt16k } from './define.ts';

/** Samples between sound and echo at 16 kHz: the last tap of a response of 1,600. */
const DELAY = 1599;

/** y = x + gain · x delayed, rescaled to the peak of x. */
export const echo = defineCorruption({
  name: 'echo',
  family: 'modification',
  summary: 'one echo 0.1 s later, whole clip rescaled to its former peak',
  page: {
    formula: 'y = s·(x[i] + v·x[i − 1599]) at 16 kHz; s keeps the peak of x',
    grid: 'the study’s own: gains, the delay is fixed',
    measure: 'snrDb',
    limits: [
      '`mode: reference` is the published code: x[i + 1599] in place of x[i − 1599] (a pre-echo) and 0.1 s of silence at the end',
      'the grid varies the gain of the echo, never its delay',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
  schema: z.strictObject({
    gain: z.number().min(0).default(0.3).describe('gain of the echo'),
    mode: z
      .enum(['causal', 'reference'])
      .default('causal')
      .describe(
        '`causal` echoes later and keeps every sample; `reference` is the published code: a pre-echo, and 0.1 s of silence at the end',
      ),
  }),
  unit: 'gain',
  grid: [0.1, 0.3, 0.5, 0.7, 0.9].map((gain) => ({ value: gain, params: { gain } })),
  draw: ({ gain, mode }) => ({ gain, mode }),
  apply: (audio, { gain, mode }) =>
    mapChannels(audio, (x) => addEcho(x, samplesAt16k(DELAY, audio.sampleRate), gain, mode)),
});

/** Adds one echo; see the corruption for the modes. */
export function addEcho(
  x: Float32Array,
  delay: number,
  gain: number,
  mode: 'causal' | 'reference',
): Float32Array {
  const n = x.length;
  return withKernel((scratch) => {
    const { kernel } = scratch;
    const signal = scratch.put(x, delay, delay);
    const out = scratch.floats(n + 4);
    if (mode === 'causal') kernel.mix(signal, signal - 4 * delay, gain, n, out);
    else {
      const kept = Math.max(0, n - delay);
      kernel.mix(signal, signal + 4 * delay, gain, kept, out);
      scratch.clear(out + 4 * kept, n - kept);
    }
    const top = kernel.peak(out, n);
    if (top > 0) kernel.scale(out, kernel.peak(signal, n) / top, n, out);
    return scratch.take(out, n);
  });
}
