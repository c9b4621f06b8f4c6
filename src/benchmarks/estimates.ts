/**
 * Figures that are put together of others with their intervals: a mean over seeds and test sets, a difference,
 * a rank correlation. Each carries its value on every resample, so that whatever is computed of it is computed
 * on every resample too.
 * @module
 */

import { toFigure } from '../metrics/bootstrap.ts';
import type { Figure } from '../metrics/types.ts';

/** A value, and the same computed on each resample. */
export interface Estimate {
  readonly value: number;
  /** In the order of the resamples; null where no interval can be had. */
  readonly replicates: Float64Array | null;
}

/** Computes a value of others, on all resamples; without resamples of any of them there are none. */
export function combine(
  estimates: readonly Estimate[],
  statistic: (values: readonly number[]) => number,
): Estimate {
  const value = statistic(estimates.map((estimate) => estimate.value));
  const drawn = estimates.flatMap(({ replicates }) => (replicates === null ? [] : [replicates]));
  const [first] = drawn;
  if (first === undefined || drawn.length < estimates.length) return { value, replicates: null };
  return {
    value,
    replicates: first.map((_, r) => statistic(drawn.map((replicates) => replicates[r]!))),
  };
}

/** Plain mean. */
export function meanOf(estimates: readonly Estimate[]): Estimate {
  return combine(estimates, mean);
}

/** First less second. */
export function differenceOf(first: Estimate, second: Estimate): Estimate {
  return combine([first, second], ([a, b]) => a! - b!);
}

/** Percentile interval of an estimate; resamples on which it has no value are left out. */
export function figureOf({ value, replicates }: Estimate, level: number): Figure {
  if (replicates === null) return { value, low: null, high: null };
  return toFigure(value, replicates.filter(Number.isFinite).sort(), level);
}

/** Mean of numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation with n − 1; null for fewer than two. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const middle = mean(values);
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1),
  );
}
