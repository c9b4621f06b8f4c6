/**
 * Quantiles of samples.
 * @module
 */

/** Quantile by linear interpolation between order statistics (numpy's default, Hyndman–Fan type 7). */
export function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
