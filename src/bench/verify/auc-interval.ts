/**
 * AUC of one feature with an interval and a p-value that hold for a handful of clips too.
 * @module
 */

import { probit, twoSidedP } from '../../metrics/normal.ts';

/** AUC of a feature on some clips, with its 95 % interval. */
export interface FeatureFigure {
  /** Above 0.5 the feature is larger for spoofs. */
  readonly auc: number;
  readonly low: number;
  readonly high: number;
  /** Clips. */
  readonly bonafide: number;
  readonly spoof: number;
  /** Two-sided, of the AUC being 0.5. */
  readonly p: number;
}

/** How many independent clips there are of each class. */
export interface EffectiveCounts {
  readonly bonafide: number;
  readonly spoof: number;
}

/**
 * Interval of an AUC by inverting its standard error at each candidate value (Newcombe, "Confidence
 * intervals for an effect size measure based on the Mann–Whitney statistic, part 2", Statistics in Medicine
 * 2006, method 5, on the variance of Hanley and McNeil 1982). It stays inside [0, 1], and has a width where
 * every spoof is above every bona fide clip.
 * @param n independent clips of each class
 */
export function aucInterval(
  auc: number,
  n: EffectiveCounts,
  level = 0.95,
): { readonly low: number; readonly high: number } {
  const z = probit(0.5 + level / 2);
  const beyond = (theta: number): boolean =>
    Math.abs(theta - auc) > z * Math.sqrt(hanleyMcNeil(theta, n));
  return { low: edge(auc, 0, beyond), high: edge(auc, 1, beyond) };
}

/** The candidate between the AUC and the end of the scale where `beyond` turns true; the end if it never does. */
function edge(auc: number, end: 0 | 1, beyond: (theta: number) => boolean): number {
  let inside = auc;
  let outside: number = end;
  // At the very end the variance is 0, so that nothing but the AUC itself is inside there.
  if (inside === outside) return end;
  for (let step = 0; step < 40; step += 1) {
    const middle = (inside + outside) / 2;
    if (beyond(middle)) outside = middle;
    else inside = middle;
  }
  return (inside + outside) / 2;
}

/** Variance of an AUC for equal class sizes of (m + n) / 2, as method 5 has it. */
function hanleyMcNeil(theta: number, { bonafide, spoof }: EffectiveCounts): number {
  const others = (bonafide + spoof) / 2 - 1;
  const spread = 1 + (others * (1 - theta)) / (2 - theta) + (others * theta) / (1 + theta);
  return (theta * (1 - theta) * spread) / (bonafide * spoof);
}

/** Two-sided p-value of the Mann–Whitney test, by its normal approximation without regard to ties. */
export function aucP(auc: number, { bonafide, spoof }: EffectiveCounts): number {
  const deviation = Math.sqrt((bonafide + spoof + 1) / (12 * bonafide * spoof));
  return twoSidedP((auc - 0.5) / deviation);
}
