/**
 * Constant-Q transform and its cepstra (CQCC, Todisco, Delgado and Evans 2017): filters whose width grows with
 * their frequency, as windows over the spectrum of a long stretch (Velasco et al. 2011, Schörkhuber et al. 2014).
 * @module
 */

import { cosTurns, portableLog, portablePow } from '../../core/portable-math.ts';
import { dct2, type Features } from './cepstrum.ts';
import { createFft } from './fft.ts';
import { transposedSpline } from './spline.ts';
import { stft } from './stft.ts';

/** Options of {@link constantQ}. */
export interface ConstantQOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** B. */
  readonly binsPerOctave: number;
  /** Where the highest octave ends, in Hz: at most half the rate. */
  readonly highHz: number;
  /** The lowest filter is at highHz / 2^octaves. */
  readonly octaves: number;
  /** γ of the widths Ω_k = (2^{1/B} − 2^{−1/B}) f_k + γ, in units of 2^{1/B} − 2^{−1/B} Hz. */
  readonly gamma: number;
  /** Samples between frames: at most sampleRate over the width of the highest filter. */
  readonly hop: number;
  /** Least power that the logarithm sees. */
  readonly floor: number;
}

/** Options of {@link cqcc}. */
export interface CqccOptions extends ConstantQOptions {
  /** d: uniform samples of the first octave. */
  readonly samplesFirstOctave: number;
  /** Cepstra from `firstCoefficient` on. */
  readonly coefficients: number;
  /** 0 keeps c0, 1 leaves it out. */
  readonly firstCoefficient: 0 | 1;
}

/** Stretches are cut where the narrowest filter has rung off: this many over its width. */
const RINGING_WIDTHS = 4;

/** Filters whose bands are transformed at once. */
const FILTERS_TOGETHER = 96;

/** Filters over the half spectrum of a stretch, one after the other. */
interface Windows {
  /** First bin of each filter, `[filters + 1]` offsets into `weights`. */
  readonly first: Uint32Array;
  readonly offsets: Uint32Array;
  readonly weights: Float64Array;
}

/** Number of filters. */
export function constantQBins({ binsPerOctave, octaves }: ConstantQOptions): number {
  return Math.round(binsPerOctave * octaves);
}

/** Centre frequencies in Hz, f_k = f_min 2^{k/B}, ascending. */
export function constantQFrequencies(options: ConstantQOptions): Float64Array {
  const { binsPerOctave, highHz, octaves } = options;
  return Float64Array.from(
    { length: constantQBins(options) },
    (_, k) => highHz * portablePow(2, k / binsPerOctave - octaves),
  );
}

/** Widths Ω_k in Hz. */
function widths(options: ConstantQOptions): Float64Array {
  const { binsPerOctave, gamma } = options;
  const spread = portablePow(2, 1 / binsPerOctave) - portablePow(2, -1 / binsPerOctave);
  return constantQFrequencies(options).map((hz) => spread * (hz + gamma));
}

/** Largest hop that keeps what the highest filter lets through, in samples. */
export function largestConstantQHop(options: Omit<ConstantQOptions, 'hop' | 'floor'>): number {
  const all = widths({ ...options, hop: 1, floor: 1 });
  return Math.floor(options.sampleRate / (all.at(-1) ?? 1));
}

/**
 * ln max(|X|², floor) of the constant-Q transform, `[1 + n / hop, filters]`, frame t centred at t · hop. A sine of
 * amplitude A has |X| = A in the filter at its frequency.
 */
export function constantQ(x: Float32Array, options: ConstantQOptions): Features {
  const { sampleRate, hop, floor } = options;
  const dims = constantQBins(options);
  const frames = 1 + Math.floor(x.length / hop);
  const data = new Float32Array(frames * dims);
  const margin = Math.ceil((RINGING_WIDTHS * sampleRate) / widths(options)[0]!);
  const marginFrames = Math.ceil(margin / hop);
  // Half of a stretch and more is not margin; a short recording is one short stretch.
  const points = powerOfTwo(Math.min(frames + 2 * marginFrames, 4 * marginFrames));
  const size = points * hop;
  const usable = points - 2 * marginFrames;
  const { first, offsets, weights } = windowsOf(options, size);
  const whole = createFft(size);
  const stretch = new Float64Array(size);
  const re = new Float64Array((size >> 1) + 1);
  const im = new Float64Array((size >> 1) + 1);
  const flat = new Float64Array(points).fill(1);
  const rows = new Float32Array(2 * FILTERS_TOGETHER * points);
  const scale = 4 / (size * size);
  for (let start = 0; start < frames; start += usable) {
    const from = (start - marginFrames) * hop;
    for (let i = 0; i < size; i += 1) stretch[i] = x[from + i] ?? 0;
    whole.realForward(stretch, re, im);
    const count = Math.min(usable, frames - start);
    for (let k = 0; k < dims; k += FILTERS_TOGETHER) {
      const together = Math.min(FILTERS_TOGETHER, dims - k);
      rows.fill(0);
      for (let j = 0; j < together; j += 1) {
        const bin = first[k + j]!;
        const at = offsets[k + j]!;
        const row = 2 * j * points;
        // Each band is moved to frequency 0, which turns phases and changes no magnitude.
        for (let i = 0; i < offsets[k + j + 1]! - at; i += 1) {
          rows[row + i] = re[bin + i]! * weights[at + i]!;
          rows[row + points + i] = im[bin + i]! * weights[at + i]!;
        }
      }
      // Real and imaginary part of a band are two real transforms A and B: the band over time is A + iB.
      const made = stft(rows.subarray(0, 2 * together * points), {
        fftSize: points,
        hop: points,
        window: flat,
        center: false,
      });
      for (let j = 0; j < together; j += 1) {
        for (let t = 0; t < count; t += 1) {
          const time = marginFrames + t;
          // A transform forward runs back in time; the upper half of a real one's spectrum is the lower, conjugated.
          const back = points - time;
          const mirrored = 2 * back > points;
          const index = mirrored ? time : back;
          const a = 2 * j * made.bins + index;
          const b = a + made.bins;
          const sign = mirrored ? -1 : 1;
          const real = made.re[a]! - sign * made.im[b]!;
          const imaginary = sign * made.im[a]! + made.re[b]!;
          data[(start + t) * dims + k + j] = portableLog(
            Math.max(scale * (real * real + imaginary * imaginary), floor),
          );
        }
      }
    }
  }
  return { frames, dims, data };
}

function powerOfTwo(least: number): number {
  let size = 1;
  while (size < least) size *= 2;
  return size;
}

const windowCache = new WeakMap<ConstantQOptions, Map<number, Windows>>();

/** Hann windows over the bins of a transform of `size` samples, peak 1, cut off at half the rate. */
function windowsOf(options: ConstantQOptions, size: number): Windows {
  const known = windowCache.get(options) ?? new Map<number, Windows>();
  windowCache.set(options, known);
  let made = known.get(size);
  if (made === undefined) {
    const hzABin = options.sampleRate / size;
    const width = widths(options);
    const first: number[] = [];
    const offsets = [0];
    const weights: number[] = [];
    for (const [k, hz] of constantQFrequencies(options).entries()) {
      const half = width[k]! / 2;
      const from = Math.max(0, Math.ceil((hz - half) / hzABin));
      const to = Math.min(size >> 1, Math.floor((hz + half) / hzABin));
      for (let bin = from; bin <= to; bin += 1)
        weights.push(0.5 + 0.5 * cosTurns((bin * hzABin - hz) / width[k]!));
      first.push(from);
      offsets.push(weights.length);
    }
    made = {
      first: Uint32Array.from(first),
      offsets: Uint32Array.from(offsets),
      weights: Float64Array.from(weights),
    };
    known.set(size, made);
  }
  return made;
}

/**
 * Constant-Q cepstra: the logarithmic powers on a uniform frequency axis of step f_min / d (a cubic spline), then an
 * orthonormal cosine transform. Both are linear, so they are one matrix. `[1 + n / hop, coefficients]`.
 */
export function cqcc(x: Float32Array, options: CqccOptions): Features {
  const { coefficients } = options;
  const { frames, dims, data } = constantQ(x, options);
  const matrix = cepstralMatrix(options);
  const out = new Float32Array(frames * coefficients);
  const row = new Float64Array(dims);
  for (let t = 0; t < frames; t += 1) {
    for (let k = 0; k < dims; k += 1) row[k] = data[t * dims + k]!;
    for (let c = 0; c < coefficients; c += 1) {
      const at = c * dims;
      let even = 0;
      let odd = 0;
      for (let k = 0; k + 1 < dims; k += 2) {
        even += matrix[at + k]! * row[k]!;
        odd += matrix[at + k + 1]! * row[k + 1]!;
      }
      if (dims % 2 === 1) even += matrix[at + dims - 1]! * row[dims - 1]!;
      out[t * coefficients + c] = even + odd;
    }
  }
  return { frames, dims: coefficients, data: out };
}

const cepstralMatrices = new WeakMap<CqccOptions, Float64Array>();

/** Row-major `[coefficients, filters]`. */
function cepstralMatrix(options: CqccOptions): Float64Array {
  let matrix = cepstralMatrices.get(options);
  if (matrix === undefined) {
    const { samplesFirstOctave, coefficients, firstCoefficient } = options;
    const knots = constantQFrequencies(options);
    const step = knots[0]! / samplesFirstOctave;
    const count = 1 + Math.floor((knots.at(-1)! - knots[0]!) / step);
    const points = Float64Array.from({ length: count }, (_, i) => knots[0]! + i * step);
    const weightsOf = transposedSpline(knots, points);
    const cosines = dct2(count, firstCoefficient + coefficients);
    matrix = new Float64Array(coefficients * knots.length);
    for (let c = 0; c < coefficients; c += 1) {
      const row = (firstCoefficient + c) * count;
      matrix.set(weightsOf(cosines.subarray(row, row + count)), c * knots.length);
    }
    cepstralMatrices.set(options, matrix);
  }
  return matrix;
}
