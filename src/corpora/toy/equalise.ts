/**
 * Makes the members of one toy group alike in everything that is not speech: long-term spectrum,
 * direct current, noise floor, level. A short version of the recipe for real corpora.
 * @module
 */

import { cosTurns, sinTurns } from '../../core/portable-math.ts';
import type { Rng } from '../../core/rng.ts';
import { TOY_SAMPLE_RATE, triangular } from './voice.ts';

const FFT_SIZE = 256;
/** RMS of every clip: −26 dB below full scale. */
const LEVEL = 0.05;
/** RMS of the noise bed: −58 dB below full scale. */
const BED = 0.00126;

/** Mean power per frequency bin over 16-ms frames: 129 values. */
export function longTermSpectrum(x: Float64Array): Float64Array {
  const power = new Float64Array(FFT_SIZE / 2 + 1);
  const window = hannWindow(FFT_SIZE);
  const re = new Float64Array(FFT_SIZE);
  const im = new Float64Array(FFT_SIZE);
  for (let start = 0; start + FFT_SIZE <= x.length; start += FFT_SIZE / 2) {
    for (let i = 0; i < FFT_SIZE; i += 1) re[i] = x[start + i]! * window[i]!;
    im.fill(0);
    portableFft(re, im);
    for (let k = 0; k < power.length; k += 1) power[k]! += re[k]! ** 2 + im[k]! ** 2;
  }
  return power;
}

/**
 * Filters a clip to a given long-term spectrum, then takes off what lies below 70 Hz, sets the level
 * and adds the noise bed.
 */
export function equalise(x: Float64Array, spectrum: Float64Array, rng: Rng): Float32Array {
  const matched = highPass(convolve(x, matchingFilter(longTermSpectrum(x), spectrum)));
  const bed = (BED / LEVEL) * rms(matched) * Math.sqrt(6);
  const noisy = matched.map((sample) => sample + triangular(rng) * bed);
  const mean = noisy.reduce((sum, sample) => sum + sample, 0) / noisy.length;
  const gain = LEVEL / rms(noisy);
  return Float32Array.from(noisy, (sample) => (sample - mean) * gain);
}

function rms(x: Float64Array): number {
  let sum = 0;
  for (const sample of x) sum += sample * sample;
  return Math.sqrt(sum / x.length);
}

/** Linear-phase filter of 65 taps whose gain is the square root of wanted over had power. */
function matchingFilter(had: Float64Array, wanted: Float64Array): Float64Array {
  const re = new Float64Array(FFT_SIZE);
  const im = new Float64Array(FFT_SIZE);
  for (let k = 0; k <= FFT_SIZE / 2; k += 1) {
    const gain = Math.sqrt(smoothed(wanted, k) / smoothed(had, k));
    re[k] = Math.min(8, Math.max(1 / 8, gain));
    re[(FFT_SIZE - k) % FFT_SIZE] = re[k]!;
  }
  portableFft(re, im);
  const half = FFT_SIZE / 8;
  return Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const window = 0.5 + 0.5 * cosTurns((i - half) / (2 * half + 2));
    return (window * re[(i - half + FFT_SIZE) % FFT_SIZE]!) / FFT_SIZE;
  });
}

/** Power around a bin: over the bin and two neighbours on each side. */
function smoothed(power: Float64Array, bin: number): number {
  let sum = 1e-12;
  for (let k = Math.max(0, bin - 2); k <= Math.min(power.length - 1, bin + 2); k += 1) {
    sum += power[k]!;
  }
  return sum;
}

/** Convolution with a symmetric filter, delay taken off. */
function convolve(x: Float64Array, taps: Float64Array): Float64Array {
  const half = (taps.length - 1) / 2;
  const padded = new Float64Array(x.length + 2 * half);
  padded.set(x, half);
  const out = new Float64Array(x.length);
  for (let i = 0; i < out.length; i += 1) {
    let sum = taps[half]! * padded[i + half]!;
    for (let k = 0; k < half; k += 1)
      sum += taps[k]! * (padded[i + k]! + padded[i + 2 * half - k]!);
    out[i] = sum;
  }
  return out;
}

/** Two first-order high-pass filters at about 70 Hz. */
function highPass(x: Float64Array): Float64Array {
  const step = (2 * Math.PI * 70) / TOY_SAMPLE_RATE;
  let low = 0;
  let lower = 0;
  return x.map((sample) => {
    low += step * (sample - low);
    const once = sample - low;
    lower += step * (once - lower);
    return once - lower;
  });
}

function hannWindow(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => 0.5 - 0.5 * cosTurns(i / n));
}

/** cos and −sin of k/256 turns. */
const TWIDDLES = {
  cos: Float64Array.from({ length: FFT_SIZE }, (_, k) => cosTurns(k / FFT_SIZE)),
  sin: Float64Array.from({ length: FFT_SIZE }, (_, k) => -sinTurns(k / FFT_SIZE)),
};

/** In-place radix-2 transform of 256 points: here and not from audio/dsp, for bits equal everywhere. */
function portableFft(re: Float64Array, im: Float64Array): void {
  for (let i = 1, j = 0; i < FFT_SIZE; i += 1) {
    let bit = FFT_SIZE >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const real = re[i]!;
      re[i] = re[j]!;
      re[j] = real;
      const imaginary = im[i]!;
      im[i] = im[j]!;
      im[j] = imaginary;
    }
  }
  for (let size = 2; size <= FFT_SIZE; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k += 1) {
      const cos = TWIDDLES.cos[(k * FFT_SIZE) / size]!;
      const sin = TWIDDLES.sin[(k * FFT_SIZE) / size]!;
      for (let i = k; i < FFT_SIZE; i += size) {
        const j = i + half;
        const real = re[j]! * cos - im[j]! * sin;
        const imaginary = re[j]! * sin + im[j]! * cos;
        re[j] = re[i]! - real;
        im[j] = im[i]! - imaginary;
        re[i]! += real;
        im[i]! += imaginary;
      }
    }
  }
}
