/**
 * Waveform-similarity overlap-add (Verhelst & Roelands 1993).
 * @module
 */

import { withKernel } from './kernels/dsp-kernel.ts';
import { hann } from './windows.ts';

/**
 * Stretches time without changing pitch, by moving pieces of the waveform to where they fit best.
 * @param rate > 1 is faster
 * @param sampleRate Hz; frames are 30 ms, the search ±8 ms
 * @returns `[round(n / rate)]`
 */
export function wsolaStretch(x: Float32Array, rate: number, sampleRate: number): Float32Array {
  if (rate === 1) return x;
  // Whole blocks of four samples.
  const size = 8 * Math.round((0.015 * sampleRate) / 4);
  const hop = size >> 1;
  const search = Math.round(0.008 * sampleRate);
  const window = hann(size, { periodic: true });
  const out = new Float32Array(Math.round(x.length / rate));
  // No piece begins further before the signal, or ends further after it.
  const margin = size + hop + 2 * search;
  withKernel((scratch) => {
    const signal = scratch.put(x, margin, margin + 2 * size);
    const at = (sample: number): number => signal + 4 * Math.min(sample, x.length + margin);
    let previous = 0;
    for (let start = -hop; start < out.length; start += hop) {
      const ideal = Math.round((start + hop) * rate) - hop;
      let best = ideal;
      if (start > -hop) {
        const first = ideal - search;
        best =
          first + scratch.kernel.mostSimilar(at(first), at(previous + hop), size, 2 * search + 1);
      }
      for (let i = Math.max(0, -start, -best); i < size; i += 1) {
        const to = start + i;
        if (to >= out.length || best + i >= x.length) break;
        out[to]! += x[best + i]! * window[i]!;
      }
      previous = best;
    }
  });
  return out;
}
