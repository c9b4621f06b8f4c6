/**
 * Cepstral front ends: LFCC, MFCC, log-mel, with every parameter an option.
 * @module
 */

import { createFft } from './fft.ts';
import { type FilterBank, linearBank, melBank } from './filter-banks.ts';
import { hamming, hann } from './windows.ts';

/** Features over time, row-major `[frames, dims]`. */
export interface Features {
  readonly frames: number;
  readonly dims: number;
  readonly data: Float32Array;
}

/** Options of the short-time filter-bank front ends. */
export interface FrontEndOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** Samples of a frame. */
  readonly winLength: number;
  /** Samples between frames. */
  readonly hop: number;
  readonly fftSize: number;
  readonly filters: number;
  /** @default 'hamming' */
  readonly window?: 'hamming' | 'hann';
  /** y[n] = x[n] − a x[n−1] over the whole signal; 0 is off. @default 0 */
  readonly preEmphasis?: number;
  /** Pads half a transform of zeros at both ends. @default true */
  readonly center?: boolean;
  /** Hz. @default 0 */
  readonly lowHz?: number;
  /** Hz. @default sampleRate / 2 */
  readonly highHz?: number;
  /** Exponent of the magnitude spectrum. @default 2 */
  readonly power?: number;
  /** @default 'log10' */
  readonly log?: 'log10' | 'ln';
  /** Added to each filter's energy before the logarithm. @default Number.EPSILON */
  readonly floor?: number;
}

/** Options of cepstral coefficients. */
export interface CepstrumOptions extends FrontEndOptions {
  /** Coefficients kept, from c0. */
  readonly coefficients: number;
  /** 0 none, 1 Δ, 2 Δ and ΔΔ, appended to the statics. @default 2 */
  readonly deltaOrder?: 0 | 1 | 2;
  readonly delta?: DeltaOptions;
}

/** How deltas are taken; edges repeat the first and last frame. */
export interface DeltaOptions {
  /** Frames on each side. */
  readonly window: number;
  /** True divides by 2 Σ l²; false is the plain weighted difference of some toolkits. */
  readonly scaled: boolean;
}

const SIMPLE_DIFFERENCE: DeltaOptions = { window: 1, scaled: false };

/** The LFCC of the robustness study (card 01 §4.1) at 16 kHz: 20 coefficients + Δ + ΔΔ, `[1 + n/160, 60]`. */
export const LFCC_LCNN: CepstrumOptions = {
  sampleRate: 16000,
  winLength: 320,
  hop: 160,
  fftSize: 512,
  filters: 20,
  preEmphasis: 0.97,
  coefficients: 20,
  delta: SIMPLE_DIFFERENCE,
};

/** The LFCC of the ASVspoof 2021 GMM baseline at 16 kHz: 30/15 ms, 70 filters, 19 + c0, Δ, ΔΔ. */
export const LFCC_ASVSPOOF2021: CepstrumOptions = {
  sampleRate: 16000,
  winLength: 480,
  hop: 240,
  fftSize: 1024,
  filters: 70,
  preEmphasis: 0.97,
  center: false,
  coefficients: 20,
  log: 'ln',
  delta: { window: 2, scaled: true },
};

/** Orthonormal DCT-II matrix, row-major `[coefficients, inputs]`. */
export function dct2(inputs: number, coefficients: number): Float64Array {
  const matrix = new Float64Array(coefficients * inputs);
  for (let k = 0; k < coefficients; k += 1) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / inputs);
    for (let j = 0; j < inputs; j += 1) {
      matrix[k * inputs + j] = scale * Math.cos((Math.PI * k * (j + 0.5)) / inputs);
    }
  }
  return matrix;
}

/** Differences over time of row-major `[frames, dims]` features. */
export function deltas(
  { frames, dims, data }: Features,
  { window, scaled }: DeltaOptions,
): Features {
  const out = new Float32Array(data.length);
  let norm = 0;
  for (let l = 1; l <= window; l += 1) norm += 2 * l * l;
  const scale = scaled ? 1 / norm : 1;
  for (let t = 0; t < frames; t += 1) {
    for (let d = 0; d < dims; d += 1) {
      let sum = 0;
      for (let l = 1; l <= window; l += 1) {
        const after = Math.min(frames - 1, t + l) * dims;
        const before = Math.max(0, t - l) * dims;
        sum += l * (data[after + d]! - data[before + d]!);
      }
      out[t * dims + d] = sum * scale;
    }
  }
  return { frames, dims, data: out };
}

/** Linear-frequency cepstral coefficients. */
export function lfcc(x: Float32Array, options: CepstrumOptions): Features {
  return cepstrum(x, options, linearBank(options));
}

/** Mel-frequency cepstral coefficients. */
export function mfcc(x: Float32Array, options: CepstrumOptions): Features {
  return cepstrum(x, options, melBank(options));
}

/** Logarithm of mel filter energies, `[frames, filters]`. */
export function logMel(x: Float32Array, options: FrontEndOptions): Features {
  return logEnergies(x, options, melBank(options));
}

function cepstrum(x: Float32Array, options: CepstrumOptions, bank: FilterBank): Features {
  const { coefficients, deltaOrder = 2, delta = SIMPLE_DIFFERENCE } = options;
  const energies = logEnergies(x, options, bank);
  const { frames } = energies;
  const matrix = dct2(bank.filters, coefficients);
  const statics = new Float32Array(frames * coefficients);
  for (let t = 0; t < frames; t += 1) {
    for (let k = 0; k < coefficients; k += 1) {
      let sum = 0;
      for (let j = 0; j < bank.filters; j += 1) {
        sum += matrix[k * bank.filters + j]! * energies.data[t * bank.filters + j]!;
      }
      statics[t * coefficients + k] = sum;
    }
  }
  const orders: Features[] = [{ frames, dims: coefficients, data: statics }];
  for (let order = 0; order < deltaOrder; order += 1) orders.push(deltas(orders[order]!, delta));
  const dims = coefficients * orders.length;
  const data = new Float32Array(frames * dims);
  for (const [o, part] of orders.entries()) {
    for (let t = 0; t < frames; t += 1) {
      data.set(
        part.data.subarray(t * coefficients, (t + 1) * coefficients),
        t * dims + o * coefficients,
      );
    }
  }
  return { frames, dims, data };
}

function logEnergies(x: Float32Array, options: FrontEndOptions, bank: FilterBank): Features {
  const {
    winLength,
    hop,
    fftSize,
    window = 'hamming',
    preEmphasis = 0,
    center = true,
    power = 2,
    log = 'log10',
    floor = Number.EPSILON,
  } = options;
  const shape =
    window === 'hamming'
      ? hamming(winLength, { periodic: true })
      : hann(winLength, { periodic: true });
  const lead = (fftSize - winLength) >> 1;
  const offset = center ? fftSize >> 1 : lead;
  const span = center ? x.length : x.length - winLength;
  const frames = span < 0 ? 0 : 1 + Math.floor(span / hop);
  const fft = createFft(fftSize);
  const buffer = new Float64Array(fftSize);
  const re = new Float64Array(bank.bins);
  const im = new Float64Array(bank.bins);
  const spectrum = new Float64Array(bank.bins);
  const ranges = nonZeroRanges(bank);
  const scale = log === 'log10' ? Math.LOG10E : 1;
  const data = new Float32Array(frames * bank.filters);
  for (let t = 0; t < frames; t += 1) {
    const start = t * hop - offset + lead;
    for (let i = 0; i < winLength; i += 1) {
      const at = start + i;
      const sample =
        at >= 0 && at < x.length ? x[at]! - (at > 0 ? preEmphasis * x[at - 1]! : 0) : 0;
      buffer[lead + i] = sample * shape[i]!;
    }
    fft.realForward(buffer, re, im);
    for (let k = 0; k < bank.bins; k += 1) {
      const squared = re[k]! * re[k]! + im[k]! * im[k]!;
      spectrum[k] = power === 2 ? squared : squared ** (power / 2);
    }
    for (let j = 0; j < bank.filters; j += 1) {
      let sum = 0;
      for (let k = ranges[2 * j]!; k < ranges[2 * j + 1]!; k += 1) {
        sum += bank.weights[j * bank.bins + k]! * spectrum[k]!;
      }
      data[t * bank.filters + j] = Math.log(sum + floor) * scale;
    }
  }
  return { frames, dims: bank.filters, data };
}

/** First and one past the last bin with weight, for each filter. */
function nonZeroRanges({ filters, bins, weights }: FilterBank): Uint32Array {
  const ranges = new Uint32Array(2 * filters);
  for (let j = 0; j < filters; j += 1) {
    let first = 0;
    while (first < bins && weights[j * bins + first] === 0) first += 1;
    let last = bins;
    while (last > first && weights[j * bins + last - 1] === 0) last -= 1;
    ranges[2 * j] = first;
    ranges[2 * j + 1] = last;
  }
  return ranges;
}
