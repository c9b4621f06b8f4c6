/**
 * Paired comparison of two detectors, or of two conditions of one detector, over the same clips: both
 * are computed on the same resamples, so what they share cancels.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import {
  bootstrap,
  type Interval,
  type IntervalOptions,
  intervalOptions,
  sortTrials,
  toFigure,
} from './bootstrap.ts';
import {
  clusterOf,
  RANKING_METRICS,
  type RankingMetric,
  rankingStatistic,
  requireUniqueClips,
  type ScoredClip,
} from './evaluate.ts';
import { groupClusters } from './resample.ts';
import type { Counts, Figure, Scores } from './types.ts';

/** A difference `a` − `b` with its interval, and the two-sided p-value of no difference. */
export interface Difference extends Figure {
  readonly a: number;
  readonly b: number;
  /** From the resamples; null where no interval can be had. */
  readonly p: number | null;
}

/** Differences in every ranking metric. */
export interface PairedComparison {
  /** Clips of each class that both sides hold. */
  readonly n: Counts;
  /** A − B by metric. */
  readonly differences: Readonly<Record<RankingMetric, Difference>>;
  /** Clips that only one side holds, left out (with `unmatched: 'drop'`). */
  readonly dropped: number;
  /** Clusters that were resampled; `enough` is false where that gave no interval. */
  readonly interval: Interval & { readonly clusters: number; readonly enough: boolean };
}

/** Options of a paired comparison. */
export interface PairedOptions extends IntervalOptions {
  /** What to do with clips that only one side holds. @default 'error' */
  readonly unmatched?: 'error' | 'drop';
}

/**
 * Differences a − b of every ranking metric on the same clips and the same resamples.
 * Clusters are taken from `a`.
 * @throws RingtrueError `metrics/unpaired`, `metrics/class-missing`, `metrics/not-finite`,
 *   `datasets/duplicate-id`, `core/invalid-options`
 */
export function pairedDifferences(
  a: readonly ScoredClip[],
  b: readonly ScoredClip[],
  options: PairedOptions = {},
): PairedComparison {
  const interval = intervalOptions(options);
  const pairs = pairClips(a, b, options);
  const { spoof } = pairs;
  const clusters = groupClusters(pairs.rows.map(clusterOf), spoof);
  const trials = [pairs.a, pairs.b].map((score) => sortTrials(score, spoof, clusters.of));
  const [ofA, ofB] = trials.map(({ ranking }) => rankingStatistic(ranking));
  const size = RANKING_METRICS.length;
  const valuesA = new Float64Array(size);
  const valuesB = new Float64Array(size);
  ofA!(trials[0]!.ranking, valuesA);
  ofB!(trials[1]!.ranking, valuesB);
  const scratch = new Float64Array(size);
  const replicates = bootstrap(trials, clusters, interval, size, ([countsA, countsB], out) => {
    ofA!(countsA!, out);
    ofB!(countsB!, scratch);
    for (let k = 0; k < size; k += 1) out[k]! -= scratch[k]!;
  });
  const differences: Partial<Record<RankingMetric, Difference>> = {};
  for (const [k, name] of RANKING_METRICS.entries()) {
    differences[name] = {
      ...toFigure(valuesA[k]! - valuesB[k]!, replicates?.[k], interval.level),
      a: valuesA[k]!,
      b: valuesB[k]!,
      p: replicates === null ? null : bootstrapP(replicates[k]!),
    };
  }
  return {
    n: trials[0]!.ranking.n,
    // Every metric was set in the loop above.
    differences: differences as PairedComparison['differences'],
    dropped: pairs.dropped,
    interval: { ...interval, clusters: clusters.count, enough: clusters.enough },
  };
}

/**
 * Difference a − b of one metric; see {@link pairedDifferences}.
 * @throws as {@link pairedDifferences}
 */
export function pairedDifference(
  a: readonly ScoredClip[],
  b: readonly ScoredClip[],
  { metric = 'eer', ...options }: PairedOptions & { readonly metric?: RankingMetric } = {},
): Difference {
  return pairedDifferences(a, b, options).differences[metric];
}

/**
 * Scores of two sets over the same clips, in the same order within each class, for {@link delong}.
 * @throws RingtrueError `metrics/unpaired`, `datasets/duplicate-id`
 */
export function pairedScores(
  a: readonly ScoredClip[],
  b: readonly ScoredClip[],
  options: Pick<PairedOptions, 'unmatched'> = {},
): { readonly a: Scores; readonly b: Scores } {
  const pairs = pairClips(a, b, options);
  const ofClass = (score: Float64Array): Scores => ({
    bonafide: score.filter((_, i) => pairs.spoof[i] === 0),
    spoof: score.filter((_, i) => pairs.spoof[i] === 1),
  });
  return { a: ofClass(pairs.a), b: ofClass(pairs.b) };
}

/**
 * Two-sided p-value from sorted replicates of a difference: twice the smaller share beyond 0, the
 * observed sample counted in, so that it is never 0.
 */
function bootstrapP(sorted: Float64Array): number {
  let below = 0;
  let above = 0;
  for (const value of sorted) {
    if (value <= 0) below += 1;
    if (value >= 0) above += 1;
  }
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (sorted.length + 1));
}

/** Clips that both sides hold, with their scores, in the order of `a`. @throws RingtrueError `metrics/unpaired`, `datasets/duplicate-id` */
export function pairClips(
  a: readonly ScoredClip[],
  b: readonly ScoredClip[],
  { unmatched = 'error' }: Pick<PairedOptions, 'unmatched'>,
): {
  rows: ScoredClip[];
  a: Float64Array;
  b: Float64Array;
  spoof: Uint8Array;
  dropped: number;
} {
  requireUniqueClips(a);
  requireUniqueClips(b);
  const other = new Map(b.map((row) => [row.clip, row]));
  const rows: ScoredClip[] = [];
  const scores: number[] = [];
  for (const row of a) {
    const twin = other.get(row.clip);
    if (twin === undefined) continue;
    if (twin.label !== row.label) {
      throw new RingtrueError(
        'metrics/unpaired',
        `the clip ${row.clip} is ${row.label} in the first set and ${twin.label} in the second`,
        { details: { clip: row.clip } },
      );
    }
    rows.push(row);
    scores.push(twin.score);
  }
  const dropped = a.length + b.length - 2 * rows.length;
  if (dropped > 0 && (unmatched === 'error' || rows.length === 0)) {
    const known = new Set(rows.map((row) => row.clip));
    const lone = [...a, ...b].find((row) => !known.has(row.clip));
    throw new RingtrueError(
      'metrics/unpaired',
      `${dropped} clips are in one set only (the first is ${lone?.clip}); expected the same clips in both`,
      { details: { clip: lone?.clip ?? null, unmatched: dropped } },
    );
  }
  return {
    rows,
    a: Float64Array.from(rows, (row) => row.score),
    b: Float64Array.from(scores),
    spoof: Uint8Array.from(rows, (row) => (row.label === 'spoof' ? 1 : 0)),
    dropped,
  };
}
