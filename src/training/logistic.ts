/**
 * Logistic regression by iteratively reweighted least squares with an L2 penalty.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';

/** A fitted regression on standardised inputs. */
export interface LogisticFit {
  readonly weights: Float64Array;
  readonly bias: number;
}

/** How {@link fitLogistic} weighs. */
export interface LogisticOptions {
  /** λ of λ/2 |w|²; the bias is free. */
  readonly penalty: number;
  /**
   * π, the share of spoof that is expected: classes weigh π and 1 − π, and what is fitted is the log-likelihood
   * ratio, to which log π/(1 − π) comes (prior-weighted cross-entropy, Brümmer and de Villiers 2011). @default 0.5
   */
  readonly prior?: number;
}

/**
 * Fits log-likelihood ratio = bias + w · x; with the prior ½ that is the log-odds with each class weighted to one half.
 * @param rows standardised inputs `[n][dims]`
 * @param isSpoof class of each row
 * @throws RingtrueError `training/class-missing`, `training/diverged`
 */
export function fitLogistic(
  rows: readonly Float64Array[],
  isSpoof: readonly boolean[],
  { penalty, prior = 0.5 }: LogisticOptions,
): LogisticFit {
  const dims = rows[0]?.length ?? 0;
  const spoofs = isSpoof.filter(Boolean).length;
  if (spoofs === 0 || spoofs === rows.length) {
    throw new RingtrueError(
      'training/class-missing',
      `training has ${rows.length - spoofs} bonafide and ${spoofs} spoof clips`,
    );
  }
  const size = dims + 1;
  const priorOdds = Math.log(prior / (1 - prior));
  const beta = new Float64Array(size);
  for (let iteration = 0; iteration < 50; iteration += 1) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, () => new Float64Array(size));
    for (const [i, row] of rows.entries()) {
      let logit = beta[dims]! + priorOdds;
      for (let d = 0; d < dims; d += 1) logit += beta[d]! * row[d]!;
      const p = 1 / (1 + Math.exp(-logit));
      const weight = isSpoof[i] === true ? prior / spoofs : (1 - prior) / (rows.length - spoofs);
      const error = weight * (p - (isSpoof[i] === true ? 1 : 0));
      const curvature = weight * Math.max(p * (1 - p), 1e-6);
      for (let a = 0; a < size; a += 1) {
        const xa = a < dims ? row[a]! : 1;
        gradient[a]! += error * xa;
        for (let b = 0; b <= a; b += 1)
          hessian[a]![b]! += curvature * xa * (b < dims ? row[b]! : 1);
      }
    }
    for (let d = 0; d < dims; d += 1) {
      gradient[d]! += penalty * beta[d]!;
      hessian[d]![d]! += penalty;
    }
    hessian[dims]![dims]! += 1e-9;
    const step = solveSymmetric(hessian, gradient);
    let largest = 0;
    for (let a = 0; a < size; a += 1) {
      beta[a]! -= step[a]!;
      largest = Math.max(largest, Math.abs(step[a]!));
    }
    if (!beta.every(Number.isFinite))
      throw new RingtrueError('training/diverged', 'the logistic regression diverged');
    if (largest < 1e-9) break;
  }
  return { weights: beta.slice(0, dims), bias: beta[dims]! };
}

/** Solves A x = b by Cholesky; only the lower triangle of A is read. */
function solveSymmetric(a: readonly Float64Array[], b: Float64Array): Float64Array {
  const n = b.length;
  const lower = a.map((row) => Float64Array.from(row));
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = lower[i]![j]!;
      for (let k = 0; k < j; k += 1) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(Math.max(sum, 1e-15)) : sum / lower[j]![j]!;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= lower[i]![k]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= lower[k]![i]! * x[k]!;
    x[i]! /= lower[i]![i]!;
  }
  return x;
}
