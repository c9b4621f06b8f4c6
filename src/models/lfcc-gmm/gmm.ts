/**
 * Gaussian mixtures with diagonal covariances: scoring and maximum-likelihood training
 * (Reynolds & Rose 1995), in Float64 with streaming log-sum-exp.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';

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

/** How a mixture is trained. */
export interface GmmTraining {
  readonly components: number;
  /** k-means iterations that start it. @default 10 */
  readonly kmeansIterations?: number;
  /** EM iterations. @default 12 */
  readonly emIterations?: number;
  /** Smallest variance, relative to the variance of all frames. @default 1e-3 */
  readonly varianceFloor?: number;
  /** Called after each EM iteration with the mean log-likelihood before it. */
  readonly onIteration?: (iteration: number, meanLogLikelihood: number) => void;
}

/** Frames used by k-means at most. */
const KMEANS_FRAMES = 20_000;

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

/**
 * Log density of each component at one frame, into `out`; returns their log sum. Four components run
 * side by side: additions wait for each other within one component only, and each keeps its order, so
 * blocking changes no bit.
 */
function frameLogDensity(
  { components, dims, constants, linear, half }: GmmScorer,
  data: Float32Array,
  start: number,
  out: Float64Array,
): number {
  let top = Number.NEGATIVE_INFINITY;
  let k = 0;
  for (; k + 4 <= components; k += 4) {
    let a = constants[k]!;
    let b = constants[k + 1]!;
    let c = constants[k + 2]!;
    let e = constants[k + 3]!;
    const rowA = k * dims;
    const rowB = rowA + dims;
    const rowC = rowB + dims;
    const rowE = rowC + dims;
    for (let d = 0; d < dims; d += 1) {
      const x = data[start + d]!;
      a += x * (linear[rowA + d]! - x * half[rowA + d]!);
      b += x * (linear[rowB + d]! - x * half[rowB + d]!);
      c += x * (linear[rowC + d]! - x * half[rowC + d]!);
      e += x * (linear[rowE + d]! - x * half[rowE + d]!);
    }
    out[k] = a;
    out[k + 1] = b;
    out[k + 2] = c;
    out[k + 3] = e;
    top = Math.max(top, a, b, c, e);
  }
  for (; k < components; k += 1) {
    let sum = constants[k]!;
    const row = k * dims;
    for (let d = 0; d < dims; d += 1) {
      const x = data[start + d]!;
      sum += x * (linear[row + d]! - x * half[row + d]!);
    }
    out[k] = sum;
    top = Math.max(top, sum);
  }
  let total = 0;
  for (k = 0; k < components; k += 1) total += Math.exp(out[k]! - top);
  return top + Math.log(total);
}

/** Log-likelihood of each frame of row-major `[frames, dims]` data. */
export function logLikelihoods(scorer: GmmScorer, data: Float32Array): Float64Array {
  const frames = data.length / scorer.dims;
  const scratch = new Float64Array(scorer.components);
  const out = new Float64Array(frames);
  for (let t = 0; t < frames; t += 1)
    out[t] = frameLogDensity(scorer, data, t * scorer.dims, scratch);
  return out;
}

/**
 * Trains a mixture: k-means on a seeded subsample, then EM on all frames.
 * @param data row-major `[frames, dims]`
 * @throws RingtrueError `training/diverged` if the likelihood is not finite
 */
export function trainGmm(data: Float32Array, dims: number, training: GmmTraining, rng: Rng): Gmm {
  const { components, emIterations = 12, varianceFloor = 1e-3, onIteration } = training;
  const frames = data.length / dims;
  const spread = columnVariances(data, dims);
  const floor = spread.map((variance) => Math.max(1e-8, variance * varianceFloor));
  let gmm = startFromKmeans(data, dims, training, floor, rng);
  const scratch = new Float64Array(components);
  for (let iteration = 0; iteration < emIterations; iteration += 1) {
    const scorer = prepareGmm(gmm);
    const counts = new Float64Array(components);
    const sums = new Float64Array(components * dims);
    const squares = new Float64Array(components * dims);
    let total = 0;
    for (let t = 0; t < frames; t += 1) {
      const start = t * dims;
      const logSum = frameLogDensity(scorer, data, start, scratch);
      total += logSum;
      for (let k = 0; k < components; k += 1) {
        const share = Math.exp(scratch[k]! - logSum);
        if (share < 1e-8) continue;
        counts[k]! += share;
        const row = k * dims;
        for (let d = 0; d < dims; d += 1) {
          const x = data[start + d]!;
          sums[row + d]! += share * x;
          squares[row + d]! += share * x * x;
        }
      }
    }
    if (!Number.isFinite(total)) {
      throw new RingtrueError(
        'training/diverged',
        `the likelihood of ${frames} frames is ${total} after ${iteration} EM iterations`,
      );
    }
    onIteration?.(iteration, total / frames);
    gmm = maximise(gmm, counts, sums, squares, floor);
  }
  return gmm;
}

function maximise(
  old: Gmm,
  counts: Float64Array,
  sums: Float64Array,
  squares: Float64Array,
  floor: Float64Array,
): Gmm {
  const { components, dims } = old;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const weights = new Float64Array(components);
  const means = Float64Array.from(old.means);
  const variances = Float64Array.from(old.variances);
  for (let k = 0; k < components; k += 1) {
    weights[k] = Math.max(counts[k]! / total, 1e-10);
    // A component that lost all its frames stays where it was.
    if (counts[k]! < 1e-6) continue;
    for (let d = 0; d < dims; d += 1) {
      const at = k * dims + d;
      means[at] = sums[at]! / counts[k]!;
      variances[at] = Math.max(squares[at]! / counts[k]! - means[at]! * means[at]!, floor[d]!);
    }
  }
  return { components, dims, weights, means, variances };
}

function columnVariances(data: Float32Array, dims: number): Float64Array {
  const frames = data.length / dims;
  const mean = new Float64Array(dims);
  const square = new Float64Array(dims);
  for (let i = 0; i < data.length; i += 1) {
    mean[i % dims]! += data[i]!;
    square[i % dims]! += data[i]! * data[i]!;
  }
  return square.map((value, d) => value / frames - (mean[d]! / frames) ** 2);
}

function startFromKmeans(
  data: Float32Array,
  dims: number,
  { components, kmeansIterations = 10 }: GmmTraining,
  floor: Float64Array,
  rng: Rng,
): Gmm {
  const frames = data.length / dims;
  const sample = Array.from({ length: Math.min(frames, KMEANS_FRAMES) }, () => rng.int(frames));
  const means = new Float64Array(components * dims);
  for (let k = 0; k < components; k += 1) {
    const frame = rng.pick(sample);
    for (let d = 0; d < dims; d += 1) means[k * dims + d] = data[frame * dims + d]!;
  }
  let counts = new Float64Array(components);
  let sums = new Float64Array(components * dims);
  let squares = new Float64Array(components * dims);
  // Distances in units of each dimension's spread, so that no cepstrum dominates.
  const scale = columnVariances(data, dims).map((variance) => 1 / Math.max(variance, 1e-12));
  for (let iteration = 0; iteration <= kmeansIterations; iteration += 1) {
    counts = new Float64Array(components);
    sums = new Float64Array(components * dims);
    squares = new Float64Array(components * dims);
    for (const frame of sample) {
      let best = 0;
      let bestDistance = Number.POSITIVE_INFINITY;
      for (let k = 0; k < components; k += 1) {
        let distance = 0;
        for (let d = 0; d < dims && distance < bestDistance; d += 1) {
          const difference = data[frame * dims + d]! - means[k * dims + d]!;
          distance += difference * difference * scale[d]!;
        }
        if (distance < bestDistance) {
          bestDistance = distance;
          best = k;
        }
      }
      counts[best]! += 1;
      for (let d = 0; d < dims; d += 1) {
        const x = data[frame * dims + d]!;
        sums[best * dims + d]! += x;
        squares[best * dims + d]! += x * x;
      }
    }
    for (let k = 0; k < components; k += 1) {
      if (counts[k] === 0) continue;
      for (let d = 0; d < dims; d += 1) means[k * dims + d] = sums[k * dims + d]! / counts[k]!;
    }
  }
  const variances = new Float64Array(components * dims);
  const weights = new Float64Array(components);
  for (let k = 0; k < components; k += 1) {
    weights[k] = Math.max(counts[k]!, 0.5) / sample.length;
    for (let d = 0; d < dims; d += 1) {
      const at = k * dims + d;
      const variance = counts[k]! > 1 ? squares[at]! / counts[k]! - means[at]! ** 2 : 1 / scale[d]!;
      variances[at] = Math.max(variance, floor[d]!);
    }
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { components, dims, weights: weights.map((weight) => weight / total), means, variances };
}
