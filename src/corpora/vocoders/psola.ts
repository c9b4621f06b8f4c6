/**
 * Voice transformation by TD-PSOLA (Moulines & Charpentier 1990): pitch is moved, spectrum and time stay.
 * @module
 */

import { trackPitch } from '../../audio/dsp/pitch.ts';

/** Marks step by this where nothing is voiced. */
const UNVOICED_PERIOD_SEC = 0.01;

/**
 * Multiplies the pitch of voiced speech.
 * @param factor > 1 is higher
 * @returns `[x.length]`
 */
export function psola(x: Float32Array, sampleRate: number, factor: number): Float32Array {
  const { f0, hopSec } = trackPitch(x, sampleRate);
  const pitchAt = (sample: number): number =>
    f0[Math.min(f0.length - 1, Math.floor(sample / sampleRate / hopSec))] ?? 0;
  const marks: { at: number; period: number; voiced: boolean }[] = [];
  for (let at = 0; at < x.length; ) {
    const hz = pitchAt(at);
    const period = Math.round(hz > 0 ? sampleRate / hz : UNVOICED_PERIOD_SEC * sampleRate);
    const peakAt = hz > 0 ? largestNear(x, at, period >> 2) : at;
    marks.push({ at: peakAt, period, voiced: hz > 0 });
    at = Math.max(at + (period >> 1), peakAt) + (hz > 0 ? (period >> 1) + 1 : period >> 1);
  }
  const out = new Float32Array(x.length);
  const weight = new Float32Array(x.length);
  let nearest = 0;
  for (let at = 0; at < x.length; ) {
    while (
      nearest + 1 < marks.length &&
      Math.abs(marks[nearest + 1]!.at - at) <= Math.abs(marks[nearest]!.at - at)
    )
      nearest += 1;
    const mark = marks[nearest];
    if (mark === undefined) break;
    const { period } = mark;
    for (let i = -period; i < period; i += 1) {
      const from = mark.at + i;
      const to = Math.round(at) + i;
      if (from < 0 || from >= x.length || to < 0 || to >= out.length) continue;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * i) / period);
      out[to]! += x[from]! * window;
      weight[to]! += window;
    }
    at += mark.voiced ? period / factor : period;
  }
  // Overlap differs from one where periods were moved: normalise where it is more than the plain sum.
  for (let i = 0; i < out.length; i += 1) out[i]! /= Math.max(1, weight[i]!);
  return out;
}

function largestNear(x: Float32Array, at: number, reach: number): number {
  let best = at;
  for (let i = Math.max(0, at - reach); i <= Math.min(x.length - 1, at + reach); i += 1) {
    if (x[i]! > x[best]!) best = i;
  }
  return best;
}
