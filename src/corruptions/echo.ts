/**
 * One echo after 0.1 s (card 01 §2.2, 4).
 * @module
 */

import * as z from 'zod';
import { peak } from '../audio/dsp/level.ts';
import { defineCorruption, mapChannels, samplesAt16k } from './define.ts';

/** Samples between sound and echo at 16 kHz: the last tap of a response of 1,600. */
const DELAY = 1599;

/** y = x + gain · x delayed, rescaled to the peak of x. */
export const echo = defineCorruption({
  name: 'echo',
  family: 'modification',
  summary: 'one echo 0.1 s later, whole clip rescaled to its former peak',
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
  const out = new Float32Array(x.length);
  if (mode === 'causal')
    for (let i = 0; i < x.length; i += 1) out[i] = x[i]! + (i >= delay ? gain * x[i - delay]! : 0);
  else for (let i = 0; i + delay < x.length; i += 1) out[i] = x[i]! + gain * x[i + delay]!;
  const scale = peak(out) > 0 ? peak(x) / peak(out) : 1;
  return out.map((value) => value * scale);
}
