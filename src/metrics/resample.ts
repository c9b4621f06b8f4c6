/**
 * Resampling of clusters with replacement, the heart of every interval. What is drawn is how often each
 * cluster occurs, by counts that are exactly multinomial: independent Poisson(1) counts are so once
 * their sum is right, and the sum is put right by adding or taking away single draws.
 * @module
 */

import { createRng } from '../core/rng.ts';
import { requireBothClasses } from './ranking.ts';

/** Clips with the clusters they are resampled in. */
export interface Clusters {
  /** Cluster of each clip, numbered so that each stratum is one range. [clips] */
  readonly of: Uint32Array;
  /** Number of clusters. */
  readonly count: number;
  /**
   * Ranges of clusters [begin, end) that are resampled apart: clusters of bona fide clips only, of
   * spoof clips only, and of both. So every resample has both classes.
   */
  readonly strata: readonly (readonly [begin: number, end: number])[];
  /** False if a class has fewer than two clusters to draw from: no interval can be had. */
  readonly enough: boolean;
}

/**
 * Numbers clusters by stratum, then by name, so that the order of the rows changes nothing.
 * @param names cluster of each clip
 * @param spoof 1 for spoof clips, [clips]
 * @throws RingtrueError `metrics/class-missing`
 */
export function groupClusters(names: readonly string[], spoof: Uint8Array): Clusters {
  const kinds = new Map<string, number>();
  const n = { bonafide: 0, spoof: 0 };
  for (const [i, name] of names.entries()) {
    const kind = spoof[i] === 1 ? 2 : 1;
    if (kind === 2) n.spoof += 1;
    else n.bonafide += 1;
    kinds.set(name, (kinds.get(name) ?? 0) | kind);
  }
  requireBothClasses(n);
  const numbers = new Map<string, number>();
  const strata: [number, number][] = [];
  const sizes = { 1: 0, 2: 0, 3: 0 };
  const sorted = [...kinds.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (const kind of [1, 2, 3] as const) {
    const begin = numbers.size;
    for (const name of sorted) if (kinds.get(name) === kind) numbers.set(name, numbers.size);
    sizes[kind] = numbers.size - begin;
    if (sizes[kind] > 0) strata.push([begin, numbers.size]);
  }
  const varies = (pure: number): boolean => pure > 1 || sizes[3] > 1;
  return {
    of: Uint32Array.from(names, (name) => numbers.get(name)!),
    count: numbers.size,
    strata,
    enough: varies(sizes[1]) && varies(sizes[2]),
  };
}

/** Draws resamples one after another. */
export interface Resampler {
  /** Writes how often each cluster occurs in the next resample into `weights`, [clusters]. */
  next(weights: Uint8Array): void;
}

/** A stream of resamples. The same seed and numbers of clusters give the same draws for any scores. */
export function createResampler(strata: Clusters['strata'], seed: number | string): Resampler {
  const bits = new Xoshiro(seed);
  return {
    next(weights) {
      for (const [begin, end] of strata) drawMultinomial(weights.subarray(begin, end), bits);
    },
  };
}

/** Fills `counts` with the occurrences of each of n items in n draws with replacement. */
function drawMultinomial(counts: Uint8Array, bits: Xoshiro): void {
  const n = counts.length;
  let missing = n - bits.fillPoisson(counts);
  for (; missing > 0; missing -= 1) counts[bits.below(n)]! += 1;
  while (missing < 0) {
    const at = bits.below(n);
    // An item is hit in proportion to its count, so each of the draws is as likely to go.
    if (bits.below(MOST) >= counts[at]!) continue;
    counts[at]! -= 1;
    missing += 1;
  }
}

/** Above any Poisson(1) count that ever comes up: P(≥ 32) < 1e-35. */
const MOST = 32;
const ESCAPE = 255;

/** Count by 16 random bits; `ESCAPE` where the bits do not decide. */
const POISSON_TABLE = poissonTable();
const POISSON_CDF = poissonCdf();

function poissonCdf(): Float64Array {
  const cdf = new Float64Array(MOST);
  let term = Math.exp(-1);
  let sum = 0;
  for (let k = 0; k < MOST; k += 1) {
    sum += term;
    cdf[k] = sum;
    term /= k + 1;
  }
  return cdf;
}

function poissonTable(): Uint8Array {
  const cdf = poissonCdf();
  const table = new Uint8Array(65536);
  const countAt = (p: number): number => {
    const k = cdf.findIndex((value) => p < value);
    return k < 0 ? MOST - 1 : k;
  };
  for (let i = 0; i < 65536; i += 1) {
    const low = countAt(i / 65536);
    // A cell that a step of the distribution function falls into is left to finer bits.
    table[i] = low === countAt((i + 1) / 65536) ? low : ESCAPE;
  }
  return table;
}

/** xoshiro128** (Blackman and Vigna 2018), seeded from the counter-based generator. */
class Xoshiro {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number | string) {
    const rng = createRng(seed).split('metrics/bootstrap');
    this.#a = rng.uint32() | 0;
    this.#b = rng.uint32() | 0;
    this.#c = rng.uint32() | 0;
    this.#d = rng.uint32() | 1;
  }

  /** 32 random bits. */
  next(): number {
    const five = Math.imul(this.#b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor((this.next() * n) / 4294967296);
  }

  /** Fills with independent Poisson(1) counts and returns their sum. Two counts per 32 bits. */
  fillPoisson(counts: Uint8Array): number {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < counts.length; i += 1) {
      if ((i & 1) === 0) {
        const five = Math.imul(b, 5);
        bits = Math.imul((five << 7) | (five >>> 25), 9);
        const t = b << 9;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = (d << 11) | (d >>> 21);
      } else bits >>>= 16;
      let count = POISSON_TABLE[bits & 65535]!;
      if (count === ESCAPE) {
        this.#a = a;
        this.#b = b;
        this.#c = c;
        this.#d = d;
        count = this.#fine(bits & 65535);
        a = this.#a;
        b = this.#b;
        c = this.#c;
        d = this.#d;
      }
      counts[i] = count;
      sum += count;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    return sum;
  }

  /** The count whose step falls into the cell, by 32 further bits. */
  #fine(cell: number): number {
    const p = (cell + this.next() / 4294967296) / 65536;
    let k = 0;
    while (k < MOST - 1 && p >= POISSON_CDF[k]!) k += 1;
    return k;
  }
}
