/**
 * What a gap between groups means when there is none: the largest of several rates less the smallest is
 * never below 0, so it must be read against the gap that chance alone gives (card 22 §5).
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { probit } from './normal.ts';

/** The largest gap between groups that do not differ. */
export interface ChanceGap {
  /** Mean of the gap. */
  readonly mean: number;
  /** Quantile `level` of the gap: what lies above it is rare by chance. */
  readonly high: number;
}

/**
 * Largest gap of an error rate between groups that all have the same one, exactly, for independent clips.
 * For clips that share speakers, take the band of a permutation test.
 * @param rate error rate of every group
 * @param sizes clips per group
 * @param level quantile of `high`
 * @throws RingtrueError `core/invalid-options`
 */
export function gapByChance({
  rate,
  sizes,
  level = 0.95,
}: {
  readonly rate: number;
  readonly sizes: readonly number[];
  readonly level?: number;
}): ChanceGap {
  if (!(rate >= 0 && rate <= 1) || sizes.length < 2 || sizes.some((n) => !(n >= 1))) {
    throw new RingtrueError(
      'core/invalid-options',
      `rate ${rate}, sizes ${sizes.join(', ')}: expected a rate between 0 and 1 and at least two groups of at least one clip`,
    );
  }
  const cdfs = sizes.map((n) => binomialCdf(n, rate));
  const values = [...new Set(sizes.flatMap((n) => Array.from({ length: n + 1 }, (_, k) => k / n)))];
  values.sort((a, b) => a - b);
  // P(rate of group i ≤ x); the small sum takes up the rounding of k/n.
  const below = (i: number, x: number): number => {
    const k = Math.floor(x * sizes[i]! + 1e-9);
    return k < 0 ? 0 : cdfs[i]![Math.min(k, sizes[i]!)]!;
  };
  const groups = sizes.map((_, i) => i);
  const product = (of: (i: number) => number): number => groups.reduce((p, i) => p * of(i), 1);
  let mean = 0;
  for (let v = 0; v + 1 < values.length; v += 1) {
    const x = values[v]!;
    // E[max] = ∫ 1 − P(all ≤ x), E[min] = ∫ P(all > x).
    mean +=
      (values[v + 1]! - x) * (1 - product((i) => below(i, x)) - product((i) => 1 - below(i, x)));
  }
  /** P(gap ≤ width): the smallest is values[v] and none lies above values[v] + width. */
  const atMost = (width: number): number => {
    let sum = 0;
    for (const [v, x] of values.entries()) {
      const under = v === 0 ? -1 : values[v - 1]!;
      const top = x + width;
      sum +=
        product((i) => below(i, top) - below(i, under)) -
        product((i) => below(i, top) - below(i, x));
    }
    return sum;
  };
  let low = -1e-9;
  let high = 1;
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(middle) >= level) high = middle;
    else low = middle;
  }
  return { mean, high };
}

function binomialCdf(n: number, p: number): Float64Array {
  const out = new Float64Array(n + 1);
  if (p === 0 || p === 1) return out.fill(1, p === 0 ? 0 : n);
  let logTerm = n * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= n; k += 1) {
    sum += Math.exp(logTerm);
    out[k] = Math.min(1, sum);
    logTerm += Math.log((n - k) / (k + 1)) + Math.log(p / (1 - p));
  }
  return out;
}

/**
 * Clips of a class that a group needs for an interval of ± `margin` around an error rate: z²·p(1−p)/margin².
 * @param designEffect how many times more clips are needed because they share speakers: 1 + (clips per
 *   speaker − 1) · (correlation of errors within a speaker). @default 1
 * @throws RingtrueError `core/invalid-options`
 */
export function clipsForMargin({
  rate,
  margin,
  level = 0.95,
  designEffect = 1,
}: {
  readonly rate: number;
  readonly margin: number;
  readonly level?: number;
  readonly designEffect?: number;
}): number {
  const ok = rate > 0 && rate < 1 && margin > 0 && level > 0 && level < 1 && designEffect >= 1;
  if (!ok) {
    throw new RingtrueError(
      'core/invalid-options',
      `rate ${rate}, margin ${margin}, level ${level}, designEffect ${designEffect}: expected shares between 0 and 1 and an effect of at least 1`,
    );
  }
  const z = probit(0.5 + level / 2);
  return Math.ceil((designEffect * z * z * rate * (1 - rate)) / (margin * margin));
}
