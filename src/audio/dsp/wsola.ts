/**
 * Waveform-similarity overlap-add (Verhelst & Roelands 1993).
 * @module
 */

import { withKernel } from './kernels/dsp-kernel.ts';
import { hann } from './windows.ts';

/** Floats that the search for the most similar piece reads or writes beyond what it compares. */
const SLACK = 48;

/**
 * Stretches time without changing pitch, by moving pieces of the waveform to where they fit best.
 * @param rate > 1 is faster
 * @param sampleRate Hz; frames are 30 ms, the search ±8 ms
 * @returns `[round(n / rate)]`
 */
export function wsolaStretch(x: Float32Array, rate: number, sampleRate: number): Float32Array {
  if (rate === 1) return x;
  // Half a frame is a whole number of blocks of four samples.
  const size = 8 * Math.round((0.015 * sampleRate) / 4);
  const hop = size >> 1;
  const search = Math.round(0.008 * sampleRate);
  const starts = 2 * search + 1;
  const length = Math.round(x.length / rate);
  // No piece begins further before the signal, or ends further after it.
  const margin = size + hop + 2 * search;
  return withKernel((scratch) => {
    const signal = scratch.put(x, margin, margin + 2 * size + SLACK);
    const at = (sample: number): number => signal + 4 * Math.min(sample, x.length + margin);
    const window = scratch.put(Float32Array.from(hann(size, { periodic: true })));
    const low = scratch.floats(((2 * size + starts) >> 2) + SLACK);
    // The first piece begins half a frame early, the last one ends at most a frame late.
    const sum = scratch.zeros(hop + length + size);
    let previous = 0;
    for (let start = -hop; start < length; start += hop) {
      let best = Math.round((start + hop) * rate) - hop;
      if (start > -hop) {
        const first = best - search;
        best = first + scratch.kernel.mostSimilar(at(first), at(previous + hop), size, starts, low);
      }
      scratch.kernel.addWindowed(at(best), window, size, sum + 4 * (start + hop));
      previous = best;
    }
    return scratch.take(sum + 4 * hop, length);
  });
}
