/**
 * Noise from a random stream.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import { withKernel } from './kernels/dsp-kernel.ts';

/** Words of state of the four generators. */
const STATE_WORDS = 16;
/** Samples that are made in one call of the kernel. */
const CHUNK = 1 << 20;

/**
 * Fills a plane with independent standard normals: Box and Muller on four xoshiro128+ streams that start
 * from 16 words of `rng`. No value is beyond 5.9.
 */
export function gaussianNoise(out: Float32Array, rng: Rng): Float32Array {
  for (let start = 0; start < out.length; start += CHUNK) {
    const count = Math.min(CHUNK, out.length - start);
    withKernel((scratch) => {
      const state = scratch.putWords(
        Uint32Array.from({ length: STATE_WORDS }, () => rng.uint32() | 1),
      );
      const plane = scratch.floats(count + 8);
      scratch.kernel.normals(state, plane, count);
      scratch.copy(plane, count, out, start);
    });
  }
  return out;
}
