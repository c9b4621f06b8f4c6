/**
 * A copy with the magnitudes of a sound's short-time spectrum and phases at random.
 * @module
 */

import { istft, stft } from '../../audio/dsp/stft.ts';
import type { Rng } from '../../core/rng.ts';

const SPECTRUM = { fftSize: 512, hop: 128 };

/**
 * Draws the phase of every bin of every frame anew.
 * @param x 16 kHz
 * @returns `[x.length]`
 */
export function phaseRandom(x: Float32Array, rng: Rng): Float32Array {
  const { re, im, ...shape } = stft(x, SPECTRUM);
  for (let i = 0; i < re.length; i += 1) {
    const magnitude = Math.sqrt(re[i]! * re[i]! + im[i]! * im[i]!);
    const angle = rng.between(0, 2 * Math.PI);
    re[i] = magnitude * Math.cos(angle);
    im[i] = magnitude * Math.sin(angle);
  }
  return istft({ ...shape, re, im }, SPECTRUM, x.length);
}
