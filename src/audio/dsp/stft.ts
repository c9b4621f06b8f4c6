/**
 * Short-time Fourier transform and its inverse, in single precision, four frames at a time.
 * @module
 */

import { cosTurns, sinTurns } from '../../core/portable-math.ts';
import { type Scratch, withKernel } from './kernels/dsp-kernel.ts';
import { hann } from './windows.ts';

/** How a signal is cut into frames. */
export interface StftOptions {
  /** Length of the transform in samples: even, its half a product of 2, 3 and 5. */
  readonly fftSize: number;
  /** Samples between frames. */
  readonly hop: number;
  /** Window; shorter than `fftSize` is centred in it. @default periodic Hann of `fftSize` */
  readonly window?: Float64Array;
  /** True pads half a transform of zeros at both ends, so that frame t is centred at t · hop. @default true */
  readonly center?: boolean;
}

/** Half spectra, row-major `[frames, bins]`, bins = fftSize / 2 + 1. */
export interface Stft {
  readonly frames: number;
  readonly bins: number;
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** Frames whose spectra are in memory at once. */
const CHUNK = 1024;

const twiddles = new Map<number, Float32Array>();

/** Cosine and sine of 2πk / size, in pairs. */
function twiddlesOf(size: number): Float32Array {
  let table = twiddles.get(size);
  if (table === undefined) {
    let rest = size / 2;
    for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
    if (rest !== 1) {
      throw new RangeError(
        `internal: a transform of ${size} samples: it must be even, its half a product of 2, 3 and 5`,
      );
    }
    table = new Float32Array(2 * size);
    for (let k = 0; k < size; k += 1) {
      table[2 * k] = cosTurns(k / size);
      table[2 * k + 1] = sinTurns(k / size);
    }
    twiddles.set(size, table);
  }
  return table;
}

/** Tables and buffers of one transform in scratch memory: arguments that kernels take in this order. */
export interface Transform {
  readonly size: number;
  /** First and one past the last sample of a frame that the window lets through, multiples of 4. */
  readonly from: number;
  readonly to: number;
  /** Addresses. */
  readonly window: number;
  readonly twiddles: number;
  readonly first: number;
  readonly second: number;
  readonly spectrum: number;
  /** Bins rounded up to a multiple of 4: floats of a row of a spectrogram. */
  readonly stride: number;
}

/** Prepares a transform of `size` samples with a window of that length. */
export function prepareTransform(scratch: Scratch, size: number, window: Float32Array): Transform {
  const table = twiddlesOf(size);
  const padded = 4 * Math.ceil(size / 4);
  const points = 4 * Math.ceil((size / 2 + 1) / 4);
  let from = window.findIndex((value) => value !== 0);
  from = from < 0 ? 0 : from & ~3;
  const to = Math.min(
    padded,
    4 * Math.ceil((window.findLastIndex((value) => value !== 0) + 1) / 4),
  );
  return {
    size,
    from,
    to,
    window: scratch.put(window, 0, padded - size),
    twiddles: scratch.put(table),
    first: scratch.zeros(4 * padded),
    second: scratch.zeros(4 * padded),
    spectrum: scratch.zeros(8 * points),
    stride: points,
  };
}

interface Framing {
  readonly window: Float32Array;
  readonly offset: number;
  readonly frames: number;
}

const hannWindows = new Map<number, Float32Array>();

function hannOf(size: number): Float32Array {
  const window = hannWindows.get(size) ?? Float32Array.from(hann(size, { periodic: true }));
  hannWindows.set(size, window);
  return window;
}

function centred(window: Float64Array, size: number): Float32Array {
  const padded = new Float32Array(size);
  padded.set(window, (size - window.length) >> 1);
  return padded;
}

function framing(length: number, { fftSize, hop, window, center = true }: StftOptions): Framing {
  const offset = center ? fftSize >> 1 : 0;
  const span = length + 2 * offset - fftSize;
  return {
    window: window === undefined ? hannOf(fftSize) : centred(window, fftSize),
    offset,
    frames: span < 0 ? 0 : 1 + Math.floor(span / hop),
  };
}

/** Samples from `start` on, zeros outside the signal, in scratch memory. */
export function putPiece(scratch: Scratch, x: Float32Array, start: number, length: number): number {
  const before = Math.min(length, Math.max(0, -start));
  const piece = x.subarray(Math.max(0, start), Math.max(0, start + length));
  return scratch.put(piece, before, length - before - piece.length + 8) - 4 * before;
}

/** Calls `visit` with groups of four frames, at most a chunk of them at a time, the signal in memory. */
function eachChunk(
  x: Float32Array,
  { hop }: StftOptions,
  { window, offset, frames }: Framing,
  visit: (
    scratch: Scratch,
    transform: Transform,
    address: number,
    groups: number,
    first: number,
    count: number,
  ) => void,
): void {
  for (let first = 0; first < frames; first += CHUNK) {
    const count = Math.min(CHUNK, frames - first);
    const groups = Math.ceil(count / 4);
    withKernel((scratch) => {
      const transform = prepareTransform(scratch, window.length, window);
      const length = (4 * groups - 1) * hop + window.length;
      const address = putPiece(scratch, x, first * hop - offset, length);
      visit(scratch, transform, address, groups, first, count);
    });
  }
}

/** Short-time Fourier transform of a plane. */
export function stft(x: Float32Array, options: StftOptions): Stft {
  const frame = framing(x.length, options);
  const { frames } = frame;
  const bins = (options.fftSize >> 1) + 1;
  const re = new Float32Array(frames * bins);
  const im = new Float32Array(frames * bins);
  eachChunk(x, options, frame, (scratch, transform, address, groups, first, count) => {
    const { stride } = transform;
    const rowsRe = scratch.floats(4 * groups * stride);
    const rowsIm = scratch.floats(4 * groups * stride);
    spectra(scratch, transform, address, options.hop, groups, rowsRe, rowsIm);
    for (let t = 0; t < count; t += 1) {
      scratch.copy(rowsRe + 4 * t * stride, bins, re, (first + t) * bins);
      scratch.copy(rowsIm + 4 * t * stride, bins, im, (first + t) * bins);
    }
  });
  return { frames, bins, re, im };
}

function spectra(
  { kernel }: Scratch,
  { window, from, to, size, twiddles: table, first, second, spectrum, stride }: Transform,
  address: number,
  hop: number,
  groups: number,
  re: number,
  im: number,
): void {
  kernel.spectra(
    address,
    hop,
    groups,
    window,
    from,
    to,
    size,
    table,
    first,
    second,
    spectrum,
    re,
    im,
    stride,
  );
}

/** |X|² as row-major `[frames, bins]`. */
export function powerSpectrogram(
  x: Float32Array,
  options: StftOptions,
): { frames: number; bins: number; power: Float32Array } {
  const frame = framing(x.length, options);
  const { frames } = frame;
  const bins = (options.fftSize >> 1) + 1;
  const power = new Float32Array(frames * bins);
  eachChunk(x, options, frame, (scratch, transform, address, groups, start, count) => {
    const { window, from, to, size, twiddles: table, first, second, spectrum, stride } = transform;
    const rows = scratch.floats(4 * groups * stride);
    scratch.kernel.powers(
      address,
      options.hop,
      groups,
      window,
      from,
      to,
      size,
      table,
      first,
      second,
      spectrum,
      rows,
      stride,
    );
    for (let t = 0; t < count; t += 1)
      scratch.copy(rows + 4 * t * stride, bins, power, (start + t) * bins);
  });
  return { frames, bins, power };
}

/**
 * Inverse by weighted overlap-add: exact for an unchanged spectrum wherever windows overlap.
 * @param length samples of the result
 */
export function istft(
  { frames, bins, re, im }: Stft,
  options: StftOptions,
  length: number,
): Float32Array {
  return withKernel((scratch) => {
    const stride = 4 * Math.ceil(bins / 4);
    const rows = 4 * Math.ceil(frames / 4);
    const rowsRe = putRows(scratch, re, frames, bins, stride, rows);
    const rowsIm = putRows(scratch, im, frames, bins, stride, rows);
    return overlapAdd(scratch, rowsRe, rowsIm, frames, options, length);
  });
}

function putRows(
  scratch: Scratch,
  values: Float32Array,
  frames: number,
  bins: number,
  stride: number,
  rows: number,
): number {
  const padded = new Float32Array(rows * stride);
  for (let t = 0; t < frames; t += 1)
    padded.set(values.subarray(t * bins, (t + 1) * bins), t * stride);
  return scratch.put(padded);
}

/** Overlap-add of spectra that lie in scratch memory, rows beyond `frames` zero. */
function overlapAdd(
  scratch: Scratch,
  re: number,
  im: number,
  frames: number,
  options: StftOptions,
  length: number,
): Float32Array {
  const { fftSize, hop } = options;
  const { window, offset } = framing(length, options);
  const groups = Math.ceil(frames / 4);
  // The kernel's inverse transform is not divided by the number of points.
  const synthesis = window.map((value) => (2 * value) / fftSize);
  const transform = prepareTransform(scratch, fftSize, synthesis);
  const { window: address, twiddles: table, first, second, spectrum, stride } = transform;
  const total = Math.max((4 * groups - 1) * hop + fftSize, offset + length) + 4;
  const sum = scratch.zeros(total);
  scratch.kernel.overlapAdd(
    re,
    im,
    stride,
    hop,
    groups,
    address,
    fftSize,
    table,
    first,
    second,
    spectrum,
    sum,
  );
  const weight = scratch.zeros(total);
  const square = scratch.put(
    window.map((value) => value * value),
    0,
    4,
  );
  scratch.kernel.addRows(square, 4 * Math.ceil(fftSize / 4), hop, frames, weight);
  scratch.kernel.normalise(sum, weight, offset + length);
  return scratch.take(sum + 4 * offset, length);
}

/**
 * Spectra at steps of `rate` frames, put together again: the phase vocoder's kernel.
 * @returns `[length]`
 */
export function stretchSpectra(
  x: Float32Array,
  rate: number,
  options: StftOptions,
  length: number,
): Float32Array {
  const { fftSize, hop } = options;
  const { window, offset, frames } = framing(x.length, options);
  return withKernel((scratch) => {
    const transform = prepareTransform(scratch, fftSize, window);
    const { stride } = transform;
    const groups = Math.ceil(frames / 4);
    // Two rows of silence follow the last frame.
    const rows = 4 * groups + 4;
    const re = scratch.zeros(rows * stride);
    const im = scratch.zeros(rows * stride);
    const address = putPiece(scratch, x, -offset, (4 * groups - 1) * hop + fftSize);
    spectra(scratch, transform, address, hop, groups, re, im);
    for (const rowsOf of [re, im])
      scratch.clear(rowsOf + 4 * frames * stride, (4 * groups - frames) * stride);
    const steps = Math.ceil(frames / rate);
    const outRe = scratch.zeros(4 * Math.ceil(steps / 4) * stride);
    const outIm = scratch.zeros(4 * Math.ceil(steps / 4) * stride);
    const turn = scratch.floats(2 * stride);
    scratch.kernel.stretchSpectra(re, im, stride, frames, rate, steps, turn, outRe, outIm);
    return overlapAdd(scratch, outRe, outIm, steps, options, length);
  });
}
