/**
 * Noise from a random stream.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import { type Scratch, withKernel } from './kernels/dsp-kernel.ts';

/** Words of state of the four generators. */
const STATE_WORDS = 16;
/** Samples after which the generators start anew. */
const CHUNK = 1 << 20;

/**
 * Fills a plane with independent standard normals: Box and Muller on four xoshiro128+ streams that start
 * from 16 words of `rng`. No value is beyond 5.9.
 */
export function gaussianNoise(out: Float32Array, rng: Rng): Float32Array {
  return withKernel((scratch) => {
    scratch.copy(putNoise(scratch, out.length, rng), out.length, out, 0);
    return out;
  });
}

/** The n values of {@link gaussianNoise} in scratch memory: their address. */
export function putNoise(scratch: Scratch, n: number, rng: Rng): number {
  const plane = scratch.floats(n + 32);
  for (let start = 0; start < n; start += CHUNK) {
    const state = scratch.putWords(
      Uint32Array.from({ length: STATE_WORDS }, () => rng.uint32() | 1),
    );
    scratch.kernel.normals(state, plane + 4 * start, Math.min(CHUNK, n - start));
  }
  return plane;
}
