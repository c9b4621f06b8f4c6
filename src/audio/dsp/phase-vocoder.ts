/**
 * Phase vocoder: time stretch and pitch shift (Laroche & Dolson 1999, without phase locking).
 * @module
 */

import { portableExp } from '../../core/portable-math.ts';
import { resample } from './resample.ts';
import { stretchSpectra } from './stft.ts';

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
  return stretchSpectra(x, rate, { fftSize, hop }, Math.round(x.length / rate));
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
  const rate = portableExp((-semitones / 12) * Math.LN2);
  const stretched = timeStretch(x, rate, options);
  const shifted = resample(stretched, sampleRate / rate, sampleRate, { quality: 'fast' });
  const out = new Float32Array(x.length);
  out.set(shifted.subarray(0, x.length));
  return out;
}
