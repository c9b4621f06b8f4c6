/**
 * Activations, element by element over any shape. Derivatives of the saturating ones are taken from their
 * outputs: exact, cheap, and finite where the plain formula meets 0 · ∞.
 * @module
 */

import { lax, nn, np, type Traced, withTangent } from '../../compiler/jax.ts';

/**
 * max(x, 0), derivative 1 where the result is above 0 and 0 elsewhere, as PyTorch has it at x = 0. The
 * derivative looks at the result alone, so that x need not be kept; an infinite gradient becomes NaN
 * where the derivative is 0.
 */
export function relu(x: Traced): Traced {
  const y = nn.relu(lax.stopGradient(x));
  return withTangent(x, y, (d) => d.mul(y.greater(0).astype(d.dtype)));
}

/** x where positive, slope · x elsewhere; at 0 the derivative is the slope's. */
export function leakyRelu(x: Traced, slope = 0.01): Traced {
  return np.where(x.greater(0), x, x.mul(slope));
}

/** 1 / (1 + e^−x), derivative y (1 − y). */
export function sigmoid(x: Traced): Traced {
  const y = nn.sigmoid(lax.stopGradient(x));
  return withTangent(x, y, (d) => d.mul(y.mul(np.subtract(1, y))));
}

/** Hyperbolic tangent, derivative 1 − y². */
export function tanh(x: Traced): Traced {
  const y = np.tanh(lax.stopGradient(x));
  return withTangent(x, y, (d) => d.mul(np.subtract(1, y.mul(y))));
}

/** x · sigmoid(x) (Elfwing et al. 2018, arXiv 1702.03118). */
export function silu(x: Traced): Traced {
  return x.mul(sigmoid(x));
}

/**
 * x · Φ(x) with the exact normal distribution function (Hendrycks and Gimpel 2016, arXiv 1606.08415),
 * derivative Φ(x) + x φ(x).
 */
export function gelu(x: Traced): Traced {
  const at = lax.stopGradient(x);
  const distribution = lax.erf(at.mul(Math.SQRT1_2)).mul(0.5).add(0.5);
  const density = np.exp(at.mul(at).mul(-0.5)).mul(1 / Math.sqrt(2 * Math.PI));
  return withTangent(x, at.mul(distribution), (d) => d.mul(distribution.add(at.mul(density))));
}

/** GELU by its tanh approximation, 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
export function geluTanh(x: Traced): Traced {
  const inner = x.mul(x.mul(x).mul(0.044715).add(1)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(0.5).mul(tanh(inner).add(1));
}

/** x where positive, alpha (e^x − 1) elsewhere (Clevert et al. 2016, arXiv 1511.07289). */
export function elu(x: Traced, alpha = 1): Traced {
  // The exponential sees nothing positive, so that its derivative is finite in the branch not taken.
  const below = np.exp(np.minimum(x, 0)).sub(1).mul(alpha);
  return np.where(x.greater(0), x, below);
}

/** λ · elu(x, α) with the constants of Klambauer et al. 2017 (arXiv 1706.02515). */
export function selu(x: Traced): Traced {
  return elu(x, 1.6732632423543772).mul(1.0507009873554805);
}

/** log(1 + e^x), safe for any x, derivative sigmoid(x). */
export function softplus(x: Traced): Traced {
  const fixed = lax.stopGradient(x);
  const y = np.maximum(fixed, 0).add(np.log(np.exp(np.abs(fixed).neg()).add(1)));
  return withTangent(x, y, (d) => d.mul(nn.sigmoid(fixed)));
}

/** log sigmoid(x) = −softplus(−x). */
export function logSigmoid(x: Traced): Traced {
  return softplus(x.neg()).neg();
}
