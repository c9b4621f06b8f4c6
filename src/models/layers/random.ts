/**
 * Random numbers inside traced functions: a counter and a key of 64 bits, mixed.
 *
 * Element i (row-major) of a draw under the key (k₀, k₁) is, in 32-bit arithmetic without sign,
 *
 *     h = i · 0x9e3779b9 + k₀;  h ^= (h >> 16) ^ k₁;  h *= 0x7feb352d;  h ^= h >> 15;  h *= 0x846ca68b
 *
 * of which the upper 24 bits are taken: two multiply–xorshift rounds (constants of Wellons's "lowbias32")
 * after both halves of the key, of which the second is no addition, so that draws under two keys are not
 * shifted copies of each other. Nine
 * operations an element against some ninety of Threefry; it is a mixer for masks, not cryptography. Tests
 * hold it to uniformity and to independence over elements and keys.
 * @module
 */

import { type HostArray, hostArray } from '../../compiler/arrays.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { expectShape } from './shapes.ts';

const GOLDEN = 0x9e3779b9;
const FIRST = 0x7feb352d;
const SECOND = 0x846ca68b;

/** A key for traced functions, uint32 `[2]`: give a training step the stream of its number. */
export function drawKey(rng: Rng): HostArray {
  return hostArray([2], Uint32Array.of(rng.uint32(), rng.uint32()));
}

/**
 * A key of its own for each label, so that no two layers draw the same numbers.
 * @param key uint32 `[2]`
 * @param label a non-negative integer; the caller numbers its layers
 */
export function splitKey(key: Traced, label: number): Traced {
  expectShape('splitKey: key', key, [2]);
  const [a, b] = np.split(key, 2);
  const own = np.array(Uint32Array.of(Math.imul(label + 1, GOLDEN) >>> 0), { dtype: np.uint32 });
  const first = folded(mixed(a!.add(own), b!));
  return np.concatenate([first, folded(mixed(b!.add(first), a!))]);
}

/**
 * Uniform float32 in [0, 1), multiples of 2⁻²⁴.
 * @param key uint32 `[2]`
 * @param shape fewer than 2³² elements
 */
export function uniformBits(key: Traced, shape: readonly number[]): Traced {
  expectShape('uniformBits: key', key, [2]);
  const [a, b] = np.split(key, 2);
  const ones = shape.map(() => 1);
  let counter = a!.reshape(ones);
  let stride = 1;
  // One small constant an axis, in place of a large one for all elements.
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis]!;
    const steps = Uint32Array.from({ length: size }, (_, i) => Math.imul(i * stride, GOLDEN) >>> 0);
    const along = np.array(steps, { dtype: np.uint32 });
    counter = counter.add(along.reshape(ones.map((_, i) => (i === axis ? size : 1))));
    stride *= size;
  }
  const bits = mixed(counter, b!.reshape(ones));
  return np
    .rightShift(bits, uint32(8))
    .astype(np.float32)
    .mul(2 ** -24);
}

/**
 * Standard normal float32 by Box and Muller, from two draws.
 * @param key uint32 `[2]`
 */
export function normalBits(key: Traced, shape: readonly number[]): Traced {
  const radius = np.sqrt(np.log(np.subtract(1, uniformBits(splitKey(key, 0), shape))).mul(-2));
  return radius.mul(np.cos(uniformBits(splitKey(key, 1), shape).mul(2 * Math.PI)));
}

function mixed(counter: Traced, key: Traced): Traced {
  let h = np.bitwiseXor(np.bitwiseXor(counter, key), np.rightShift(counter, uint32(16)));
  h = h.mul(uint32(FIRST));
  h = np.bitwiseXor(h, np.rightShift(h, uint32(15)));
  return h.mul(uint32(SECOND));
}

/** The lower bits of a product are weak: a key needs all of them. */
function folded(h: Traced): Traced {
  return np.bitwiseXor(h, np.rightShift(h, uint32(16)));
}

function uint32(value: number): Traced {
  return np.array(Uint32Array.of(value), { dtype: np.uint32 }).reshape([]);
}
