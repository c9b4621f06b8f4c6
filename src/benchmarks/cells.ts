/**
 * One cell of the matrix: detectors trained on one set, one for each seed, tested on another.
 * @module
 */

import {
  bootstrapWeights,
  createCounts,
  type Interval,
  weighCounts,
} from '../metrics/bootstrap.ts';
import { chooseCluster } from '../metrics/cluster.ts';
import { eerOfCounts } from '../metrics/eer.ts';
import { readTrials } from '../metrics/evaluate.ts';
import { type RankCounts, type Ranking, rankAtOrAbove } from '../metrics/ranking.ts';
import { aucOfCounts } from '../metrics/roc.ts';
import type { Counts } from '../metrics/types.ts';
import type { TrialRow } from '../store/trial.ts';
import { combine, deviation, differenceOf, type Estimate, mean, meanOf } from './estimates.ts';

/** Figures of a cell, in the order they are computed. */
export const CELL_FIGURES = ['eer', 'auc', 'accuracy', 'bestAccuracy'] as const;
/**
 * `accuracy` at the threshold that dev fixed, `bestAccuracy` at the threshold that is best on the test set itself
 * (on each resample, so it is a little too good).
 */
export type CellFigure = (typeof CELL_FIGURES)[number];

/** What one seed gave. */
export interface SeedResult {
  readonly seed: number;
  readonly figures: Readonly<Record<CellFigure, Estimate>>;
}

/** A cell with its figures. */
export interface ScoredCell {
  readonly n: Counts;
  /** What the intervals resample and cover. */
  readonly note: string;
  readonly seeds: readonly SeedResult[];
  /** Means over the seeds. */
  readonly figures: Readonly<Record<CellFigure, Estimate>>;
  /** `bestAccuracy` less `accuracy`: what the threshold of another place costs. */
  readonly thresholdLoss: Estimate;
  /** Standard deviations over the seeds; null for one seed. */
  readonly deviations: Readonly<Record<CellFigure, number | null>>;
  /** EER differs between seeds by more than five points (standard deviation). */
  readonly unstable: boolean;
}

/** Card 02, check 4: in points of EER. */
const UNSTABLE_DEVIATION = 0.05;

/** Scored trials of one detector on the test set, with its threshold. */
export interface SeedTrials {
  readonly seed: number;
  readonly threshold: number;
  readonly rows: readonly TrialRow[];
}

/**
 * Figures of a cell. Clips that any seed could not score are left out for all, so that the same clips are
 * resampled together.
 * @param interval.seed the same for all cells of a test set: they are resampled alike
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function scoreCell(trials: readonly SeedTrials[], interval: Interval): ScoredCell {
  const times = new Map<string, number>();
  for (const { rows } of trials)
    for (const { clip, score } of rows)
      if (score !== null) times.set(clip, (times.get(clip) ?? 0) + 1);
  const common = new Set([...times].flatMap(([clip, n]) => (n === trials.length ? [clip] : [])));
  const tables = trials.map(({ seed, threshold, rows }) => ({
    seed,
    threshold,
    // Scores are there: clips without one are not common.
    rows: rows.filter(({ clip }) => common.has(clip)).map((row) => ({ ...row, score: row.score! })),
  }));
  const { note, clusters } = chooseCluster(tables[0]?.rows ?? []);
  const clusterOf = new Map(tables[0]?.rows.map(({ clip }, i) => [clip, clusters[i]!]));
  const seeds = tables.map(({ seed, threshold, rows }) => ({
    seed,
    figures: figuresOf(
      rows.map((row) => ({ ...row, cluster: clusterOf.get(row.clip) })),
      { threshold, interval },
    ),
  }));
  const over = (name: CellFigure): Estimate[] => seeds.map(({ figures }) => figures[name]);
  const figures = byName((name) => meanOf(over(name)));
  const deviations = byName((name) => deviation(over(name).map(({ value }) => value)));
  const bonafide = tables[0]?.rows.filter(({ label }) => label === 'bonafide').length ?? 0;
  return {
    n: { bonafide, spoof: common.size - bonafide },
    note,
    seeds,
    figures,
    thresholdLoss: differenceOf(figures.bestAccuracy, figures.accuracy),
    deviations,
    unstable: (deviations.eer ?? 0) > UNSTABLE_DEVIATION,
  };
}

function byName<T>(make: (name: CellFigure) => T): Record<CellFigure, T> {
  return {
    eer: make('eer'),
    auc: make('auc'),
    accuracy: make('accuracy'),
    bestAccuracy: make('bestAccuracy'),
  };
}

function figuresOf(
  rows: Parameters<typeof readTrials>[0],
  { threshold, interval }: { readonly threshold: number; readonly interval: Interval },
): Record<CellFigure, Estimate> {
  const { trials, clusters } = readTrials(rows);
  const statistic = statisticOf(trials.ranking, threshold);
  const values = new Float64Array(CELL_FIGURES.length);
  statistic(trials.ranking, values);
  // bootstrapWeights sorts what it returns; here the order of the resamples is kept.
  const drawn = CELL_FIGURES.map(() => new Float64Array(interval.replicates));
  const counts = createCounts(trials);
  let replicate = 0;
  const enough = bootstrapWeights(clusters, interval, 0, (weights) => {
    weighCounts(trials, weights, counts);
    const out = new Float64Array(CELL_FIGURES.length);
    statistic(counts, out);
    for (const [k, column] of drawn.entries()) column[replicate] = out[k]!;
    replicate += 1;
  });
  return byName((name) => {
    const k = CELL_FIGURES.indexOf(name);
    return { value: values[k]!, replicates: enough === null ? null : drawn[k]! };
  });
}

/** Writes the figures of counts, in the order of {@link CELL_FIGURES}. */
function statisticOf(
  ranking: Ranking,
  threshold: number,
): (counts: RankCounts, out: Float64Array) => void {
  const split = rankAtOrAbove(ranking, threshold);
  return (counts, out) => {
    const { accuracy, best } = accuraciesOf(counts, split);
    out[0] = eerOfCounts(counts);
    out[1] = aucOfCounts(counts);
    out[2] = accuracy;
    out[3] = best;
  };
}

/** Shares of clips judged right: with ranks from `split` on called spoof, and with the best such split. */
function accuraciesOf(
  { ranks, bonafide, spoof, n }: RankCounts,
  split: number,
): { accuracy: number; best: number } {
  const total = n.bonafide + n.spoof;
  // All called spoof; rank by rank, one more is called bona fide.
  let right = n.spoof;
  let best = right;
  let accuracy = right;
  for (let rank = 0; rank < ranks; rank += 1) {
    right += bonafide[rank]! - spoof[rank]!;
    best = Math.max(best, right);
    if (rank + 1 === split) accuracy = right;
  }
  return { accuracy: accuracy / total, best: best / total };
}

/** Mean of a figure over cells, each counting once, on every resample. */
export function meanFigure(cells: readonly ScoredCell[], name: CellFigure): Estimate {
  return meanOf(cells.map(({ figures }) => figures[name]));
}

/** Value of a figure by cell and seed, with a statistic of all of them on every resample. */
export function overSeeds(
  cells: readonly ScoredCell[],
  name: CellFigure,
  statistic: (values: readonly number[]) => number = mean,
): Estimate {
  return combine(
    cells.flatMap(({ seeds }) => seeds.map(({ figures }) => figures[name])),
    statistic,
  );
}
