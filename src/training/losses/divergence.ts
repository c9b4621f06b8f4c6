/**
 * Kullback–Leibler divergences and the Hilbert–Schmidt independence criterion.
 * @module
 */

import { nn, np, type Traced } from '../../compiler/jax.ts';
import { expectShape, settingError } from '../../models/layers/shapes.ts';

/**
 * KL(P ‖ Q) of softmax distributions: Σ over classes p (log p − log q), mean over the rest.
 * @param p logits of P, `[..., classes]`
 * @param q logits of Q, of the same shape
 * @returns scalar
 */
export function categoricalKl(p: Traced, q: Traced): Traced {
  expectShape('categoricalKl: q', q, p.shape);
  const logP = nn.logSoftmax(p, -1);
  const logQ = nn.logSoftmax(q, -1);
  return np.mean(np.sum(np.exp(logP).mul(logP.sub(logQ)), -1));
}

/** A normal distribution with independent channels, each `[..., channels]`. */
export interface Gaussian {
  /** Mean of each channel. */
  readonly mean: Traced;
  /** Natural logarithm of the variance of each channel. */
  readonly logVariance: Traced;
}

/**
 * KL(P ‖ Q) of normal distributions with independent channels: Σ over channels
 * ½ (log σ_q² − log σ_p² + (σ_p² + (μ_p − μ_q)²) / σ_q² − 1), mean over the rest. Without Q, against the
 * standard normal: the second term of a VAE's bound (Kingma and Welling 2014, arXiv 1312.6114, appendix B).
 * @returns scalar
 */
export function gaussianKl(p: Gaussian, q?: Gaussian): Traced {
  expectShape('gaussianKl: logVariance', p.logVariance, p.mean.shape);
  if (q === undefined) {
    const { mean, logVariance } = p;
    const terms = np.exp(logVariance).add(np.square(mean)).sub(1).sub(logVariance);
    return np.mean(np.sum(terms, -1)).mul(0.5);
  }
  expectShape('gaussianKl: mean of Q', q.mean, p.mean.shape);
  expectShape('gaussianKl: logVariance of Q', q.logVariance, p.mean.shape);
  const logRatio = p.logVariance.sub(q.logVariance);
  const moved = np.square(p.mean.sub(q.mean)).mul(np.exp(q.logVariance.neg()));
  const terms = np.exp(logRatio).add(moved).sub(1).sub(logRatio);
  return np.mean(np.sum(terms, -1)).mul(0.5);
}

/** Options of {@link hsic}. */
export interface HsicOptions {
  /** σ of the kernel e^(−|a − b|² / 2σ²) of x. @default the root of the channels */
  readonly widthX?: number;
  /** σ of the kernel of y. @default the root of the channels */
  readonly widthY?: number;
  /** True is the estimator of Song et al. 2012 (needs 4 examples), which may be negative. @default false */
  readonly unbiased?: boolean;
}

/**
 * Hilbert–Schmidt independence criterion of two embeddings, 0 where they are independent. Biased: tr(K H L H) /
 * (n − 1)² (Gretton et al. 2005, eq. 9). Unbiased: [tr(K̃ L̃) + 1ᵀK̃1 1ᵀL̃1 / ((n − 1)(n − 2)) − 2 1ᵀK̃L̃1 /
 * (n − 2)] / (n (n − 3)), K̃ and L̃ without diagonal (Song et al. 2012, eq. 4).
 * @param x `[batch, channels]`
 * @param y `[batch, other channels]`
 * @returns scalar
 */
export function hsic(x: Traced, y: Traced, options: HsicOptions = {}): Traced {
  expectShape('hsic: x', x, ['batch', 'channels']);
  expectShape('hsic: y', y, [x.shape[0]!, 'channels']);
  const n = x.shape[0]!;
  const { widthX = Math.sqrt(x.shape[1]!), widthY = Math.sqrt(y.shape[1]!) } = options;
  const least = options.unbiased === true ? 4 : 2;
  if (n < least) throw settingError('hsic', `${n} examples, expected at least ${least}`);
  const k = kernel(x, widthX);
  const l = kernel(y, widthY);
  if (options.unbiased === true) {
    const off = Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 0 : 1));
    const mask = np.array(off).reshape([n, n]);
    const [a, b] = [k.mul(mask), l.mul(mask)];
    const whole = np
      .sum(a)
      .mul(np.sum(b))
      .mul(1 / ((n - 1) * (n - 2)));
    const rows = np.sum(np.sum(a, 0).mul(np.sum(b, 1))).mul(2 / (n - 2));
    return np
      .sum(a.mul(b))
      .add(whole)
      .sub(rows)
      .mul(1 / (n * (n - 3)));
  }
  // tr(K H L H) = Σ (H K H) ∘ L, as both are symmetric.
  const centred = k
    .sub(np.mean(k, 0, { keepdims: true }))
    .sub(np.mean(k, 1, { keepdims: true }))
    .add(np.mean(k));
  return np.sum(centred.mul(l)).mul(1 / (n - 1) ** 2);
}

/** e^(−|a − b|² / 2σ²) of all rows, `[n, n]`. */
function kernel(x: Traced, width: number): Traced {
  const [n, channels] = x.shape;
  const difference = x.reshape([n!, 1, channels!]).sub(x);
  const squares = np.sum(difference.mul(difference), -1);
  return np.exp(squares.mul(-1 / (2 * width * width)));
}
