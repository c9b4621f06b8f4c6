/**
 * Initial values of parameters. Fans are counted as PyTorch does: of a weight `[out, in, …taps]`, fan-in is
 * in · taps, fan-out is out · taps.
 * @module
 */

import { type HostArray, hostArray, sizeOf } from '../../compiler/arrays.ts';
import type { Rng } from '../../core/rng.ts';

/** Makes an array of a shape. */
export type Initialiser = (rng: Rng, dims: readonly number[]) => HostArray;

/** Which fan keeps its variance. */
export interface FanOptions {
  /** @default 'in' */
  readonly fan?: 'in' | 'out';
  /** Slope of the leaky rectifier that follows; 0 is ReLU. @default 0 */
  readonly slope?: number;
}

/** An array of zeros. */
export function zeros(dims: readonly number[]): HostArray {
  return hostArray(dims, new Float32Array(sizeOf(dims)));
}

/** An array of ones. */
export function ones(dims: readonly number[]): HostArray {
  return filled(1, dims);
}

/** An array of one value. */
export function filled(value: number, dims: readonly number[]): HostArray {
  return hostArray(dims, new Float32Array(sizeOf(dims)).fill(value));
}

/** Uniform in [−bound, bound). */
export function uniform(bound: number): Initialiser {
  return (rng, dims) => draw(dims, () => rng.between(-bound, bound));
}

/** Normal with mean 0. */
export function normal(deviation: number): Initialiser {
  return (rng, dims) => draw(dims, () => deviation * rng.normal());
}

/** Normal with mean 0, drawn again beyond `cut` deviations. */
export function truncatedNormal(deviation: number, cut = 2): Initialiser {
  return (rng, dims) =>
    draw(dims, () => {
      for (;;) {
        const value = rng.normal();
        if (Math.abs(value) <= cut) return deviation * value;
      }
    });
}

/** He et al. 2015 (arXiv 1502.01852), uniform: variance 2 / ((1 + slope²) fan). */
export function heUniform({ fan = 'in', slope = 0 }: FanOptions = {}): Initialiser {
  return (rng, dims) => {
    const variance = 2 / ((1 + slope * slope) * fansOf(dims)[fan]);
    return uniform(Math.sqrt(3 * variance))(rng, dims);
  };
}

/** He et al. 2015, normal: see {@link heUniform}. */
export function heNormal({ fan = 'in', slope = 0 }: FanOptions = {}): Initialiser {
  return (rng, dims) => normal(Math.sqrt(2 / ((1 + slope * slope) * fansOf(dims)[fan])))(rng, dims);
}

/** Glorot and Bengio 2010, uniform: variance 2 gain² / (fan-in + fan-out). */
export function glorotUniform(gain = 1): Initialiser {
  return (rng, dims) => {
    const fans = fansOf(dims);
    return uniform(gain * Math.sqrt(6 / (fans.in + fans.out)))(rng, dims);
  };
}

/** Glorot and Bengio 2010, normal: see {@link glorotUniform}. */
export function glorotNormal(gain = 1): Initialiser {
  return (rng, dims) => {
    const fans = fansOf(dims);
    return normal(gain * Math.sqrt(2 / (fans.in + fans.out)))(rng, dims);
  };
}

/** What PyTorch gives the weights and biases of linear and convolution layers: uniform within 1/√fan-in. */
export function torchUniform(fanIn: number): Initialiser {
  return uniform(1 / Math.sqrt(fanIn));
}

/**
 * Rows (or, where there are more rows than columns, columns) are orthonormal, times gain: Saxe et al. 2014
 * (arXiv 1312.6120), of the array as a matrix `[first axis, rest]`. Gram–Schmidt, twice, in double precision.
 */
export function orthogonal(gain = 1): Initialiser {
  return (rng, dims) => {
    const rows = dims[0] ?? 1;
    const columns = sizeOf(dims) / rows;
    const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
    const basis: Float64Array[] = [];
    while (basis.length < count) {
      const vector = Float64Array.from({ length }, () => rng.normal());
      for (const known of [...basis, ...basis]) {
        const along = dot(known, vector);
        for (let i = 0; i < length; i += 1) vector[i]! -= along * known[i]!;
      }
      const norm = Math.sqrt(dot(vector, vector));
      if (norm > 1e-6) basis.push(vector.map((value) => value / norm));
    }
    const data = new Float32Array(rows * columns);
    for (const [i, vector] of basis.entries()) {
      for (let j = 0; j < length; j += 1) {
        data[rows <= columns ? i * columns + j : j * columns + i] = gain * vector[j]!;
      }
    }
    return hostArray(dims, data);
  };
}

/** Fan-in and fan-out of a weight `[out, in, …taps]`. */
export function fansOf(dims: readonly number[]): { readonly in: number; readonly out: number } {
  const [out = 1, inputs = 1, ...taps] = dims;
  const area = sizeOf(taps);
  return { in: inputs * area, out: out * area };
}

function draw(dims: readonly number[], next: () => number): HostArray {
  return hostArray(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => next()),
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}
