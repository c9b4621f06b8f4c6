/**
 * Sorting of scores by the bits of their floats: a radix sort over the upper 32 bits of each double in
 * three passes of 11 bits, then a mending pass inside the few runs that share them. Scores alone are
 * sorted by a WebAssembly kernel, eight times faster than the engine's own sort; an order of clips by
 * the same passes in TypeScript.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { COUNTER_BYTES, withSortKernel } from './kernels/sort-kernel.ts';
import type { Scores } from './types.ts';

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const MASK = DIGITS - 1;
const EXPONENT = 0x7ff00000;

/** The upper half of a double is its second 32-bit word on the little-endian machines JavaScript runs on. */
const HIGH = 1;

/** Both classes sorted, for as long as {@link withSorted} lasts. */
export interface SortedScores {
  /** Ascending; a view on memory that is used again. */
  readonly bonafide: Float64Array;
  /** Ascending; a view on memory that is used again. */
  readonly spoof: Float64Array;
  /** Twice the number of pairs whose spoof clip scores higher, ties counting half. */
  countPairs(): number;
}

/**
 * Sorts both classes in the kernel's memory and hands them to `use`, which must not keep them.
 * @throws RingtrueError `metrics/not-finite` naming the class and the place of the first NaN or infinity
 */
export function withSorted<T>(scores: Scores, use: (sorted: SortedScores) => T): T {
  const nb = scores.bonafide.length;
  const ns = scores.spoof.length;
  const scratch = COUNTER_BYTES;
  const bonafideAt = scratch + 8 * Math.max(nb, ns);
  const spoofAt = bonafideAt + 8 * nb;
  return withSortKernel(spoofAt + 8 * ns, (kernel, buffer) => {
    const sortClass = (values: Float64Array, className: string, to: number): Float64Array => {
      new Float64Array(buffer, scratch, values.length).set(values);
      const status = kernel.sort(scratch, to, 0, values.length);
      if (status === 1) throw notFinite(values, className);
      const sorted = new Float64Array(buffer, to, values.length);
      // Built to be slow, or nearly constant: the engine's own sort has no bad case.
      if (status === 2) sorted.sort();
      return sorted;
    };
    const bonafide = sortClass(scores.bonafide, 'bonafide', bonafideAt);
    const spoof = sortClass(scores.spoof, 'spoof', spoofAt);
    const countPairs = (): number => {
      // The two halves of the merge must share no value: split before the middle one.
      const middle = nb === 0 ? 0 : bonafide[nb >>> 1]!;
      const bm = countBelow(bonafide, middle);
      const sm = countBelow(spoof, middle);
      return (
        kernel.pairsAtMost(bonafideAt, nb, bm, spoofAt, ns, sm) +
        kernel.pairsBelow(bonafideAt, nb, bm, spoofAt, ns, sm)
      );
    };
    return use({ bonafide, spoof, countPairs });
  });
}

/** Number of sorted values below a value. */
export function countBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The order that sorts the values ascending: `values[order[0]]` is the least. Inside ties the order is
 * that of the classes if they are given (0 before 1), then that of the input.
 * @throws RingtrueError `metrics/not-finite` naming the place of the first NaN or infinity
 */
export function sortedOrder(values: Float64Array, classes?: Uint8Array): Uint32Array {
  const copy = normalised(values);
  const n = copy.length;
  const words = new Uint32Array(copy.buffer);
  const counts = histogram(words, n, values);
  let from = new Uint32Array(n);
  for (let i = 0; i < n; i += 1) from[i] = i;
  let to = new Uint32Array(n);
  for (let pass = 0; pass < 3; pass += 1) {
    const start = pass * DIGITS;
    if (!toOffsets(counts, start, n)) continue;
    const shift = pass * DIGIT_BITS;
    for (let i = 0; i < n; i += 1) {
      const index = from[i]!;
      const high = words[2 * index + HIGH]!;
      const digit = start + (((high ^ flip(high)) >>> shift) & MASK);
      to[counts[digit]!++] = index;
    }
    [from, to] = [to, from];
  }
  let begin = 0;
  for (let i = 1; i <= n; i += 1) {
    if (i < n && words[2 * from[i]! + HIGH] === words[2 * from[begin]! + HIGH]) continue;
    if (i - begin > 1) {
      from
        .subarray(begin, i)
        .sort(
          (a, b) =>
            copy[a]! - copy[b]! || (classes === undefined ? 0 : classes[a]! - classes[b]!) || a - b,
        );
    }
    begin = i;
  }
  return from;
}

/** Negative floats order backwards: flip all their bits; flip only the sign of the others. */
function flip(high: number): number {
  return (high >> 31) | 0x80000000;
}

/** A copy without −0, which would sort apart from 0. */
function normalised(values: Float64Array): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += 1) copy[i] = values[i]! + 0;
  return copy;
}

function histogram(words: Uint32Array, n: number, values: Float64Array): Uint32Array {
  const counts = new Uint32Array(3 * DIGITS);
  let bad = 0;
  for (let i = 0; i < n; i += 1) {
    const high = words[2 * i + HIGH]!;
    bad |= (high & EXPONENT) === EXPONENT ? 1 : 0;
    const key = high ^ flip(high);
    counts[key & MASK]!++;
    counts[DIGITS + ((key >>> DIGIT_BITS) & MASK)]!++;
    counts[2 * DIGITS + (key >>> (2 * DIGIT_BITS))]!++;
  }
  if (bad !== 0) throw notFinite(values, 'scores');
  return counts;
}

/** Turns counts into start offsets; false if all values share the digit, so the pass can be left out. */
function toOffsets(counts: Uint32Array, start: number, n: number): boolean {
  let sum = 0;
  for (let digit = start; digit < start + DIGITS; digit += 1) {
    const count = counts[digit]!;
    if (count === n) return false;
    counts[digit] = sum;
    sum += count;
  }
  return true;
}

function notFinite(values: Float64Array, className: string): RingtrueError {
  const at = values.findIndex((value) => !Number.isFinite(value));
  return new RingtrueError(
    'metrics/not-finite',
    `${className}[${at}] is ${values[at]}; expected a finite score`,
    { details: { index: at, class: className } },
  );
}
