/**
 * Mean and variance normalisation of one recording's features.
 * @module
 */

import type { Features } from './cepstrum.ts';

/** Least standard deviation that a dimension is divided by. */
const LEAST_DEVIATION = 1e-8;

/** Each dimension with mean 0 and variance 1 over the frames; a constant one becomes 0. */
export function normaliseFeatures({ frames, dims, data }: Features): Features {
  const mean = new Float64Array(dims);
  const square = new Float64Array(dims);
  for (let i = 0; i < data.length; i += 1) mean[i % dims]! += data[i]! / frames;
  for (let i = 0; i < data.length; i += 1) {
    const difference = data[i]! - mean[i % dims]!;
    square[i % dims]! += (difference * difference) / frames;
  }
  const scale = square.map((value) => 1 / Math.max(Math.sqrt(value), LEAST_DEVIATION));
  return {
    frames,
    dims,
    data: data.map((value, i) => (value - mean[i % dims]!) * scale[i % dims]!),
  };
}
