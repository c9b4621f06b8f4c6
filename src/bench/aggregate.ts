/**
 * From trials to the summary: every figure with its interval and its n.
 * @module
 */

import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Corpus } from '../datasets/clip.ts';
import { identityOf } from '../datasets/fingerprint.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import type { Figure } from '../metrics/types.ts';
import type { TrialRow } from '../store/trial.ts';
import { decideAssertion } from './assert.ts';
import { resultOf } from './condition-results.ts';
import {
  describeAttributes,
  type FairnessResult,
  fairnessOf,
  type Intersection,
} from './fairness.ts';
import { groupsOf } from './groups.ts';
import type { Plan } from './plan.ts';
import {
  corruptionErrorsOf,
  meansByCorruption,
  meansByFamily,
  noiseContrast,
} from './robustness.ts';
import type { ConditionResult, GroupResult, Summary } from './summary.ts';
import { thresholdOf } from './thresholds.ts';
import { chooseResampling, countLabels, tabulate } from './trial-tables.ts';

/** Clips that a failure names at most. */
const CLIPS_NAMED = 20;

/**
 * Computes the summary of a run. The same trials give the same summary, to the bit.
 * @throws RingtrueError `core/cancelled`
 */
export async function aggregate(
  plan: Plan,
  rows: readonly TrialRow[],
  work: WorkContext = {},
): Promise<Summary> {
  const { study, detectors, conditions } = plan;
  const resampling = chooseResampling(plan);
  const { replicates, level } = study.interval;
  const interval: Interval = { seed: study.seed, replicates, level };
  const tables = tabulate(rows, resampling);
  const clean = conditions.find(({ steps }) => steps.length === 0)?.id;

  // Probes are places, not stresses: no mean over them has a meaning.
  const stressed = {
    ...plan,
    conditions: conditions.filter(({ family }) => family !== 'occlusion'),
  };

  const task = 'figures';
  const total = detectors.length * (conditions.length + 3);
  work.onProgress?.({ type: 'start', task, total, unit: 'tables' });
  let done = 0;
  const pause = async (): Promise<void> => {
    done += 1;
    work.onProgress?.({ type: 'advance', task, done });
    // Between two pieces of pure arithmetic, signals and progress get a turn.
    await new Promise((resolve) => setImmediate(resolve));
    throwIfAborted(work.signal);
  };
  const results: ConditionResult[] = [];
  const groups: GroupResult[] = [];
  const fairness: { results: FairnessResult[]; intersections: Intersection[] } = {
    results: [],
    intersections: [],
  };
  const robustness: Summary['robustness'][number][] = [];
  const families: Summary['families'][number][] = [];
  const contrasts: Summary['contrasts'][number][] = [];
  const corruptionErrors: Summary['corruptionErrors'][number][] = [];
  for (const detector of detectors) {
    const threshold = thresholdOf(detector, plan);
    for (const condition of conditions) {
      results.push(resultOf(detector, condition, tables, { clean, threshold, interval }));
      await pause();
    }
    groups.push(...groupsOf(detector, plan, tables, interval));
    robustness.push(...meansByCorruption(detector, stressed, tables, interval));
    contrasts.push(...noiseContrast(detector, stressed, tables, interval));
    families.push(...meansByFamily(detector, stressed, tables, interval));
    await pause();
    corruptionErrors.push(...corruptionErrorsOf(detector, stressed, tables, interval));
    await pause();
    const found = fairnessOf(detector, plan, tables, interval);
    fairness.results.push(...found.results);
    fairness.intersections.push(...found.intersections);
    await pause();
  }
  work.onProgress?.({ type: 'end', task });

  return {
    schema: 1,
    name: plan.name,
    corpus: { ...identityOf(plan.corpus), split: plan.split, n: countLabels(plan.clips) },
    confound: floorOf(plan.corpus),
    detectors: detectors.map((detector) => ({
      name: detector.name,
      id: detector.id,
      summary: detector.card.summary,
      heard: plan.heard?.get(detector.name) ?? null,
      threshold: thresholdOf(detector, plan),
    })),
    conditions: conditions.map(({ id, family, ordered, neutral, variant }) => ({
      id,
      family,
      ...(ordered === undefined ? {} : { ordered }),
      ...(neutral === undefined ? {} : { neutral }),
      ...(variant === undefined ? {} : { variant }),
    })),
    interval: {
      level,
      replicates,
      seed: study.seed,
      unit: resampling.unit,
      note: resampling.note,
    },
    results,
    groups,
    fairness: { ...describeAttributes(plan), ...fairness },
    robustness,
    families,
    contrasts,
    corruptionErrors,
    assertions: plan.assertions.map((assertion) => decideAssertion(assertion, results)),
    failures: failuresOf(rows),
  };
}

/** AUC of all trivial features together, as a figure; null if the corpus was not verified. */
export function floorOf({ confound }: Pick<Corpus, 'confound'>): Figure | null {
  if (confound === undefined) return null;
  return { value: confound.auc, low: confound.low, high: confound.high };
}

/** Trials without a score by code, the most frequent first. */
function failuresOf(rows: readonly TrialRow[]): Summary['failures'] {
  const byCode = new Map<string, { count: number; clips: Set<string> }>();
  for (const row of rows) {
    const kind = row.failed !== null ? 'failed' : row.refused !== null ? 'refused' : undefined;
    if (kind === undefined) continue;
    const key = `${kind} ${row.failed ?? row.refused}`;
    const entry = byCode.get(key) ?? { count: 0, clips: new Set() };
    entry.count += 1;
    entry.clips.add(row.clip);
    byCode.set(key, entry);
  }
  return [...byCode]
    .map(([key, { count, clips }]) => ({
      kind: key.startsWith('failed') ? ('failed' as const) : ('refused' as const),
      code: key.slice(key.indexOf(' ') + 1),
      count,
      clips: [...clips].slice(0, CLIPS_NAMED),
    }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}
