/**
 * Damage done to files, from a seed.
 * @module
 */

import type { Rng } from '../../src/core/rng.ts';

/**
 * A damaged copy: one to eight bytes changed, a cut, a stretch taken out, put in, or written over with
 * bytes that sizes and counts are made of.
 */
export function damage(bytes: Uint8Array, rng: Rng): Uint8Array {
  const at = rng.int(bytes.length);
  switch (rng.int(5)) {
    case 0: {
      const out = Uint8Array.from(bytes);
      for (let i = rng.int(8); i >= 0; i -= 1) out[rng.int(out.length)] = rng.int(256);
      return out;
    }
    case 1:
      return bytes.slice(0, at);
    case 2:
      return join(bytes.subarray(0, at), bytes.subarray(at + 1 + rng.int(64)));
    case 3:
      return join(bytes.subarray(0, at), noise(1 + rng.int(64), rng), bytes.subarray(at));
    default: {
      const out = Uint8Array.from(bytes);
      // Most of what a header decides lies in its first bytes.
      const early = rng.int(Math.min(out.length, 128));
      out.fill([0, 1, 0x7f, 0x80, 0xff][rng.int(5)]!, early, early + 1 + rng.int(8));
      return out;
    }
  }
}

/** Bytes without sense. */
export function noise(length: number, rng: Rng): Uint8Array {
  return Uint8Array.from({ length }, () => rng.int(256));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
