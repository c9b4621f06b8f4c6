/**
 * Counter-based, splittable random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011). A stream is a key; splitting hashes a label into a new key, so what
 * one part draws never shifts what another part draws, in any order and on any machine.
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { portableLog } from './portable-math.ts';

/** A stream of random numbers. Same key, same numbers, everywhere. */
export interface Rng {
  /** Names the stream: {@link rngOfKey} begins it anew, on another thread too. */
  readonly key: string;
  /** A stream of its own for each label; does not advance this one. */
  split(label: string | number): Rng;
  /** Next 32 random bits, as an unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

/** A stream for a seed; everything else is split off it by label. */
export function createRng(seed: number | string): Rng {
  const digest = sha256(utf8ToBytes(`ringtrue/rng:${seed}`));
  return new Philox(readKey(digest));
}

/** The stream of a key, from its beginning. */
export function rngOfKey(key: string): Rng {
  const [low, high] = key.split(':').map(Number);
  if (!Number.isInteger(low) || !Number.isInteger(high))
    throw new RangeError(`internal: ${key} is no key of a stream`);
  return new Philox([low!, high!]);
}

type Key = readonly [number, number];

function readKey(digest: Uint8Array): Key {
  const view = new DataView(digest.buffer, digest.byteOffset);
  return [view.getUint32(0, true), view.getUint32(4, true)];
}

class Philox implements Rng {
  readonly #key: Key;
  readonly #block = new Uint32Array(4);
  #counter = 0;
  #left = 0;
  #spareNormal: number | undefined;

  constructor(key: Key) {
    this.#key = key;
  }

  get key(): string {
    return `${this.#key[0]}:${this.#key[1]}`;
  }

  split(label: string | number): Rng {
    const bytes = utf8ToBytes(`${this.key}/${typeof label}:${label}`);
    return new Philox(readKey(sha256(bytes)));
  }

  uint32(): number {
    if (this.#left === 0) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter += 1;
      this.#left = 4;
    }
    const value = this.#block[4 - this.#left]!;
    this.#left -= 1;
    return value;
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  int(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    // Marsaglia's polar method.
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const factor = Math.sqrt((-2 * portableLog(s)) / s);
        this.#spareNormal = v * factor;
        return u * factor;
      }
    }
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('internal: pick from an empty list');
    return items[this.int(items.length)]!;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i -= 1) {
      const j = this.int(i + 1);
      const swap = out[i]!;
      out[i] = out[j]!;
      out[j] = swap;
    }
    return out;
  }
}

function philox4x32(counter: number, key: Key, out: Uint32Array): void {
  let c0 = counter >>> 0;
  let c1 = Math.floor(counter / 4294967296) >>> 0;
  let c2 = 0;
  let c3 = 0;
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < 10; round += 1) {
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c1 = low1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Upper 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0;
}
