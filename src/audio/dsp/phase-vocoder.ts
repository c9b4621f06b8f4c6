/**
 * Phase vocoder: time stretch and pitch shift (Laroche & Dolson 1999, without phase locking).
 * @module
 */

import { resample } from './resample.ts';
import { istft, type Stft, stft } from './stft.ts';

/** Transform of the vocoder. */
export interface VocoderOptions {
  /** @default 2048 */
  readonly fftSize?: number;
  /** @default fftSize / 4 */
  readonly hop?: number;
}

/**
 * Stretches time without changing pitch.
 * @param rate > 1 is faster
 * @returns `[round(n / rate)]`
 */
export function timeStretch(
  x: Float32Array,
  rate: number,
  { fftSize = 2048, hop = fftSize >> 2 }: VocoderOptions = {},
): Float32Array {
  if (rate === 1) return x;
  const options = { fftSize, hop };
  const spectrum = stft(x, options);
  const { frames, bins } = spectrum;
  const steps = Math.ceil(frames / rate);
  const re = new Float32Array(steps * bins);
  const im = new Float32Array(steps * bins);
  const phase = new Float64Array(bins);
  const turn = 2 * Math.PI;
  for (let k = 0; k < bins; k += 1) phase[k] = Math.atan2(spectrum.im[k] ?? 0, spectrum.re[k] ?? 0);
  for (let step = 0; step < steps; step += 1) {
    const position = step * rate;
    const left = Math.floor(position);
    const share = position - left;
    for (let k = 0; k < bins; k += 1) {
      const a = binAt(spectrum, left, k);
      const b = binAt(spectrum, left + 1, k);
      const magnitude = (1 - share) * Math.hypot(a.re, a.im) + share * Math.hypot(b.re, b.im);
      const at = step * bins + k;
      re[at] = magnitude * Math.cos(phase[k]!);
      im[at] = magnitude * Math.sin(phase[k]!);
      const expected = (turn * hop * k) / fftSize;
      const measured = Math.atan2(b.im, b.re) - Math.atan2(a.im, a.re) - expected;
      phase[k]! += expected + measured - turn * Math.round(measured / turn);
    }
  }
  return istft({ frames: steps, bins, re, im }, options, Math.round(x.length / rate));
}

function binAt(
  { frames, bins, re, im }: Stft,
  frame: number,
  k: number,
): { re: number; im: number } {
  if (frame >= frames) return { re: 0, im: 0 };
  return { re: re[frame * bins + k]!, im: im[frame * bins + k]! };
}

/**
 * Shifts pitch without changing length: stretch by 2^(−s/12), then resample back.
 * @param semitones > 0 is higher
 * @returns `[x.length]`
 */
export function pitchShift(
  x: Float32Array,
  semitones: number,
  sampleRate: number,
  options: VocoderOptions = {},
): Float32Array {
  if (semitones === 0) return x;
  const rate = 2 ** (-semitones / 12);
  const stretched = timeStretch(x, rate, options);
  const shifted = resample(stretched, sampleRate / rate, sampleRate, { quality: 'fast' });
  const out = new Float32Array(x.length);
  out.set(shifted.subarray(0, x.length));
  return out;
}
