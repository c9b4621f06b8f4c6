/**
 * How detectors stand up to corruption, in few numbers.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import {
  bootstrap,
  type Interval,
  type SortedTrials,
  sortTrials,
  toFigure,
} from '../metrics/bootstrap.ts';
import {
  type CorruptionErrors,
  meanCorruptionError,
  relativeMeanCorruptionError,
} from '../metrics/corruption-error.ts';
import { eerOfCounts } from '../metrics/eer.ts';
import { clusterOf, METRIC_RULES } from '../metrics/evaluate.ts';
import { type ClusterRanges, groupClusters } from '../metrics/resample.ts';
import { spearman } from '../metrics/spearman.ts';
import type { Counts, Figure } from '../metrics/types.ts';
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
        n: mean.n,
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
        n: mean.n,
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
      n: found.n,
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

/**
 * mCE and relative mCE of a detector against the first, on the clips that both have scored under every condition.
 * @returns nothing for a study without a corruption
 */
export function corruptionErrorsOf(
  detector: PlannedDetector,
  { detectors, conditions }: Plan,
  tables: TrialTables,
  interval: Interval,
): Summary['corruptionErrors'][number][] {
  const base = detectors[0] ?? detector;
  const clean = conditions.find(({ steps }) => steps.length === 0);
  const corrupted = conditions.filter(({ corruption }) => corruption !== null);
  if (corrupted.length === 0) return [];
  const columns = [...(clean === undefined ? [] : [clean]), ...corrupted];
  const paired = pairColumns(
    [...new Set([detector, base])].flatMap(({ name }) =>
      columns.map(({ id }) => ({ detector: name, condition: id })),
    ),
    tables,
  );
  const about = { detector: detector.name, base: base.name, n: paired.n };
  if (paired.trials === undefined) {
    return [{ ...about, mce: null, relativeMce: null, note: 'an EER that it needs is missing' }];
  }
  const { trials, clusters } = paired;
  /** Errors of either side from EERs in the order of the columns; where both are one, so are theirs. */
  const split = (eers: readonly number[]) => {
    const errors = (from: number): CorruptionErrors => ({
      clean: clean === undefined ? Number.NaN : eers[from]!,
      corrupted: byCorruption(corrupted, eers.slice(from + columns.length - corrupted.length)),
    });
    return [errors(0), errors(eers.length - columns.length)] as const;
  };
  const measures = [meanCorruptionError, relativeMeanCorruptionError];
  const points = split(trials.map(({ ranking }) => eerOfCounts(ranking)));
  const values = measures.map((measure) => ratioOrReason(() => measure(...points)));
  const replicates = bootstrap(trials, clusters, interval, measures.length, (counts, out) => {
    const sides = split(counts.map(eerOfCounts));
    for (const [k, measure] of measures.entries()) {
      const { value } = ratioOrReason(() => measure(...sides));
      out[k] = value ?? Number.NaN;
    }
  });
  const notes = new Set<string>();
  const [mce, relativeMce] = values.map(({ value, reason }, k): Figure | null => {
    if (value === undefined) {
      notes.add(reason ?? 'the study has no clean condition');
      return null;
    }
    const own = replicates?.[k];
    const lost = own === undefined ? 0 : 1 - own.length / interval.replicates;
    // Lost quotients are the most extreme: the interval holds only while all of them fit into one of its tails.
    const untold = lost > (1 - interval.level) / 2;
    if (lost > 0) {
      const figure = k === 0 ? 'mCE' : 'relative mCE';
      notes.add(
        `in ${(100 * lost).toFixed(1)} % of the resamples ${base.name} errs too little for ${figure}${untold ? ': too many for an interval' : '; its interval leaves them out'}`,
      );
    }
    return toFigure(value, untold ? undefined : own, interval.level, METRIC_RULES.eer);
  });
  const note = notes.size === 0 ? null : [...notes].join('; ');
  return [{ ...about, mce: mce ?? null, relativeMce: relativeMce ?? null, note }];
}

function byCorruption(
  conditions: readonly PlannedCondition[],
  eers: readonly number[],
): CorruptionErrors['corrupted'] {
  const pairs = conditions.map(({ corruption }, i) => ({ corruption, eer: eers[i]! }));
  const groups = groupBy(pairs, ({ corruption }) => corruption);
  return Object.fromEntries(groups.map(([name, levels]) => [name, levels.map(({ eer }) => eer)]));
}

/** A ratio, or why it has no meaning; neither where a figure that it needs is not there. */
function ratioOrReason(compute: () => { readonly value: number }): {
  readonly value?: number;
  readonly reason?: string;
} {
  try {
    const { value } = compute();
    return Number.isFinite(value) ? { value } : {};
  } catch (error) {
    if (error instanceof RingtrueError && error.code === 'metrics/base-flat') {
      return { reason: error.message };
    }
    throw error;
  }
}

/**
 * Scores of the clips that are there in every column, with what they are resampled by.
 * @returns `trials` in the order of the columns; none if a class has no such clip
 */
function pairColumns(
  columns: readonly { readonly detector: string; readonly condition: string }[],
  tables: TrialTables,
):
  | {
      readonly n: Counts;
      readonly trials: readonly SortedTrials[];
      readonly clusters: ClusterRanges;
    }
  | { readonly n: Counts; readonly trials?: undefined } {
  const found = columns.map(
    ({ detector, condition }) =>
      new Map(tables(detector, condition).scored.map((trial) => [trial.clip, trial] as const)),
  );
  const common = [...(found[0]?.values() ?? [])].filter(({ clip }) =>
    found.every((column) => column.has(clip)),
  );
  const n = countLabels(common);
  if (n.bonafide === 0 || n.spoof === 0) return { n };
  const spoof = Uint8Array.from(common, ({ label }) => (label === 'spoof' ? 1 : 0));
  const clusters = groupClusters(common.map(clusterOf), spoof);
  const trials = found.map((column) => {
    const score = Float64Array.from(common, ({ clip }) => scoreIn(column, clip));
    return sortTrials(score, spoof, clusters.of);
  });
  return { n, trials, clusters };
}

interface WeightedEer {
  readonly figure: Figure;
  /** EER under each condition. */
  readonly each: readonly number[];
  /** Clips behind it. */
  readonly n: Counts;
}

function meanEer(
  detector: PlannedDetector,
  conditions: readonly PlannedCondition[],
  tables: TrialTables,
  interval: Interval,
): WeightedEer | undefined {
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
): WeightedEer | undefined {
  const paired = pairColumns(
    terms.map(({ condition: { id } }) => ({ detector: detector.name, condition: id })),
    tables,
  );
  if (paired.trials === undefined) return undefined;
  const { n, trials, clusters } = paired;
  const each = trials.map(({ ranking }) => eerOfCounts(ranking));
  const replicates = bootstrap(trials, clusters, interval, 1, (counts, out) => {
    let sum = 0;
    for (let i = 0; i < terms.length; i += 1) sum += terms[i]!.weight * eerOfCounts(counts[i]!);
    out[0] = sum;
  });
  const value = each.reduce((sum, eer, i) => sum + terms[i]!.weight * eer, 0);
  return {
    figure: toFigure(value, replicates?.[0], interval.level, METRIC_RULES.eer),
    each,
    n,
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
