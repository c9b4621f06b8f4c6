/**
 * Losses of regression, each the mean over all elements.
 * @module
 */

import { np, type Traced } from '../../compiler/jax.ts';
import { expectShape, settingError } from '../../models/layers/shapes.ts';

/**
 * Mean of (x − target)².
 * @param x any shape
 * @param target of the same shape
 * @returns scalar
 */
export function meanSquaredError(x: Traced, target: Traced): Traced {
  return np.mean(np.square(difference('meanSquaredError', x, target)));
}

/** Mean of |x − target|: shapes as in {@link meanSquaredError}. */
export function meanAbsoluteError(x: Traced, target: Traced): Traced {
  return np.mean(np.abs(difference('meanAbsoluteError', x, target)));
}

/**
 * Mean of d² / 2β where |d| < β, |d| − β / 2 elsewhere (Girshick 2015, arXiv 1504.08083, eq. 3): shapes as in
 * {@link meanSquaredError}.
 */
export function smoothL1(
  x: Traced,
  target: Traced,
  { beta = 1 }: { readonly beta?: number } = {},
): Traced {
  if (!(beta > 0)) throw settingError('smoothL1', `beta ${beta}, expected it above 0`);
  const d = difference('smoothL1', x, target);
  const size = np.abs(d);
  return np.mean(np.where(size.less(beta), d.mul(d).mul(0.5 / beta), size.sub(beta / 2)));
}

/** Huber's loss (1964), δ times {@link smoothL1} of β = δ. */
export function huber(
  x: Traced,
  target: Traced,
  { delta = 1 }: { readonly delta?: number } = {},
): Traced {
  return smoothL1(x, target, { beta: delta }).mul(delta);
}

function difference(loss: string, x: Traced, target: Traced): Traced {
  expectShape(`${loss}: target`, target, x.shape);
  return x.sub(target);
}
