/**
 * Robustness in one number: mean corruption error and its relative form, as in the benchmarks of common
 * corruptions (Hendrycks and Dietterich 2019; card metrics.md §11).
 * @module
 */

import { RingtrueError } from '../core/errors.ts';

/** Errors of one detector. */
export interface CorruptionErrors {
  /** Error on clean clips (EER, or 1 − accuracy), 0 to 1. */
  readonly clean: number;
  /** Errors at each level, by corruption. */
  readonly corrupted: Readonly<Record<string, readonly number[]>>;
}

/** A mean over corruptions with its parts. */
export interface MeanCorruptionError {
  /** Mean over the corruptions; 1 is as good as the reference. */
  readonly value: number;
  /** By name: errors over the levels, or their rise over clean, as a share of those of the reference. */
  readonly perCorruption: Readonly<Record<string, number>>;
}

/** Below this rise per level of the reference, relative errors explode. */
const LEAST_DEGRADATION = 0.005;

/**
 * mCE: the detector's summed error over levels divided by the reference's, averaged over corruptions.
 * Below 1 the detector is better than the reference.
 * @throws RingtrueError `core/invalid-options` if the two do not hold the same corruptions and levels,
 *   `metrics/base-flat` if the reference makes no error
 */
export function meanCorruptionError(
  detector: CorruptionErrors,
  reference: CorruptionErrors,
): MeanCorruptionError {
  return meanRatio(detector, reference, 'error');
}

/**
 * Relative mCE: the same of the rises over the clean error. Above 1 the detector degrades faster.
 * @throws RingtrueError `core/invalid-options` if the two do not hold the same corruptions and levels,
 *   `metrics/base-flat` if the reference rises by less than 0.005 per level
 */
export function relativeMeanCorruptionError(
  detector: CorruptionErrors,
  reference: CorruptionErrors,
): MeanCorruptionError {
  return meanRatio(detector, reference, 'rise');
}

function meanRatio(
  detector: CorruptionErrors,
  reference: CorruptionErrors,
  of: 'error' | 'rise',
): MeanCorruptionError {
  const names = Object.keys(reference.corrupted);
  const perCorruption: Record<string, number> = {};
  requireSameLevels(detector, reference);
  for (const name of names) {
    const total = (errors: CorruptionErrors): number =>
      errors.corrupted[name]!.reduce(
        (sum, error) => sum + error - (of === 'rise' ? errors.clean : 0),
        0,
      );
    const denominator = total(reference);
    const levels = reference.corrupted[name]!.length;
    const flat = of === 'rise' ? denominator < LEAST_DEGRADATION * levels : !(denominator > 0);
    if (flat) {
      throw new RingtrueError(
        'metrics/base-flat',
        of === 'rise'
          ? `under ${name} the reference’s error rises by ${(denominator / levels).toFixed(4)} per level; expected at least ${LEAST_DEGRADATION}`
          : `under ${name} the reference makes no error, so nothing can be divided by it`,
        { details: { corruption: name } },
      );
    }
    perCorruption[name] = total(detector) / denominator;
  }
  const value = names.reduce((sum, name) => sum + perCorruption[name]!, 0) / names.length;
  return { value, perCorruption };
}

function requireSameLevels(detector: CorruptionErrors, reference: CorruptionErrors): void {
  const describe = ({ corrupted }: CorruptionErrors): string =>
    Object.keys(corrupted)
      .sort()
      .map((name) => `${name} × ${corrupted[name]!.length}`)
      .join(', ');
  if (describe(detector) === describe(reference) && describe(detector) !== '') return;
  throw new RingtrueError(
    'core/invalid-options',
    `the detector has ${describe(detector) || 'no corruption'} and the reference ${describe(reference) || 'no corruption'}; expected the same corruptions and levels`,
  );
}
