/**
 * Losses of cosines with margins: one-class softmax, additive margin, additive angular margin. The weights
 * are parameters, one direction a class: {@link initMargin}.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { softplus } from '../../models/layers/activations.ts';
import { heUniform } from '../../models/layers/init.ts';
import { expectShape } from '../../models/layers/shapes.ts';
import { crossEntropy, oneHot } from './cross-entropy.ts';

/** A direction for each class, `[classes, channels]`; its length does not matter. */
export interface MarginParameters<A> {
  /** The directions. */
  readonly weight: A;
}

/** Fresh directions; one class is for {@link oneClassSoftmax}. */
export function initMargin(
  rng: Rng,
  { classes, channels }: { readonly classes: number; readonly channels: number },
): MarginParameters<HostArray> {
  return { weight: heUniform()(rng.split('weight'), [classes, channels]) };
}

/** Added to squared lengths, so that a zero vector has a direction with a derivative: 0. */
const LEAST_SQUARE = 1e-12;

/** Vectors of the last axis over their lengths. */
export function normalised(x: Traced): Traced {
  const squares = np.sum(x.mul(x), -1, { keepdims: true });
  return x.div(np.sqrt(squares.add(LEAST_SQUARE)));
}

/**
 * Cosines of embeddings and directions: the scores of a detector trained by these losses.
 * @param x `[batch, channels]`
 * @returns `[batch, classes]`
 */
export function cosines(p: MarginParameters<Traced>, x: Traced): Traced {
  expectShape('cosines: x', x, ['batch', p.weight.shape[1]!]);
  return lax.dot(normalised(x), normalised(p.weight), {
    lhsContractingDims: [1],
    rhsContractingDims: [1],
  });
}

/** Options of {@link oneClassSoftmax}. */
export interface OneClassOptions {
  /** Least cosine of bona fide clips. @default 0.9 */
  readonly realMargin?: number;
  /** Largest cosine of spoofs. @default 0.2 */
  readonly fakeMargin?: number;
  /** @default 20 */
  readonly scale?: number;
}

/**
 * Mean of log(1 + e^(α (m_y − c)(−1)^y)) with c the cosine to the one direction (Zhang, Jiang and Duan 2021,
 * arXiv 2010.13995, eq. 4): bona fide (0) above `realMargin`, spoof (1) below `fakeMargin`.
 * @param x `[batch, channels]`
 * @param labels int32 `[batch]`, 1 is spoof
 * @returns scalar
 */
export function oneClassSoftmax(
  p: MarginParameters<Traced>,
  x: Traced,
  labels: Traced,
  { realMargin = 0.9, fakeMargin = 0.2, scale = 20 }: OneClassOptions = {},
): Traced {
  expectShape('oneClassSoftmax: weight', p.weight, [1, 'channels']);
  expectShape('oneClassSoftmax: labels', labels, [x.shape[0]!]);
  const cosine = cosines(p, x).reshape([x.shape[0]!]);
  const miss = np.where(labels.equal(0), np.subtract(realMargin, cosine), cosine.sub(fakeMargin));
  return np.mean(softplus(miss.mul(scale)));
}

/** Options of {@link amSoftmax} and {@link aamSoftmax}. */
export interface MarginOptions {
  /** @default 30 */
  readonly scale?: number;
  /** Of the cosine, or in radians. @default 0.35 and 0.5 */
  readonly margin?: number;
}

/**
 * Cross-entropy of s (cos θ − m [class is the label]) (Wang et al. 2018, arXiv 1801.05599).
 * @param x `[batch, channels]`
 * @param labels int32 `[batch]`
 * @returns scalar
 */
export function amSoftmax(
  p: MarginParameters<Traced>,
  x: Traced,
  labels: Traced,
  { scale = 30, margin = 0.35 }: MarginOptions = {},
): Traced {
  const target = oneHot(labels, p.weight.shape[0]!);
  return crossEntropy(cosines(p, x).sub(target.mul(margin)).mul(scale), labels);
}

/** Options of {@link aamSoftmax}. */
export interface AngularMarginOptions extends MarginOptions {
  /**
   * What the label's logit is where θ + m is beyond its reach: true has no margin at angles over 90°, false has
   * cos θ − m sin m at angles over π − m, where cos(θ + m) would rise again. @default false
   */
  readonly easy?: boolean;
}

/**
 * Cross-entropy of s cos(θ + m [class is the label]) (Deng et al. 2019, arXiv 1801.07698, eq. 3).
 * @param x `[batch, channels]`
 * @param labels int32 `[batch]`
 * @returns scalar
 */
export function aamSoftmax(
  p: MarginParameters<Traced>,
  x: Traced,
  labels: Traced,
  { scale = 30, margin = 0.5, easy = false }: AngularMarginOptions = {},
): Traced {
  const cosine = cosines(p, x);
  // At θ = 0 the sine has no derivative: the least square keeps it finite.
  const sine = np.sqrt(np.maximum(np.subtract(1, cosine.mul(cosine)), LEAST_SQUARE));
  const moved = cosine.mul(Math.cos(margin)).sub(sine.mul(Math.sin(margin)));
  const own = easy
    ? np.where(cosine.greater(0), moved, cosine)
    : np.where(
        cosine.greater(Math.cos(Math.PI - margin)),
        moved,
        cosine.sub(margin * Math.sin(margin)),
      );
  const target = oneHot(labels, p.weight.shape[0]!);
  return crossEntropy(np.where(target.greater(0), own, cosine).mul(scale), labels);
}
