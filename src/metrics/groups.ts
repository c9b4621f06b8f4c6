/**
 * The same metrics by group (attack, language, condition) beside the pooled ones.
 * @module
 */

import type { ErrorCode } from '../core/errors.ts';
import { RingtrueError } from '../core/errors.ts';
import { type EvaluateOptions, type Evaluation, evaluate, type ScoredClip } from './evaluate.ts';
import type { Counts } from './types.ts';

/**
 * One `group` with its clips of each class, `n`, and its figures (`evaluation`), or the `code` and the `reason` why it
 * has none.
 */
export type GroupEvaluation =
  | { readonly group: string; readonly n: Counts; readonly evaluation: Evaluation }
  | {
      readonly group: string;
      readonly n: Counts;
      readonly evaluation: null;
      readonly code: ErrorCode;
      readonly reason: string;
    };

/** All groups and the plain means over those that have figures. */
export interface GroupsEvaluation {
  /** By name. */
  readonly groups: readonly GroupEvaluation[];
  /** Mean over groups, each group counting once; null if no group has figures. */
  readonly macro: { readonly eer: number; readonly auc: number; readonly groups: number } | null;
}

/**
 * Evaluates each group. Bona fide clips without a group stand against the spoof clips of every group:
 * an attack's error always uses all bona fide clips of the condition.
 * @param groupOf group of a row; null or empty for none
 */
export function evaluateGroups<R extends ScoredClip>(
  rows: readonly R[],
  groupOf: (row: R) => string | null | undefined,
  options: EvaluateOptions = {},
): GroupsEvaluation {
  const shared: R[] = [];
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groupOf(row) ?? '';
    if (group === '') {
      if (row.label === 'bonafide') shared.push(row);
      continue;
    }
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [row]);
    else members.push(row);
  }
  const evaluated = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, members]) => evaluateGroup(group, [...shared, ...members], options));
  const measured = evaluated.flatMap(({ evaluation }) => (evaluation === null ? [] : evaluation));
  const mean = (name: 'eer' | 'auc'): number =>
    measured.reduce((sum, { metrics }) => sum + metrics[name].value, 0) / measured.length;
  return {
    groups: evaluated,
    macro:
      measured.length === 0
        ? null
        : { eer: mean('eer'), auc: mean('auc'), groups: measured.length },
  };
}

function evaluateGroup(
  group: string,
  rows: readonly ScoredClip[],
  options: EvaluateOptions,
): GroupEvaluation {
  try {
    const evaluation = evaluate(rows, options);
    return { group, n: evaluation.n, evaluation };
  } catch (error) {
    // A group may lack a class or be saturated without the others being worse for it.
    if (!(error instanceof RingtrueError) || !GROUP_ERRORS.has(error.code)) throw error;
    const spoof = rows.filter((row) => row.label === 'spoof').length;
    const n = { bonafide: rows.length - spoof, spoof };
    return { group, n, evaluation: null, code: error.code, reason: error.message };
  }
}

const GROUP_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'metrics/class-missing',
  'metrics/too-few-values',
]);
