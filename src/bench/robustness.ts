/**
 * How detectors stand up to corruption, in few numbers.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { bootstrap, type Interval, sortTrials, toFigure } from '../metrics/bootstrap.ts';
import { meanCorruptionError, relativeMeanCorruptionError } from '../metrics/corruption-error.ts';
import { eerOfCounts } from '../metrics/eer.ts';
import { clusterOf, METRIC_RULES } from '../metrics/evaluate.ts';
import { groupClusters } from '../metrics/resample.ts';
import { spearman } from '../metrics/spearman.ts';
import type { Figure } from '../metrics/types.ts';
import type { Plan, PlannedCondition, PlannedDetector } from './plan.ts';
import type { ConditionResult, Summary } from './summary.ts';
import { countLabels, type ScoredTrial, type TrialTables } from './trial-tables.ts';

/** Mean EER over the levels of each corruption; corruptions without a figure are left out. */
export function meansByCorruption(
  detector: PlannedDetector,
  { conditions }: Plan,
  tables: TrialTables,
  interval: Interval,
): Summary['robustness'][number][] {
  return groupBy(conditions, ({ corruption }) => corruption).flatMap(([corruption, levels]) => {
    const mean = meanEer(detector, levels, tables, interval);
    if (mean === undefined) return [];
    const at = mean.each.indexOf(Math.max(...mean.each));
    return [
      {
        detector: detector.name,
        corruption,
        family: levels[0]!.family ?? '',
        levels: levels.length,
        meanEer: mean.figure,
        monotony: levels.every(({ ordered }) => ordered === true)
          ? spearman(
              levels.map(({ level }) => level ?? 0),
              mean.each,
            )
          : null,
        worst: { condition: levels[at]!.id, eer: mean.each[at]! },
      },
    ];
  });
}

/** Mean EER over all one-step conditions of each family. */
export function meansByFamily(
  detector: PlannedDetector,
  { conditions }: Plan,
  tables: TrialTables,
  interval: Interval,
): Summary['families'][number][] {
  const single = conditions.filter(({ corruption }) => corruption !== null);
  return groupBy(single, ({ family }) => family).flatMap(([family, members]) => {
    const mean = meanEer(detector, members, tables, interval);
    if (mean === undefined) return [];
    return [
      {
        detector: detector.name,
        family,
        conditions: members.length,
        meanEer: mean.figure,
      },
    ];
  });
}

/** Signal-to-noise ratio from which noise is mild, in dB. */
const MILD_NOISE_DB = 20;

/**
 * The first observation of the robustness literature (card 01 §7, C5): noise of 20 dB and more hurts less
 * than compression and strong modification do. Strong are the upper half of the levels that a study has of
 * a corruption whose levels have an order.
 */
export function noiseContrast(
  detector: PlannedDetector,
  { conditions }: Plan,
  tables: TrialTables,
  interval: Interval,
): Summary['contrasts'][number][] {
  const mild = conditions.filter(
    ({ family, unit, value }) =>
      family === 'noise' && unit === 'dB' && (value ?? 0) >= MILD_NOISE_DB,
  );
  const modified = groupBy(
    conditions.filter(({ family, ordered }) => family === 'modification' && ordered === true),
    ({ corruption }) => corruption,
  );
  const strong = [
    ...conditions.filter(
      ({ family, corruption }) => family === 'compression' && corruption !== null,
    ),
    ...modified.flatMap(([, levels]) =>
      [...levels]
        .sort((a, b) => (a.level ?? 0) - (b.level ?? 0))
        .slice(Math.floor(levels.length / 2)),
    ),
  ];
  if (mild.length === 0 || strong.length === 0) return [];
  const found = weightedEer(
    detector,
    [
      ...strong.map((condition) => ({ condition, weight: 1 / strong.length })),
      ...mild.map((condition) => ({ condition, weight: -1 / mild.length })),
    ],
    tables,
    interval,
  );
  if (found === undefined) return [];
  return [
    {
      detector: detector.name,
      conditions: { strong: strong.length, mildNoise: mild.length },
      difference: found.figure,
    },
  ];
}

/** Rank correlation that a stress which bites should reach. */
const MONOTONE = 0.6;

/** Which stress rises with its level (card 01 §7, C4). */
export interface Monotony {
  /** Pairs of detector and corruption with three ordered levels or more, and EERs that are not all equal. */
  readonly pairs: number;
  /** Those whose ρ is at least 0.6. */
  readonly rising: number;
  /** The others, with their ρ. */
  readonly failing: readonly {
    readonly detector: string;
    readonly corruption: string;
    readonly rho: number;
  }[];
}

/** Counts the pairs of detector and corruption whose EER rises with the level. */
export function monotonyOf({ robustness }: Pick<Summary, 'robustness'>): Monotony {
  const pairs = robustness.flatMap(({ detector, corruption, monotony }) =>
    monotony === null ? [] : [{ detector, corruption, rho: monotony }],
  );
  const failing = pairs.filter(({ rho }) => rho < MONOTONE);
  return { pairs: pairs.length, rising: pairs.length - failing.length, failing };
}

/** What a fixed threshold costs against one that is tuned anew (card 01 §7, C10). */
export interface ThresholdDrift {
  readonly result: ConditionResult;
  /** Error at the threshold fixed on clean development data ÷ EER; Infinity where the EER is 0 and it is not. */
  readonly ratio: number;
}

/** Conditions with a fixed threshold, the costliest first. */
export function thresholdDrifts({ results }: Pick<Summary, 'results'>): ThresholdDrift[] {
  return results
    .flatMap((result) => {
      const fixed = result.atThreshold?.error.value;
      const tuned = result.eer?.value;
      if (fixed === undefined || tuned === undefined) return [];
      return [{ result, ratio: fixed === tuned ? 1 : fixed / tuned }];
    })
    .sort((a, b) => b.ratio - a.ratio);
}

/** mCE and relative mCE of each detector against the first. */
export function corruptionErrors(
  { detectors, conditions }: Plan,
  results: readonly ConditionResult[],
): Summary['corruptionErrors'] {
  const [base] = detectors;
  const clean = conditions.find(({ steps }) => steps.length === 0)?.id;
  const byCorruption = groupBy(conditions, ({ corruption }) => corruption);
  if (base === undefined || byCorruption.length === 0) return [];
  const eer = (detector: string, condition: string | undefined): number =>
    results.find((r) => r.detector === detector && r.condition === condition)?.eer?.value ??
    Number.NaN;
  const errors = (detector: string) => ({
    clean: eer(detector, clean),
    corrupted: Object.fromEntries(
      byCorruption.map(([name, levels]) => [name, levels.map(({ id }) => eer(detector, id))]),
    ),
  });
  const reference = errors(base.name);
  return detectors.map(({ name }) => {
    const notes: string[] = [];
    const orNull = (compute: () => { readonly value: number }): number | null => {
      try {
        const { value } = compute();
        if (Number.isFinite(value)) return value;
        notes.push('an EER that it needs is missing');
      } catch (error) {
        if (!(error instanceof RingtrueError)) throw error;
        notes.push(error.message);
      }
      return null;
    };
    return {
      detector: name,
      base: base.name,
      mce: orNull(() => meanCorruptionError(errors(name), reference)),
      relativeMce: orNull(() => relativeMeanCorruptionError(errors(name), reference)),
      note: notes.length === 0 ? null : [...new Set(notes)].join('; '),
    };
  });
}

function meanEer(
  detector: PlannedDetector,
  conditions: readonly PlannedCondition[],
  tables: TrialTables,
  interval: Interval,
): { readonly figure: Figure; readonly each: readonly number[] } | undefined {
  const weight = 1 / conditions.length;
  const terms = conditions.map((condition) => ({ condition, weight }));
  return weightedEer(detector, terms, tables, interval);
}

/**
 * Weighted sum of EERs over conditions, on the clips that were scored under all of them, with all
 * conditions on the same resamples.
 */
function weightedEer(
  detector: PlannedDetector,
  terms: readonly { readonly condition: PlannedCondition; readonly weight: number }[],
  tables: TrialTables,
  interval: Interval,
): { readonly figure: Figure; readonly each: readonly number[] } | undefined {
  const columns = terms.map(
    ({ condition: { id } }) =>
      new Map(tables(detector.name, id).scored.map((trial) => [trial.clip, trial] as const)),
  );
  const common = [...(columns[0]?.values() ?? [])].filter(({ clip }) =>
    columns.every((column) => column.has(clip)),
  );
  const n = countLabels(common);
  if (n.bonafide === 0 || n.spoof === 0) return undefined;
  const spoof = Uint8Array.from(common, ({ label }) => (label === 'spoof' ? 1 : 0));
  const clusters = groupClusters(common.map(clusterOf), spoof);
  const sorted = columns.map((column) => {
    const score = Float64Array.from(common, ({ clip }) => scoreIn(column, clip));
    return sortTrials(score, spoof, clusters.of);
  });
  const each = sorted.map(({ ranking }) => eerOfCounts(ranking));
  const replicates = bootstrap(sorted, clusters, interval, 1, (counts, out) => {
    let sum = 0;
    for (let i = 0; i < terms.length; i += 1) sum += terms[i]!.weight * eerOfCounts(counts[i]!);
    out[0] = sum;
  });
  const value = each.reduce((sum, eer, i) => sum + terms[i]!.weight * eer, 0);
  return {
    figure: toFigure(value, replicates?.[0], interval.level, METRIC_RULES.eer),
    each,
  };
}

function scoreIn(column: ReadonlyMap<string, ScoredTrial>, clip: string): number {
  return column.get(clip)!.score;
}

/** Groups in the order of their first member; members without a name are left out. */
function groupBy<T>(items: readonly T[], nameOf: (item: T) => string | null): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = nameOf(item);
    if (name === null) continue;
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [item]);
    else members.push(item);
  }
  return [...groups];
}
