/**
 * Resampling of clusters with replacement, the heart of every interval. What is drawn is how often each
 * cluster occurs, by counts that are exactly multinomial: independent Poisson(1) counts are so once
 * their sum is right, and the sum is put right by adding or taking away single draws.
 * @module
 */

import { createRng, type Rng } from '../core/rng.ts';
import { requireBothClasses } from './ranking.ts';

/** Clusters by number. */
export interface ClusterRanges {
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

/** Clips with the clusters they are resampled in. */
export interface Clusters extends ClusterRanges {
  /** Cluster of each clip, numbered so that each stratum is one range. [clips] */
  readonly of: Uint32Array;
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
export function createResampler(strata: ClusterRanges['strata'], seed: number | string): Resampler {
  const rng = createRng(seed).split('metrics/bootstrap');
  const coarse = new Xoshiro(rng.split('coarse'));
  const fine = new Xoshiro(rng.split('fine'));
  const largest = Math.max(0, ...strata.map(([begin, end]) => end - begin));
  const words = new Uint32Array(Math.ceil(largest / 4));
  const counts = new Uint8Array(words.buffer);
  return {
    next(weights) {
      for (const [begin, end] of strata) {
        const n = end - begin;
        const used = words.subarray(0, Math.ceil(n / 4));
        drawMultinomial(used, counts.subarray(0, n), coarse, fine);
        weights.set(counts.subarray(0, n), begin);
      }
    },
  };
}

/** Fills `counts` (the bytes of `words`) with the occurrences of n items in n draws with replacement. */
function drawMultinomial(
  words: Uint32Array,
  counts: Uint8Array,
  coarse: Xoshiro,
  fine: Xoshiro,
): void {
  const n = counts.length;
  let missing = n - coarse.fillPoisson(words, fine);
  const last = words[words.length - 1]!;
  // The last word may reach beyond the items.
  for (let i = n; i < 4 * words.length; i += 1) missing += (last >>> (8 * (i & 3))) & 255;
  for (; missing > 0; missing -= 1) counts[fine.below(n)]! += 1;
  while (missing < 0) {
    const at = fine.below(n);
    // An item is hit in proportion to its count, so each of the draws is as likely to go.
    if (fine.below(MOST) >= counts[at]!) continue;
    counts[at]! -= 1;
    missing += 1;
  }
}

/** Above any Poisson(1) count that ever comes up: P(≥ 32) < 1e-35. */
const MOST = 32;
/** Marks a byte of random bits that does not decide the count; its top bit tells it from counts. */
const ESCAPE = 0x80;
const ANY_ESCAPE = 0x80808080;
/** Words whose counts can be added up in lanes of 16 bits: 2 · 31 each. */
const LANE_WORDS = 1024;

/** Probabilities of Poisson(1) counts. */
const POISSON = Float64Array.from({ length: MOST }, (_, k) => {
  let factorial = 1;
  for (let i = 2; i <= k; i += 1) factorial *= i;
  return Math.exp(-1) / factorial;
});
/** How many of the 256 bytes stand for each count. */
const WHOLE_CELLS = POISSON.map((p) => Math.floor(256 * p));
/** Count by 8 random bits, or `ESCAPE`: small enough to stay in the fastest cache. */
const POISSON_TABLE = poissonTable();
/** Running sum of what the whole cells leave of each probability: drawn from after an escape. */
const RESIDUAL = runningSum(POISSON.map((p, k) => 256 * p - WHOLE_CELLS[k]!));

function poissonTable(): Uint8Array {
  const table = new Uint8Array(256).fill(ESCAPE);
  let begin = 0;
  for (const [count, cells] of WHOLE_CELLS.entries()) {
    table.fill(count, begin, begin + cells);
    begin += cells;
  }
  return table;
}

function runningSum(values: Float64Array): Float64Array {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

/** xoshiro128** (Blackman and Vigna 2018), seeded from the counter-based generator. */
class Xoshiro {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(rng: Rng) {
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

  /**
   * Fills the bytes of words with independent Poisson(1) counts, one draw of 32 bits for four, and
   * returns their sum.
   * @param fine decides what 8 bits leave open
   */
  fillPoisson(words: Uint32Array, fine: Xoshiro): number {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    let sum = 0;
    for (let begin = 0; begin < words.length; begin += LANE_WORDS) {
      const end = Math.min(words.length, begin + LANE_WORDS);
      let lanes = 0;
      for (let i = begin; i < end; i += 1) {
        const five = Math.imul(b, 5);
        const bits = Math.imul((five << 7) | (five >>> 25), 9);
        const t = b << 9;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = (d << 11) | (d >>> 21);
        let counts =
          POISSON_TABLE[bits & 255]! |
          (POISSON_TABLE[(bits >>> 8) & 255]! << 8) |
          (POISSON_TABLE[(bits >>> 16) & 255]! << 16) |
          (POISSON_TABLE[bits >>> 24]! << 24);
        if ((counts & ANY_ESCAPE) !== 0) counts = decide(counts, fine);
        words[i] = counts;
        lanes = (lanes + (counts & 0x00ff00ff) + ((counts >>> 8) & 0x00ff00ff)) | 0;
      }
      sum += (lanes & 0xffff) + (lanes >>> 16);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    return sum;
  }
}

/** Replaces each escape by a count drawn from what the whole cells leave. */
function decide(counts: number, fine: Xoshiro): number {
  let decided = counts;
  for (let shift = 0; shift < 32; shift += 8) {
    if (((counts >>> shift) & ESCAPE) === 0) continue;
    const p = (fine.next() / 4294967296) * RESIDUAL[MOST - 1]!;
    let k = 0;
    while (p >= RESIDUAL[k]!) k += 1;
    decided = (decided & ~(255 << shift)) | (k << shift);
  }
  return decided;
}
