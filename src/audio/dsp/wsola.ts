/**
 * Waveform-similarity overlap-add (Verhelst & Roelands 1993).
 * @module
 */

import { hann } from './windows.ts';

/**
 * Stretches time without changing pitch, by moving pieces of the waveform to where they fit best.
 * @param rate > 1 is faster
 * @param sampleRate Hz; frames are 30 ms, the search ±8 ms
 * @returns `[round(n / rate)]`
 */
export function wsolaStretch(x: Float32Array, rate: number, sampleRate: number): Float32Array {
  if (rate === 1) return x;
  const size = 2 * Math.round(0.015 * sampleRate);
  const hop = size >> 1;
  const search = Math.round(0.008 * sampleRate);
  const window = hann(size, { periodic: true });
  const out = new Float32Array(Math.round(x.length / rate));
  const at = (i: number): number => (i >= 0 && i < x.length ? x[i]! : 0);
  let previous = 0;
  for (let start = -hop; start < out.length; start += hop) {
    const ideal = Math.round((start + hop) * rate) - hop;
    let best = ideal;
    if (start > -hop) {
      const natural = previous + hop;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let shift = -search; shift <= search; shift += 1) {
        let dot = 0;
        let energy = 1e-9;
        for (let i = 0; i < size; i += 2) {
          const value = at(ideal + shift + i);
          dot += value * at(natural + i);
          energy += value * value;
        }
        const score = dot / Math.sqrt(energy);
        if (score > bestScore) {
          bestScore = score;
          best = ideal + shift;
        }
      }
    }
    for (let i = 0; i < size; i += 1) {
      const to = start + i;
      if (to >= 0 && to < out.length) out[to]! += at(best + i) * window[i]!;
    }
    previous = best;
  }
  return out;
}
