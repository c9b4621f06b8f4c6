/**
 * Gaussian mixtures with diagonal covariances: scoring, in Float64 with streaming log-sum-exp.
 * @module
 */

import { BLOCK_FRAMES, withMixture } from './kernels/mixture-kernel.ts';

/** A mixture of `components` Gaussians over `dims` dimensions; matrices are row-major `[components, dims]`. */
export interface Gmm {
  readonly components: number;
  readonly dims: number;
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/** A mixture prepared for scoring: log p = logsumexp_k (constant_k + Σ_d x_d (linear_kd − x_d half_kd)). */
export interface GmmScorer {
  readonly components: number;
  readonly dims: number;
  readonly constants: Float64Array;
  readonly linear: Float64Array;
  readonly half: Float64Array;
}

/** Precomputes what scoring needs of a mixture. */
export function prepareGmm({ components, dims, weights, means, variances }: Gmm): GmmScorer {
  const constants = new Float64Array(components);
  const linear = new Float64Array(components * dims);
  const half = new Float64Array(components * dims);
  for (let k = 0; k < components; k += 1) {
    let constant = Math.log(weights[k]!) - 0.5 * dims * Math.log(2 * Math.PI);
    for (let d = 0; d < dims; d += 1) {
      const at = k * dims + d;
      const inverse = 1 / variances[at]!;
      constant -= 0.5 * (Math.log(variances[at]!) + means[at]! * means[at]! * inverse);
      linear[at] = means[at]! * inverse;
      half[at] = 0.5 * inverse;
    }
    constants[k] = constant;
  }
  return { components, dims, constants, linear, half };
}

/** Log sum of the first `count` log densities from `start` on. */
export function logSum(densities: Float64Array, start: number, count: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = start; k < start + count; k += 1) top = Math.max(top, densities[k]!);
  let total = 0;
  for (let k = start; k < start + count; k += 1) total += Math.exp(densities[k]! - top);
  return top + Math.log(total);
}

/** Log-likelihood of each frame of row-major `[frames, dims]` data. */
export function logLikelihoods(scorer: GmmScorer, data: Float32Array): Float64Array {
  const { components, dims } = scorer;
  const out = new Float64Array(data.length / dims);
  withMixture(scorer, ({ width, logDensities }) => {
    for (let from = 0; from < out.length; from += BLOCK_FRAMES) {
      const count = Math.min(BLOCK_FRAMES, out.length - from);
      const densities = logDensities(data, from, count);
      for (let t = 0; t < count; t += 1) out[from + t] = logSum(densities, t * width, components);
    }
  });
  return out;
}

/** Prepares log p(x | spoof) − log p(x | bonafide) of each frame of row-major `[frames, dims]` data. */
export function pairRatios(pair: {
  readonly bonafide: Gmm;
  readonly spoof: Gmm;
}): (data: Float32Array) => Float64Array {
  const bonafide = prepareGmm(pair.bonafide);
  const spoof = prepareGmm(pair.spoof);
  return (data) => {
    const b = logLikelihoods(bonafide, data);
    return logLikelihoods(spoof, data).map((value, t) => value - b[t]!);
  };
}

/**
 * log p(x | spoof) − log p(x | bonafide) of each frame under models that were adapted from one mixture, over the
 * `top` components that are the likeliest under that mixture alone (Reynolds, Quatieri and Dunn 2000, §3.5): an
 * adapted component is close to the one it came from.
 * @param models of equal size
 * @param data row-major `[frames, dims]`
 */
export function topComponentRatios(
  models: { readonly ubm: GmmScorer; readonly bonafide: GmmScorer; readonly spoof: GmmScorer },
  data: Float32Array,
  top: number,
): Float64Array {
  const { ubm, bonafide, spoof } = models;
  const { components, dims } = ubm;
  const best = new Uint32Array(Math.min(top, components));
  const values = new Float64Array(best.length);
  const out = new Float64Array(data.length / dims);
  withMixture(ubm, ({ width, logDensities }) => {
    for (let from = 0; from < out.length; from += BLOCK_FRAMES) {
      const frames = Math.min(BLOCK_FRAMES, out.length - from);
      const densities = logDensities(data, from, frames);
      for (let t = 0; t < frames; t += 1) {
        const row = t * width;
        rankLargest(densities.subarray(row, row + components), best, values);
        const start = (from + t) * dims;
        out[from + t] =
          logDensityOf(spoof, best, data, start) - logDensityOf(bonafide, best, data, start);
      }
    }
  });
  return out;
}

/** Places of the largest values, the first one first, into `best`. */
function rankLargest(from: Float64Array, best: Uint32Array, values: Float64Array): void {
  const last = best.length - 1;
  values.fill(Number.NEGATIVE_INFINITY);
  for (let k = 0; k < from.length; k += 1) {
    const value = from[k]!;
    if (!(value > values[last]!)) continue;
    let place = last;
    for (; place > 0 && value > values[place - 1]!; place -= 1) {
      values[place] = values[place - 1]!;
      best[place] = best[place - 1]!;
    }
    values[place] = value;
    best[place] = k;
  }
}

/** Log density of one frame over some of the components. */
function logDensityOf(
  { dims, constants, linear, half }: GmmScorer,
  chosen: Uint32Array,
  data: Float32Array,
  start: number,
): number {
  let top = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (const k of chosen) {
    let value = constants[k]!;
    const row = k * dims;
    for (let d = 0; d < dims; d += 1) {
      const x = data[start + d]!;
      value += x * (linear[row + d]! - x * half[row + d]!);
    }
    if (value > top) {
      total = total * Math.exp(top - value) + 1;
      top = value;
    } else total += Math.exp(value - top);
  }
  return top + Math.log(total);
}
