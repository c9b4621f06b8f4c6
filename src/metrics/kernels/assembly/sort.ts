/**
 * Sorting of doubles by their bits, and counting of ordered pairs, in AssemblyScript.
 * Built by scripts/build-kernels.mjs into ../sort.generated.ts.
 *
 * Memory is the caller's: arrays of doubles and, at `counts`, 2 · 3 · 2048 counters of 32 bits.
 */

const DIGITS: u32 = 2048;
const TABLE: usize = 2048 * 4;
const TABLES: usize = 3 * TABLE;
const EXPONENT: i32 = 0x7ff00000;

/** Negative floats order backwards: flip all bits of them, only the sign of the others. */
@inline
function key(high: i32): u32 {
  return <u32>(high ^ ((high >> 31) | 0x80000000));
}

@inline
function bump(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

@inline
function count(high: i32, counts: usize): void {
  const k = key(high);
  bump(counts + ((k & 2047) << 2));
  bump(counts + TABLE + (((k >>> 11) & 2047) << 2));
  bump(counts + 2 * TABLE + ((k >>> 22) << 2));
}

@inline
function isBad(high: i32): u32 {
  return <u32>((high & EXPONENT) == EXPONENT);
}

/**
 * Sorts n doubles at `from` into `to`; `from` is scratch afterwards.
 * Returns 0 if sorted, 1 if there is a NaN or an infinity, 2 if too many values share their upper
 * halves (then `to` holds them all, not wholly sorted).
 */
export function sort(from: usize, to: usize, counts: usize, n: u32): u32 {
  memory.fill(counts, 0, 2 * TABLES);
  let bad: u32 = 0;
  // Two sets of counters in turn: the top digit repeats, and a counter just written is slow to read.
  const even = from + (<usize>(n & ~1) << 3);
  let p = from;
  for (; p < even; p += 16) {
    const x = load<i32>(p, 4);
    const y = load<i32>(p, 12);
    bad |= isBad(x) | isBad(y);
    count(x, counts);
    count(y, counts + TABLES);
  }
  if ((n & 1) == 1) {
    const x = load<i32>(p, 4);
    bad |= isBad(x);
    count(x, counts);
  }
  if (bad != 0) return 1;
  for (let at = counts, end = counts + TABLES; at < end; at += 4) {
    store<u32>(at, load<u32>(at) + load<u32>(at + TABLES));
  }
  scatter(from, to, counts, n, 0);
  scatter(to, from, counts + TABLE, n, 11);
  scatter(from, to, counts + 2 * TABLE, n, 22);
  return mend(to, n);
}

function scatter(from: usize, to: usize, counts: usize, n: u32, shift: u32): void {
  let next = to;
  for (let digit: u32 = 0; digit < DIGITS; digit++) {
    const at = counts + (digit << 2);
    const size = load<u32>(at);
    store<u32>(at, <u32>next);
    next += <usize>size << 3;
  }
  for (let p = from, end = from + (<usize>n << 3); p < end; p += 8) {
    const value = load<f64>(p);
    const k = key(<i32>(reinterpret<i64>(value) >>> 32));
    const at = counts + (((k >>> shift) & 2047) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 8);
    store<f64>(place, value);
  }
}

/** Insertion sort of what shares its upper 32 bits; gives up after 32 moves a value. */
function mend(values: usize, n: u32): u32 {
  let budget: i64 = 32 * <i64>n;
  let last = n > 0 ? load<f64>(values) : 0;
  for (let p = values + 8, end = values + (<usize>n << 3); p < end; p += 8) {
    const value = load<f64>(p);
    if (last <= value) {
      last = value;
      continue;
    }
    let q = p;
    do {
      store<f64>(q, load<f64>(q - 8));
      q -= 8;
      budget--;
    } while (q > values && load<f64>(q - 8) > value);
    store<f64>(q, value);
    if (budget < 0) return 2;
  }
  return 0;
}

@inline
function comesFirst(strict: bool, b: f64, s: f64): u32 {
  return strict ? <u32>(b < s) : <u32>(b <= s);
}

@inline
function at(values: usize, i: u32): f64 {
  return load<f64>(values + (<usize>i << 3));
}

/**
 * Two merges at once, of the lower parts [0, bm) and [0, sm) and of the rest, without branches on the
 * values. No value may lie in both parts.
 */
@inline
function merge(strict: bool, b: usize, nb: u32, bm: u32, s: usize, ns: u32, sm: u32): f64 {
  let i: u32 = 0;
  let j: u32 = 0;
  let k = bm;
  let l = sm;
  let pairs: i64 = 0;
  while (i < bm && j < sm && k < nb && l < ns) {
    const low = comesFirst(strict, at(b, i), at(s, j));
    const high = comesFirst(strict, at(b, k), at(s, l));
    pairs += <i64>(i & (low - 1)) + <i64>(k & (high - 1));
    i += low;
    j += 1 - low;
    k += high;
    l += 1 - high;
  }
  while (i < bm && j < sm) {
    const low = comesFirst(strict, at(b, i), at(s, j));
    pairs += <i64>(i & (low - 1));
    i += low;
    j += 1 - low;
  }
  pairs += <i64>(sm - j) * <i64>bm;
  while (k < nb && l < ns) {
    const high = comesFirst(strict, at(b, k), at(s, l));
    pairs += <i64>(k & (high - 1));
    k += high;
    l += 1 - high;
  }
  pairs += <i64>(ns - l) * <i64>nb;
  return <f64>pairs;
}

/** Pairs with b ≤ s of two sorted arrays, split as {@link merge} says. */
export function pairsAtMost(b: usize, nb: u32, bm: u32, s: usize, ns: u32, sm: u32): f64 {
  return merge(false, b, nb, bm, s, ns, sm);
}

/** Pairs with b < s of two sorted arrays, split as {@link merge} says. */
export function pairsBelow(b: usize, nb: u32, bm: u32, s: usize, ns: u32, sm: u32): f64 {
  return merge(true, b, nb, bm, s, ns, sm);
}
