/**
 * Training of Gaussian mixtures: k-means, then expectation and maximisation (Reynolds & Rose 1995); adaptation of the
 * means to other data (Reynolds, Quatieri and Dunn 2000).
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { type Gmm, type GmmScorer, logSum, prepareGmm } from './gmm.ts';
import { BLOCK_FRAMES, withMixture } from './kernels/mixture-kernel.ts';

/** How a mixture is trained. */
export interface GmmTraining {
  readonly components: number;
  /** k-means iterations that start it. @default 10 */
  readonly kmeansIterations?: number;
  /** Frames that k-means looks at, at most. @default 20,000 */
  readonly kmeansFrames?: number;
  /** EM iterations, at most. @default 12 */
  readonly emIterations?: number;
  /** EM ends when the mean log-likelihood rises by less than this share of itself. @default 0, never */
  readonly emTolerance?: number;
  /** Smallest variance, relative to the variance of all frames. @default 1e-3 */
  readonly varianceFloor?: number;
  /** Called after each EM iteration with the mean log-likelihood before it. */
  readonly onIteration?: (iteration: number, meanLogLikelihood: number) => void;
}

/**
 * Trains a mixture: k-means on a seeded subsample, then EM on all frames.
 * @param data row-major `[frames, dims]`
 * @throws RingtrueError `training/diverged` if the likelihood is not finite
 */
export function trainGmm(data: Float32Array, dims: number, training: GmmTraining, rng: Rng): Gmm {
  const { emIterations = 12, emTolerance = 0, varianceFloor = 1e-3, onIteration } = training;
  const frames = data.length / dims;
  const spread = columnVariances(data, dims);
  const floor = spread.map((variance) => Math.max(1e-8, variance * varianceFloor));
  let gmm = startFromKmeans(data, dims, training, floor, rng);
  let before = Number.NEGATIVE_INFINITY;
  for (let iteration = 0; iteration < emIterations; iteration += 1) {
    const sums = accumulate(prepareGmm(gmm), data);
    if (!Number.isFinite(sums.total)) {
      throw new RingtrueError(
        'training/diverged',
        `the likelihood of ${frames} frames is ${sums.total} after ${iteration} EM iterations`,
      );
    }
    const likelihood = sums.total / frames;
    onIteration?.(iteration, likelihood);
    if (emTolerance > 0 && likelihood - before < emTolerance * Math.abs(likelihood)) break;
    before = likelihood;
    gmm = maximise(gmm, sums, floor);
  }
  return gmm;
}

/** What the E-step sums over frames: n_k, Σ γ x, Σ γ x², and the log-likelihood. */
interface Sums {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly total: number;
}

function accumulate(scorer: GmmScorer, data: Float32Array): Sums {
  const { components, dims } = scorer;
  const frames = data.length / dims;
  const counts = new Float64Array(components);
  let total = 0;
  return withMixture(scorer, ({ width, logDensities, addShares, readSums }) => {
    for (let from = 0; from < frames; from += BLOCK_FRAMES) {
      const count = Math.min(BLOCK_FRAMES, frames - from);
      const block = logDensities(data, from, count);
      for (let start = 0; start < block.length; start += width) {
        const sum = logSum(block, start, components);
        total += sum;
        for (let k = 0; k < width; k += 1) {
          const log = block[start + k]! - sum;
          // Far below the least share: no need to know how far.
          const share = log < -19 ? 0 : Math.exp(log);
          const kept = share < 1e-8 ? 0 : share;
          block[start + k] = kept;
          if (k < components) counts[k]! += kept;
        }
      }
      addShares();
    }
    return { counts, ...readSums(), total };
  });
}

/**
 * A mixture whose means are moved towards data: α_k = n_k / (n_k + r), μ̂_k = α_k E_k[x] + (1 − α_k) μ_k (Reynolds,
 * Quatieri and Dunn 2000, eqs. 11–14); weights and variances stay. Components without frames stay where they are.
 * @param data row-major `[frames, dims]`
 * @param relevance r ≥ 0: frames that weigh as much as the mixture that is adapted
 */
export function adaptMeans(ubm: Gmm, data: Float32Array, relevance: number): Gmm {
  const { components, dims } = ubm;
  const { counts, sums } = accumulate(prepareGmm(ubm), data);
  const means = Float64Array.from(ubm.means);
  for (let k = 0; k < components; k += 1) {
    const count = counts[k]!;
    if (count === 0) continue;
    // n/(n + r) · f/n, without the division by a small n.
    for (let d = 0; d < dims; d += 1) {
      const at = k * dims + d;
      means[at] = (sums[at]! + relevance * means[at]!) / (count + relevance);
    }
  }
  return { ...ubm, means };
}

function maximise(old: Gmm, { counts, sums, squares }: Sums, floor: Float64Array): Gmm {
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
  { components, kmeansIterations = 10, kmeansFrames = 20_000 }: GmmTraining,
  floor: Float64Array,
  rng: Rng,
): Gmm {
  const frames = data.length / dims;
  const sample = Array.from({ length: Math.min(frames, kmeansFrames) }, () => rng.int(frames));
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
