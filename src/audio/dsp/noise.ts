/**
 * Noise from a random stream.
 * @module
 */

import type { Rng } from '../../core/rng.ts';

/** Fills a plane with independent standard normals. */
export function gaussianNoise(out: Float32Array, rng: Rng): Float32Array {
  for (let i = 0; i < out.length; i += 1) out[i] = rng.normal();
  return out;
}
