/**
 * Copy-synthesis through a mel spectrogram: magnitudes by pseudo-inverse, phases by Griffin & Lim (1984).
 * @module
 */

import { melBank } from '../../audio/dsp/filter-banks.ts';
import { istft, type Stft, stft } from '../../audio/dsp/stft.ts';

const FFT_SIZE = 1024;
const HOP = 256;
const MELS = 80;
const ITERATIONS = 32;

/**
 * Resynthesises a plane from its 80 mel bands.
 * @param sampleRate Hz
 * @returns `[x.length]`
 */
export function griffinLim(x: Float32Array, sampleRate: number): Float32Array {
  const options = { fftSize: FFT_SIZE, hop: HOP };
  const bank = melBank({ filters: MELS, fftSize: FFT_SIZE, sampleRate });
  const original = stft(x, options);
  const magnitude = throughMel(original, bank.weights);
  let { re, im } = zeroPhase(magnitude, original.frames, original.bins);
  let y = istft({ ...original, re, im }, options, x.length);
  for (let i = 0; i < ITERATIONS; i += 1) {
    const guess = stft(y, options);
    re = guess.re;
    im = guess.im;
    for (let k = 0; k < re.length; k += 1) {
      const scale = magnitude[k]! / (Math.sqrt(re[k]! * re[k]! + im[k]! * im[k]!) + 1e-9);
      re[k]! *= scale;
      im[k]! *= scale;
    }
    y = istft({ ...original, re, im }, options, x.length);
  }
  return y;
}

function zeroPhase(magnitude: Float32Array, frames: number, bins: number): Pick<Stft, 're' | 'im'> {
  // A linear phase that advances with the hop starts closer to speech than all zeros.
  const re = new Float32Array(magnitude.length);
  const im = new Float32Array(magnitude.length);
  for (let t = 0; t < frames; t += 1) {
    for (let k = 0; k < bins; k += 1) {
      const angle = (2 * Math.PI * k * ((t * HOP) % FFT_SIZE)) / FFT_SIZE;
      re[t * bins + k] = magnitude[t * bins + k]! * Math.cos(angle);
      im[t * bins + k] = magnitude[t * bins + k]! * Math.sin(angle);
    }
  }
  return { re, im };
}

/** Magnitudes after mel analysis and the least-squares inverse Wᵀ(WWᵀ)⁻¹, negative values cut. */
function throughMel({ frames, bins, re, im }: Stft, weights: Float32Array): Float32Array {
  const gram = Array.from({ length: MELS }, (_, a) =>
    Float64Array.from({ length: MELS }, (_, b) => {
      let sum = a === b ? 1e-6 : 0;
      for (let k = 0; k < bins; k += 1) sum += weights[a * bins + k]! * weights[b * bins + k]!;
      return sum;
    }),
  );
  const lower = cholesky(gram);
  const spans = Array.from({ length: MELS }, (_, j) => {
    const row = weights.subarray(j * bins, (j + 1) * bins);
    return [row.findIndex((w) => w > 0), row.findLastIndex((w) => w > 0) + 1] as const;
  });
  const out = new Float32Array(frames * bins);
  const magnitude = new Float64Array(bins);
  const mel = new Float64Array(MELS);
  for (let t = 0; t < frames; t += 1) {
    const row = t * bins;
    for (let k = 0; k < bins; k += 1) {
      magnitude[k] = Math.sqrt(re[row + k]! * re[row + k]! + im[row + k]! * im[row + k]!);
    }
    for (const [j, [first, end]] of spans.entries()) {
      let sum = 0;
      for (let k = first; k < end; k += 1) sum += weights[j * bins + k]! * magnitude[k]!;
      mel[j] = sum;
    }
    const solved = solve(lower, mel);
    for (const [j, [first, end]] of spans.entries()) {
      for (let k = first; k < end; k += 1) out[row + k]! += weights[j * bins + k]! * solved[j]!;
    }
    for (let k = 0; k < bins; k += 1) out[row + k] = Math.max(0, out[row + k]!);
  }
  return out;
}

function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const n = matrix.length;
  const lower = matrix.map(() => new Float64Array(n));
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k += 1) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!;
    }
  }
  return lower;
}

function solve(lower: readonly Float64Array[], right: Float64Array): Float64Array {
  const n = lower.length;
  const out = Float64Array.from(right);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) out[i]! -= lower[i]![k]! * out[k]!;
    out[i]! /= lower[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) out[i]! -= lower[k]![i]! * out[k]!;
    out[i]! /= lower[i]![i]!;
  }
  return out;
}
