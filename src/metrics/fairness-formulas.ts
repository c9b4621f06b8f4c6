/**
 * Fairness figures of error rates by group, as closed forms (card 22 §5). A rate is that of one group at
 * one threshold for all: `fpr` is bona fide called spoof, `fnr` is spoof that passed. Papers on biometric
 * verification write FNMR where the harm is to the genuine (our fpr) and FMR for what slips in (our fnr).
 * @module
 */

/** Rates of the same groups at the same threshold, one entry a group. */
export interface GroupRates {
  /** Share of bona fide clips called spoof. */
  readonly fpr: readonly number[];
  /** Share of spoof clips called bona fide. */
  readonly fnr: readonly number[];
}

/** How much of a mixed figure is about bona fide called spoof. */
export interface Mix {
  /** Weight of fpr; fnr has the rest. @default 0.5 */
  readonly alpha?: number;
}

/** Largest value less the smallest; 0 is equal. Rises by chance with fewer clips and more groups: see `gapByChance`. */
export function maxGap(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}

/**
 * Standard deviation over groups.
 * @param of `population` divides by the number of groups, `sample` by one less
 */
export function groupDeviation(
  values: readonly number[],
  { of = 'population' }: { of?: 'population' | 'sample' } = {},
): number {
  const mean = meanOf(values);
  const sum = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return Math.sqrt(sum / (of === 'sample' ? values.length - 1 : values.length));
}

/**
 * Fairness discrepancy rate (de Freitas Pereira and Marcel 2021): 1 − [α·gap(fpr) + (1−α)·gap(fnr)].
 * 1 is fair, and also "equally bad for all": show it beside the error.
 */
export function fairnessDiscrepancyRate(
  { fpr, fnr }: GroupRates,
  { alpha = 0.5 }: Mix = {},
): number {
  return 1 - (alpha * maxGap(fpr) + (1 - alpha) * maxGap(fnr));
}

/**
 * Gini coefficient with the factor n/(n−1) for few groups: 0 is equal, 1 is all in one group. 0 where all
 * values are 0; NaN for a single group.
 */
export function giniCoefficient(values: readonly number[]): number {
  const n = values.length;
  const mean = meanOf(values);
  if (n < 2) return Number.NaN;
  if (mean === 0) return 0;
  let sum = 0;
  for (const a of values) for (const b of values) sum += Math.abs(a - b);
  return (n / (n - 1)) * (sum / (2 * n * n * mean));
}

/**
 * GARBE (Howard et al. 2022): α·Gini(fpr) + (1−α)·Gini(fnr); 0 is fair. Explodes where rates are near 0.
 */
export function garbe({ fpr, fnr }: GroupRates, { alpha = 0.5 }: Mix = {}): number {
  return alpha * giniCoefficient(fpr) + (1 - alpha) * giniCoefficient(fnr);
}

/** A share k of n that is never 0 or 1: (k + ½)/(n + 1). For ratios. */
export function smoothedRate(k: number, n: number): number {
  return (k + 0.5) / (n + 1);
}

/**
 * Skewed error ratio: the largest rate over the smallest; 1 is fair. Infinite where one group has no
 * errors: give it {@link smoothedRate}s.
 */
export function skewedErrorRatio(rates: readonly number[]): number {
  return Math.max(...rates) / Math.min(...rates);
}

/**
 * Inequity rate: ratio(fpr)^α · ratio(fnr)^(1−α); 1 is fair. Infinite or NaN where a group has no
 * errors: give it {@link smoothedRate}s.
 */
export function inequityRate({ fpr, fnr }: GroupRates, { alpha = 0.5 }: Mix = {}): number {
  return skewedErrorRatio(fpr) ** alpha * skewedErrorRatio(fnr) ** (1 - alpha);
}

/** Difference of equalised odds: the larger of the gaps of fpr and of 1 − fnr. */
export function equalisedOddsDifference({ fpr, fnr }: GroupRates): number {
  return Math.max(maxGap(fpr), maxGap(fnr));
}

/** Difference of average odds: the mean of the gaps of fpr and of 1 − fnr. */
export function averageOddsDifference({ fpr, fnr }: GroupRates): number {
  return (maxGap(fpr) + maxGap(fnr)) / 2;
}

/**
 * The smallest value over the largest: with selection rates (share of clips called spoof) the ratio of
 * demographic parity. 1 is equal; NaN where all are 0.
 */
export function parityRatio(values: readonly number[]): number {
  return Math.min(...values) / Math.max(...values);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
