/**
 * Window functions.
 * @module
 */

import { cosTurns } from '../../core/portable-math.ts';

/** `periodic` windows (for spectra) have period n, symmetric ones (for filters) period n − 1. */
export interface WindowOptions {
  /** @default false */
  readonly periodic?: boolean;
}

function cosineSum(
  n: number,
  terms: readonly number[],
  { periodic = false }: WindowOptions,
): Float64Array {
  const out = new Float64Array(n).fill(1);
  const period = periodic ? n : n - 1;
  if (period <= 0) return out;
  for (let i = 0; i < n; i += 1) {
    out[i] = terms.reduce(
      (sum, term, k) => sum + (k % 2 === 0 ? term : -term) * cosTurns((k * i) / period),
      0,
    );
  }
  return out;
}

/** Hann window, 0.5 − 0.5 cos. */
export function hann(n: number, options: WindowOptions = {}): Float64Array {
  return cosineSum(n, [0.5, 0.5], options);
}

/** Hamming window, 0.54 − 0.46 cos. */
export function hamming(n: number, options: WindowOptions = {}): Float64Array {
  return cosineSum(n, [0.54, 0.46], options);
}

/** Blackman window, 0.42 − 0.5 cos + 0.08 cos. */
export function blackman(n: number, options: WindowOptions = {}): Float64Array {
  return cosineSum(n, [0.42, 0.5, 0.08], options);
}

/** Kaiser window of shape `beta`. */
export function kaiser(
  n: number,
  beta: number,
  { periodic = false }: WindowOptions = {},
): Float64Array {
  const out = new Float64Array(n).fill(1);
  const period = periodic ? n : n - 1;
  if (period <= 0) return out;
  const norm = besselI0(beta);
  for (let i = 0; i < n; i += 1) {
    const r = (2 * i) / period - 1;
    out[i] = besselI0(beta * Math.sqrt(Math.max(0, 1 - r * r))) / norm;
  }
  return out;
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
export function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 500; k += 1) {
    term *= quarter / (k * k);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum;
}
