/**
 * Max-feature-map (Wu et al. 2018, arXiv 1511.02683).
 * @module
 */

import { np, type Traced } from '../../compiler/jax.ts';
import { shapeError } from './shapes.ts';

/**
 * Element-wise maximum of the two halves of an axis (MFM 2/1).
 * @param x `[batch, 2 channels, ...]`
 * @param axis the halved axis. @default 1
 * @returns `[batch, channels, ...]`
 */
export function maxFeatureMap(x: Traced, axis = 1): Traced {
  const size = x.shape.at(axis);
  if (size === undefined || size % 2 !== 0) {
    const expected = x.shape.map((dim, i) => (i === axis ? 'even' : dim));
    throw shapeError('maxFeatureMap: x', x.shape, expected);
  }
  const [first, second] = np.split(x, 2, axis);
  return np.maximum(first!, second!);
}
