/**
 * Intervals and tests for shares of clips that are independent.
 * @module
 */

import { probit } from './normal.ts';
import type { Figure } from './types.ts';

/** A share k of n with Wilson's score interval (Wilson 1927); no interval for n = 0. */
export function wilsonInterval(
  k: number,
  n: number,
  { level = 0.95 }: { level?: number } = {},
): Figure {
  if (n === 0) return { value: Number.NaN, low: null, high: null, rule: 'wilson' };
  const z = probit(0.5 + level / 2);
  const share = k / n;
  const scale = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / scale;
  const reach = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / scale;
  return {
    value: share,
    // Exact at the ends, where rounding would leave a hair.
    low: k === 0 ? 0 : Math.max(0, centre - reach),
    high: k === n ? 1 : Math.min(1, centre + reach),
    rule: 'wilson',
  };
}

/**
 * Standard deviation of the mean of fpr and fnr at a fixed threshold (Bengio and Mariéthoz 2004), each
 * with its number of clips. Useless for a few dozen clips: prefer the bootstrap.
 */
export function halfTotalErrorDeviation(
  bonafide: { readonly rate: number; readonly n: number },
  spoof: { readonly rate: number; readonly n: number },
): number {
  const part = ({ rate, n }: { rate: number; n: number }): number => (rate * (1 - rate)) / (4 * n);
  return Math.sqrt(part(bonafide) + part(spoof));
}

/**
 * McNemar's exact test, two-sided: are the clips that only A decides rightly as many as those that
 * only B decides rightly?
 * @param onlyA clips that A decides rightly and B wrongly
 * @param onlyB clips that B decides rightly and A wrongly
 */
export function mcnemarExact(onlyA: number, onlyB: number): { readonly p: number } {
  const n = onlyA + onlyB;
  const least = Math.min(onlyA, onlyB);
  // ln C(n, k), summed up term by term: 2^-n underflows for large n.
  let logTerm = -n * Math.LN2;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= least; k += 1) {
    logTerm += Math.log((n - k + 1) / k);
    sum += Math.exp(logTerm);
  }
  return { p: Math.min(1, 2 * sum) };
}
