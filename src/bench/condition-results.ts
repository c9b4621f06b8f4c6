/**
 * The figures of one detector under one condition.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import { evaluate, evaluateRatios } from '../metrics/evaluate.ts';
import { pairedDifference } from '../metrics/paired.ts';
import { scoreShift } from '../metrics/score-shift.ts';
import type { PlannedCondition, PlannedDetector } from './plan.ts';
import type { ConditionResult } from './summary.ts';
import type { Threshold } from './thresholds.ts';
import { countLabels, type ScoredTrial, type TrialTables } from './trial-tables.ts';

/** What {@link resultOf} takes besides trials. */
export interface ResultOptions {
  /** Id of the condition that differences are taken to; undefined if the study has none. */
  readonly clean: string | undefined;
  /** Of the detector, fixed before any of these clips was judged. */
  readonly threshold: Threshold;
  readonly interval: Interval;
}

/**
 * Figures, as far as the scores allow; `problem` says why there are none.
 */
export function resultOf(
  detector: PlannedDetector,
  condition: PlannedCondition,
  tables: TrialTables,
  { clean, threshold, interval }: ResultOptions,
): ConditionResult {
  const { scored, failed, refused } = tables(detector.name, condition.id);
  const reference = clean === undefined ? undefined : tables(detector.name, clean).scored;
  return {
    detector: detector.name,
    condition: condition.id,
    corruption: condition.corruption,
    level: condition.level,
    value: condition.value,
    unit: condition.unit,
    n: countLabels(scored),
    ...orProblem(() => figuresOf(detector, scored, { threshold, interval })),
    ...(reference === undefined || condition.id === clean
      ? {}
      : orNothing(() => ({
          eerMinusClean: differenceOf(scored, reference, interval),
          ...shiftOf(scored, reference, interval),
        }))),
    failed,
    refused,
  };
}

function figuresOf(
  detector: PlannedDetector,
  scored: readonly ScoredTrial[],
  { threshold, interval }: Pick<ResultOptions, 'threshold' | 'interval'>,
) {
  const { calibration } = detector.card;
  const fixed = threshold.from === 'none' ? undefined : threshold;
  const { metrics } = evaluate(scored, { ...interval, threshold: fixed?.value });
  const { fpr, fnr, balancedError } = metrics;
  // Costs and Cllr read a score as a likelihood ratio, which it is only once calibrated.
  const llrs =
    calibration === undefined
      ? undefined
      : evaluateRatios(
          scored.map((trial) => ({ ...trial, score: trial.row.llr ?? Number.NaN })),
          interval,
        );
  return {
    eer: metrics.eer,
    auc: metrics.auc,
    minDcf: metrics.minDcf,
    minCllr: metrics.minCllr,
    ...(llrs === undefined ? {} : { actDcf: llrs.actDcf, cllr: llrs.cllr }),
    ...(fixed && fpr && fnr && balancedError
      ? {
          atThreshold: {
            threshold: fixed.value,
            fixedOn: fixed.fixedOn,
            fpr,
            fnr,
            error: balancedError,
          },
        }
      : {}),
  };
}

function differenceOf(
  scored: readonly ScoredTrial[],
  clean: readonly ScoredTrial[],
  interval: Interval,
) {
  const { value, low, high, rule, p } = pairedDifference(scored, clean, {
    ...interval,
    unmatched: 'drop',
  });
  return { value, low, high, ...(rule === undefined ? {} : { rule }), p };
}

function shiftOf(
  scored: readonly ScoredTrial[],
  clean: readonly ScoredTrial[],
  interval: Interval,
) {
  const shift = scoreShift(scored, clean, { ...interval, unmatched: 'drop' });
  return shift === null ? {} : { scoreShift: shift };
}

/** A class may have failed throughout, or a saturated detector may give all clips one score. */
function orProblem<T extends object>(figures: () => T): T | { readonly problem: string } {
  try {
    return figures();
  } catch (error) {
    if (error instanceof RingtrueError && error.code.startsWith('metrics/')) {
      return { problem: `${error.code}: ${error.message}` };
    }
    throw error;
  }
}

function orNothing<T extends object>(figures: () => T): T | Record<string, never> {
  const found = orProblem(figures);
  return 'problem' in found ? {} : found;
}
