/**
 * Noise with the statistics of a sound's band envelopes: each band keeps the values of its envelope and the power
 * spectrum of their course, and bands keep how they move together; when something happens is new. The statistics
 * are those of McDermott & Simoncelli (Neuron 71, 2011) in the main, met by multivariate surrogates (Prichard &
 * Theiler, Phys. Rev. Lett. 73, 1994) in place of a search.
 * @module
 */

import { createFft } from '../../audio/dsp/fft.ts';
import { melBank } from '../../audio/dsp/filter-banks.ts';
import { gaussianNoise } from '../../audio/dsp/noise.ts';
import { istft, stft } from '../../audio/dsp/stft.ts';
import type { Rng } from '../../core/rng.ts';

const SPECTRUM = { fftSize: 512, hop: 128 };
const BANDS = 32;
const bank = melBank({ filters: BANDS, fftSize: SPECTRUM.fftSize, sampleRate: 16000 });

/** Sum of the weights of each bin, and of each band. */
const binTotals = new Float64Array(bank.bins);
const bandTotals = new Float64Array(BANDS);
for (let j = 0; j < BANDS; j += 1) {
  for (let k = 0; k < bank.bins; k += 1) {
    binTotals[k]! += bank.weights[j * bank.bins + k]!;
    bandTotals[j]! += bank.weights[j * bank.bins + k]!;
  }
}

/**
 * Makes a texture like a sound.
 * @param x 16 kHz
 * @returns `[x.length]`
 */
export function texture(x: Float32Array, rng: Rng): Float32Array {
  const envelopes = bandEnvelopes(x);
  const frames = envelopes[0]?.length ?? 0;
  const angles = randomAngles(frames, rng.split('angles'));
  const made = envelopes.map((envelope) => surrogate(envelope, angles));
  const noise = stft(gaussianNoise(new Float32Array(x.length), rng.split('noise')), SPECTRUM);
  for (let t = 0; t < noise.frames; t += 1) {
    for (let k = 0, at = t * noise.bins; k < noise.bins; k += 1, at += 1) {
      let gain = 0;
      for (let j = 0; j < BANDS; j += 1) {
        const weight = bank.weights[j * bank.bins + k]!;
        if (weight > 0) gain += weight * made[j]![t]!;
      }
      gain /= binTotals[k]! + 1e-9;
      noise.re[at]! *= gain;
      noise.im[at]! *= gain;
    }
  }
  return istft(noise, SPECTRUM, x.length);
}

/** Root of the mean power of each band over time, `[BANDS][frames]`. */
function bandEnvelopes(x: Float32Array): Float64Array[] {
  const { frames, bins, re, im } = stft(x, SPECTRUM);
  return Array.from({ length: BANDS }, (_, j) =>
    Float64Array.from({ length: frames }, (_frame, t) => {
      let sum = 0;
      for (let k = 0; k < bins; k += 1) {
        const weight = bank.weights[j * bins + k]!;
        const at = t * bins + k;
        if (weight > 0) sum += weight * (re[at]! * re[at]! + im[at]! * im[at]!);
      }
      return Math.sqrt(sum / bandTotals[j]!);
    }),
  );
}

/** What is added to the phases of all bands, odd in frequency so that envelopes stay real. */
function randomAngles(frames: number, rng: Rng): Float64Array {
  const angles = new Float64Array(frames);
  for (let k = 1; 2 * k < frames; k += 1) {
    angles[k] = rng.between(0, 2 * Math.PI);
    angles[frames - k] = -angles[k]!;
  }
  return angles;
}

/**
 * A course with the power spectrum of another one, and its values.
 * @param angles added to the phases: what courses share of them keeps how they move together
 */
export function surrogate(course: Float64Array, angles: Float64Array): Float64Array {
  const n = course.length;
  const re = Float64Array.from(course);
  const im = new Float64Array(n);
  const fft = createFft(n);
  fft.forward(re, im);
  for (let k = 0; k < n; k += 1) {
    const cos = Math.cos(angles[k]!);
    const sin = Math.sin(angles[k]!);
    const real = re[k]! * cos - im[k]! * sin;
    im[k] = re[k]! * sin + im[k]! * cos;
    re[k] = real;
  }
  fft.inverse(re, im);
  const order = Array.from({ length: n }, (_, t) => t).sort((a, b) => re[a]! - re[b]!);
  const values = Float64Array.from(course).sort();
  const out = new Float64Array(n);
  for (const [rank, t] of order.entries()) out[t] = values[rank]!;
  return out;
}
