/**
 * Spectra of frames, and what filters make of them.
 * @module
 */

import type { FilterBank } from './filter-banks.ts';
import { eachFrameBlock, type FramingOptions, frameCount, frameWindow } from './framing.ts';
import { powerSpectrogram } from './stft.ts';

/**
 * |X| or |X|² of every frame, row-major `[frames, fftSize / 2 + 1]`.
 * @param power exponent of the magnitude
 */
export function frameSpectra(
  x: Float32Array,
  framing: FramingOptions,
  power: 1 | 2,
): { readonly frames: number; readonly bins: number; readonly data: Float32Array } {
  const { fftSize } = framing;
  const bins = (fftSize >> 1) + 1;
  const frames = frameCount(x.length, framing);
  const data = new Float32Array(frames * bins);
  const window = frameWindow(framing);
  eachFrameBlock(x, framing, ({ first, frames: block }) => {
    const spectra = powerSpectrogram(block, { fftSize, hop: fftSize, window, center: false });
    data.set(spectra.power, first * bins);
  });
  if (power === 1) for (let i = 0; i < data.length; i += 1) data[i] = Math.sqrt(data[i]!);
  return { frames, bins, data };
}

/** A bank of filters without its zeros. */
export interface SparseBank {
  readonly filters: number;
  /** First and one past the last bin with weight, for each filter, `[2 · filters]`. */
  readonly spans: Uint32Array;
  /** Weights of those bins, one filter after the other. */
  readonly weights: Float32Array;
}

/** Leaves the zeros of a bank out. */
export function sparseBank({ filters, bins, weights }: FilterBank): SparseBank {
  const spans = new Uint32Array(2 * filters);
  const packed: number[] = [];
  for (let j = 0; j < filters; j += 1) {
    const row = weights.subarray(j * bins, (j + 1) * bins);
    const first = Math.max(
      0,
      row.findIndex((weight) => weight !== 0),
    );
    const last = row.findLastIndex((weight) => weight !== 0) + 1;
    spans[2 * j] = first;
    spans[2 * j + 1] = Math.max(first, last);
    for (const weight of row.subarray(first, Math.max(first, last))) packed.push(weight);
  }
  return { filters, spans, weights: Float32Array.from(packed) };
}

/**
 * Σ_k w_j[k] s[k] of one spectrum, into `out`.
 * @param start first value of the spectrum in `spectra`
 * @param out `[filters]`
 */
export function filterSums(
  { filters, spans, weights }: SparseBank,
  spectra: ArrayLike<number>,
  start: number,
  out: Float64Array,
): void {
  let at = 0;
  for (let j = 0; j < filters; j += 1) {
    let sum = 0;
    for (let k = spans[2 * j]!; k < spans[2 * j + 1]!; k += 1) {
      sum += weights[at]! * spectra[start + k]!;
      at += 1;
    }
    out[j] = sum;
  }
}
