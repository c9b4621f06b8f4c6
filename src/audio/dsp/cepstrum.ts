/**
 * Cepstral front ends: LFCC, MFCC, log-mel, with every parameter an option.
 * @module
 */

import { cosTurns, portableLog } from '../../core/portable-math.ts';
import { type FilterBank, linearBank, melBank } from './filter-banks.ts';
import { sparseBank } from './frame-spectrum.ts';
import { eachFrameBlock, type FramingOptions, frameCount, frameWindow } from './framing.ts';
import { withKernel } from './kernels/dsp-kernel.ts';
import { prepareTransform, putPiece } from './stft.ts';
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
  readonly power?: 1 | 2;
  /** @default 'log10' */
  readonly log?: 'log10' | 'ln';
  /** Added to each filter's energy before the logarithm, which sees no less than 1.2e−38. @default Number.EPSILON */
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
      matrix[k * inputs + j] = scale * cosTurns((k * (2 * j + 1)) / (4 * inputs));
    }
  }
  return matrix;
}

/** Differences over time of row-major `[frames, dims]` features. */
export function deltas(features: Features, options: DeltaOptions): Features {
  const { frames, dims, data } = features;
  const wide = new Float32Array(2 * data.length);
  for (let t = 0; t < frames; t += 1)
    wide.set(data.subarray(t * dims, (t + 1) * dims), 2 * t * dims);
  addDeltas({ frames, dims: 2 * dims, data: wide }, 0, dims, options);
  const out = new Float32Array(data.length);
  for (let t = 0; t < frames; t += 1)
    out.set(wide.subarray((2 * t + 1) * dims, (2 * t + 2) * dims), t * dims);
  return { frames, dims, data: out };
}

/** Linear-frequency cepstral coefficients. Options that are one object keep their tables. */
export function lfcc(x: Float32Array, options: CepstrumOptions): Features {
  return cepstrum(x, options, tablesOf(options, linearBank));
}

/** Mel-frequency cepstral coefficients. Options that are one object keep their tables. */
export function mfcc(x: Float32Array, options: CepstrumOptions): Features {
  return cepstrum(x, options, tablesOf(options, melBank));
}

/** Logarithm of mel filter energies, `[frames, filters]`. Options that are one object keep their tables. */
export function logMel(x: Float32Array, options: FrontEndOptions): Features {
  return frontEnd(x, options, tablesOf(options, melBank), options.filters);
}

/** Options of {@link logFilterEnergies}. */
export interface LogEnergyOptions extends FramingOptions {
  /** Exponent of the magnitude spectrum. */
  readonly power: 1 | 2;
  readonly log: 'log10' | 'ln';
  /** Least energy that the logarithm sees. */
  readonly floor: number;
}

/**
 * log max(Σ_k w_j[k] |X_t[k]|^p, floor) of frames with every setting of {@link FramingOptions}, by the kernel of
 * {@link lfcc}: `[frames, filters]`.
 */
export function logFilterEnergies(
  x: Float32Array,
  options: LogEnergyOptions,
  bank: FilterBank,
): Features {
  const { fftSize, power, log, floor } = options;
  const { filters } = bank;
  const made = { window: Float32Array.from(frameWindow(options)), ...sparseBank(bank) };
  // Frames lie one after the other, so each transform begins where the one before it ends.
  const laidOut: FrontEndOptions = {
    sampleRate: options.sampleRate,
    winLength: fftSize,
    hop: fftSize,
    fftSize,
    filters,
    center: false,
    power,
    log,
    floor: 0,
  };
  const frames = frameCount(x.length, options);
  const data = new Float32Array(frames * filters);
  eachFrameBlock(x, options, ({ first, frames: block }) => {
    data.set(frontEnd(block, laidOut, made, filters).data, first * filters);
  });
  const least = portableLog(floor) * (log === 'log10' ? Math.LOG10E : 1);
  for (let i = 0; i < data.length; i += 1) data[i] = Math.max(data[i]!, least);
  return { frames, dims: filters, data };
}

/** What the kernel needs of a window and a bank of filters. */
interface Tables {
  /** `[fftSize]` */
  readonly window: Float32Array;
  /** First and one past the last bin with weight, for each filter. */
  readonly spans: Uint32Array;
  /** Weights of those bins, one filter after the other. */
  readonly weights: Float32Array;
}

const tables = new Map<typeof melBank, WeakMap<FrontEndOptions, Tables>>();

function tablesOf(options: FrontEndOptions, bankOf: typeof melBank): Tables {
  const known = tables.get(bankOf) ?? new WeakMap<FrontEndOptions, Tables>();
  tables.set(bankOf, known);
  let made = known.get(options);
  if (made === undefined) {
    const { winLength, fftSize, window: shape = 'hamming' } = options;
    const window = new Float32Array(fftSize);
    window.set(
      (shape === 'hamming' ? hamming : hann)(winLength, { periodic: true }),
      (fftSize - winLength) >> 1,
    );
    made = { window, ...sparseBank(bankOf(options)) };
    known.set(options, made);
  }
  return made;
}

const matrices = new Map<string, Float32Array>();

function cosineMatrix(inputs: number, coefficients: number): Float32Array {
  const key = `${inputs}/${coefficients}`;
  const matrix = matrices.get(key) ?? Float32Array.from(dct2(inputs, coefficients));
  matrices.set(key, matrix);
  return matrix;
}

function cepstrum(x: Float32Array, options: CepstrumOptions, made: Tables): Features {
  const { coefficients, deltaOrder = 2, delta = SIMPLE_DIFFERENCE } = options;
  const dims = coefficients * (deltaOrder + 1);
  const matrix = cosineMatrix(options.filters, coefficients);
  const features = frontEnd(x, options, made, dims, { matrix, coefficients });
  for (let order = 0; order < deltaOrder; order += 1) {
    addDeltas(features, order * coefficients, coefficients, delta);
  }
  return features;
}

/** Differences over time of `count` columns from `from` on, into the `count` columns after them. */
function addDeltas(
  { frames, dims, data }: Features,
  from: number,
  count: number,
  { window, scaled }: DeltaOptions,
): void {
  let norm = 0;
  for (let l = 1; l <= window; l += 1) norm += 2 * l * l;
  const scale = scaled ? 1 / norm : 1;
  for (let t = 0; t < frames; t += 1) {
    const out = t * dims + from + count;
    for (let l = 1; l <= window; l += 1) {
      const after = Math.min(frames - 1, t + l) * dims + from;
      const before = Math.max(0, t - l) * dims + from;
      const weight = l * scale;
      for (let d = 0; d < count; d += 1) {
        data[out + d]! += weight * (data[after + d]! - data[before + d]!);
      }
    }
  }
}

/** Frames whose features are computed in one call of the kernel. */
const CHUNK = 1024;

/** Log filter energies, or their cosine transform, in the first columns of rows of `dims`. */
function frontEnd(
  x: Float32Array,
  options: FrontEndOptions,
  { window, spans, weights }: Tables,
  dims: number,
  cosine?: { readonly matrix: Float32Array; readonly coefficients: number },
): Features {
  const {
    winLength,
    hop,
    fftSize,
    filters,
    preEmphasis = 0,
    center = true,
    power = 2,
    log = 'log10',
    floor = Number.EPSILON,
  } = options;
  const lead = (fftSize - winLength) >> 1;
  const offset = center ? fftSize >> 1 : lead;
  const span = center ? x.length : x.length - winLength;
  const frames = span < 0 ? 0 : 1 + Math.floor(span / hop);
  const data = new Float32Array(frames * dims);
  for (let start = 0; start < frames; start += CHUNK) {
    const count = Math.min(CHUNK, frames - start);
    const groups = Math.ceil(count / 4);
    withKernel((scratch) => {
      const { kernel } = scratch;
      const transform = prepareTransform(scratch, fftSize, window);
      const length = (4 * groups - 1) * hop + fftSize;
      // One sample more before it, for pre-emphasis.
      let signal = putPiece(scratch, x, start * hop - offset - 1, length + 1) + 4;
      if (preEmphasis !== 0) {
        const flat = scratch.zeros(length + 8);
        const inside = Math.min(length, x.length - (start * hop - offset));
        kernel.preEmphasise(signal, inside, preEmphasis, flat);
        signal = flat;
      }
      const out = scratch.zeros(4 * groups * dims);
      kernel.filterEnergies(
        signal,
        hop,
        groups,
        transform.window,
        transform.from,
        transform.to,
        fftSize,
        transform.twiddles,
        transform.first,
        transform.second,
        transform.spectrum,
        power === 1 ? 1 : 0,
        scratch.putWords(spans),
        scratch.put(weights),
        filters,
        floor,
        log === 'log10' ? Math.LOG10E : 1,
        cosine === undefined ? 0 : scratch.put(cosine.matrix),
        cosine?.coefficients ?? 0,
        out,
        dims,
      );
      scratch.copy(out, count * dims, data, start * dims);
    });
  }
  return { frames, dims, data };
}
