/**
 * Every metric of a set of scored clips, each with its interval.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Label } from '../datasets/clip.ts';
import {
  bootstrap,
  bootstrapWeights,
  type Interval,
  type IntervalOptions,
  intervalOptions,
  type SortedTrials,
  sortTrials,
  toFigure,
} from './bootstrap.ts';
import { cllrCosts, cllrOfCounts, minCllrOfBlocks } from './cllr.ts';
import { actDcfOfCounts, minDcfOfCounts, rankAboveBayes } from './dcf.ts';
import { eerOfCounts, hullEerOfBlocks, stepEerOfCounts } from './eer.ts';
import { createPavBlocks, poolAdjacentViolators } from './pav.ts';
import {
  type RankCounts,
  type Ranking,
  rankAtOrAbove,
  requireBothClasses,
  requireThreeValues,
} from './ranking.ts';
import type { Rates } from './rates.ts';
import { type ClusterRanges, groupClusters } from './resample.ts';
import { aucOfCounts } from './roc.ts';
import { eerAndAucOf } from './roc-scan.ts';
import type { Counts, Figure } from './types.ts';

/** A scored clip. */
export interface ScoredClip {
  /** Unique. */
  readonly clip: string;
  /** Class of the clip. */
  readonly label: Label;
  /** Higher is more likely spoof. */
  readonly score: number;
  /** What is resampled together with it (a speaker, a source); itself if absent. */
  readonly cluster?: string | null | undefined;
}

/** Metrics that need no threshold, in the order they are printed. */
export const RANKING_METRICS = [
  'eer',
  'eerStep',
  'eerRocch',
  'auc',
  'minDcf',
  'actDcf',
  'cllr',
  'minCllr',
] as const;
/** A metric that needs no threshold. */
export type RankingMetric = (typeof RANKING_METRICS)[number];

/** Metrics at a given threshold. */
export const THRESHOLD_METRICS = [
  'fpr',
  'fnr',
  'balancedError',
  'precision',
  'recall',
  'f1',
  'accuracy',
] as const satisfies readonly (keyof Rates)[];
/** A metric at a given threshold. */
export type ThresholdMetric = (typeof THRESHOLD_METRICS)[number];

/** Which rule or reading gave each metric. */
export const METRIC_RULES: Readonly<Record<RankingMetric | ThresholdMetric, string>> = {
  eer: 'interpolated',
  eerStep: 'step',
  eerRocch: 'rocch',
  auc: 'ties half',
  minDcf: 'asvspoof5',
  actDcf: 'asvspoof5, score as natural-log ratio',
  cllr: 'score as natural-log ratio',
  minCllr: 'pav',
  fpr: 'score >= threshold is spoof',
  fnr: 'score >= threshold is spoof',
  balancedError: 'score >= threshold is spoof',
  precision: 'spoof positive, score >= threshold is spoof',
  recall: 'spoof positive, score >= threshold is spoof',
  f1: 'spoof positive, score >= threshold is spoof',
  accuracy: 'score >= threshold is spoof',
};

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends IntervalOptions {
  /** Threshold fixed beforehand; adds the metrics at it. Clips at or above are called spoof. */
  readonly threshold?: number | undefined;
}

/** EER and AUC of a set of clips. */
export interface RocEvaluation extends Pick<Evaluation, 'n' | 'interval' | 'reversed'> {
  /** Equal error rate, interpolated. */
  readonly eer: Figure;
  /** Area under the ROC curve. */
  readonly auc: Figure;
}

/** All metrics of a set of clips. */
export interface Evaluation {
  /** Clips of each class. */
  readonly n: Counts;
  /** Metrics at the threshold are there if one was given (precision only if a clip was called spoof). */
  readonly metrics: Readonly<Record<RankingMetric, Figure>> &
    Readonly<Partial<Record<ThresholdMetric, Figure>>>;
  /** The threshold that was given; null if none was. */
  readonly threshold: number | null;
  /** Clusters that were resampled; `enough` is false where that gave no interval. */
  readonly interval: Interval & { readonly clusters: number; readonly enough: boolean };
  /** True if AUC < 0.5: the file may have the opposite polarity. Never flipped by itself. */
  readonly reversed: boolean;
}

/**
 * Every metric with its interval. The order of the rows does not change the result.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `metrics/too-few-values`,
 *   `datasets/duplicate-id`, `core/invalid-options`
 */
export function evaluate(rows: readonly ScoredClip[], options: EvaluateOptions = {}): Evaluation {
  const interval = intervalOptions(options);
  const { threshold, onReplicate } = options;
  const { trials, clusters } = readTrials(rows);
  const { ranking } = trials;
  requireThreeValues(ranking);
  const statistic = rankingStatistic(ranking);
  const rates = threshold === undefined ? undefined : thresholdStatistic(ranking, threshold);
  const size = RANKING_METRICS.length;
  const values = new Float64Array(size + (rates === undefined ? 0 : THRESHOLD_METRICS.length));
  const all = (counts: RankCounts, out: Float64Array): void => {
    statistic(counts, out);
    rates?.(counts, out, size);
  };
  all(ranking, values);
  const replicates = bootstrap(
    [trials],
    clusters,
    { ...interval, onReplicate },
    values.length,
    ([counts], out) => all(counts!, out),
  );
  const figure = (name: RankingMetric | ThresholdMetric, k: number): Figure =>
    toFigure(values[k]!, replicates?.[k], interval.level, METRIC_RULES[name]);
  const metrics: Partial<Record<RankingMetric | ThresholdMetric, Figure>> = {};
  for (const [k, name] of RANKING_METRICS.entries()) metrics[name] = figure(name, k);
  if (rates !== undefined) {
    for (const [k, name] of THRESHOLD_METRICS.entries()) {
      if (!Number.isNaN(values[size + k]!)) metrics[name] = figure(name, size + k);
    }
  }
  return {
    n: ranking.n,
    // Every ranking metric was set in the loop above.
    metrics: metrics as Evaluation['metrics'],
    threshold: threshold ?? null,
    interval: { ...interval, clusters: clusters.count, enough: clusters.enough },
    reversed: values[RANKING_METRICS.indexOf('auc')]! < 0.5,
  };
}

/**
 * EER and AUC alone with the very intervals of {@link evaluate}, many times faster: for a million clips.
 * @throws as {@link evaluate}
 */
export function evaluateRoc(
  rows: readonly ScoredClip[],
  options: IntervalOptions = {},
): RocEvaluation {
  const interval = intervalOptions(options);
  const { trials, clusters } = readTrials(rows);
  const { ranking } = trials;
  requireThreeValues(ranking);
  const replicates = bootstrapWeights(clusters, interval, 2, eerAndAucOf(trials));
  const auc = aucOfCounts(ranking);
  const figure = (value: number, k: number, name: RankingMetric): Figure =>
    toFigure(value, replicates?.[k], interval.level, METRIC_RULES[name]);
  return {
    n: ranking.n,
    eer: figure(eerOfCounts(ranking), 0, 'eer'),
    auc: figure(auc, 1, 'auc'),
    interval: { ...interval, clusters: clusters.count, enough: clusters.enough },
    reversed: auc < 0.5,
  };
}

/** What scores are worth as natural-log likelihood ratios. */
export interface RatioEvaluation {
  readonly actDcf: Figure;
  readonly cllr: Figure;
}

/**
 * actDCF and Cllr of likelihood ratios, with the very intervals of {@link evaluate}. Ratios are bounded by what
 * their calibration can support, so that those of a good detector may well have two values only.
 * @param rows whose scores are natural-log likelihood ratios
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `datasets/duplicate-id`,
 *   `core/invalid-options`
 */
export function evaluateRatios(
  rows: readonly ScoredClip[],
  options: IntervalOptions = {},
): RatioEvaluation {
  const interval = intervalOptions(options);
  const { trials, clusters } = readTrials(rows);
  const { ranking } = trials;
  const costs = cllrCosts(ranking);
  const split = rankAboveBayes(ranking);
  const statistic = (counts: RankCounts, out: Float64Array): void => {
    out[0] = actDcfOfCounts(counts, split);
    out[1] = cllrOfCounts(counts, costs);
  };
  const values = new Float64Array(2);
  statistic(ranking, values);
  const replicates = bootstrap([trials], clusters, interval, 2, ([counts], out) =>
    statistic(counts!, out),
  );
  const figure = (name: RankingMetric, k: number): Figure =>
    toFigure(values[k]!, replicates?.[k], interval.level, METRIC_RULES[name]);
  return { actDcf: figure('actDcf', 0), cllr: figure('cllr', 1) };
}

/**
 * Clips as sorted trials with their clusters.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `datasets/duplicate-id`
 */
export function readTrials(rows: readonly ScoredClip[]): {
  trials: SortedTrials;
  clusters: ClusterRanges;
} {
  requireUniqueClips(rows);
  for (const row of rows) {
    if (Number.isFinite(row.score)) continue;
    throw new RingtrueError(
      'metrics/not-finite',
      `the score of ${row.clip} is ${row.score}; expected a finite number`,
      { details: { clip: row.clip } },
    );
  }
  const spoof = Uint8Array.from(rows, (row) => (row.label === 'spoof' ? 1 : 0));
  const score = Float64Array.from(rows, (row) => row.score);
  const alone = rows.every((row) => row.cluster === null || row.cluster === undefined);
  const clusters = alone ? undefined : groupClusters(rows.map(clusterOf), spoof);
  if (clusters === undefined || clusters.count === rows.length) {
    return loneTrials(score, spoof);
  }
  return { trials: sortTrials(score, spoof, clusters.of), clusters };
}

/**
 * Clips that stand alone are numbered in the order of their scores: equal clips are exchangeable, so
 * the order of the rows still changes nothing, and a pass over a resample stays in the cache.
 */
function loneTrials(
  score: Float64Array,
  spoof: Uint8Array,
): { trials: SortedTrials; clusters: ClusterRanges } {
  const sorted = sortTrials(score, spoof, new Uint32Array(score.length));
  const { n } = sorted.ranking;
  requireBothClasses(n);
  let bonafide = 0;
  let spoofs = n.bonafide;
  const cluster = Uint32Array.from(sorted.spoof, (isSpoof) =>
    isSpoof === 1 ? spoofs++ : bonafide++,
  );
  return {
    trials: { ...sorted, cluster },
    clusters: {
      count: cluster.length,
      strata: [
        [0, n.bonafide],
        [n.bonafide, cluster.length],
      ],
      enough: n.bonafide > 1 && n.spoof > 1,
    },
  };
}

/** Name of a row's cluster; clips that stand alone cannot collide with named clusters. */
export function clusterOf(row: ScoredClip): string {
  return row.cluster === null || row.cluster === undefined ? `clip\0${row.clip}` : row.cluster;
}

/** Throws `datasets/duplicate-id` if a clip is there twice. */
export function requireUniqueClips(rows: readonly ScoredClip[]): void {
  const seen = new Set<string>();
  for (const { clip } of rows) {
    if (seen.has(clip)) {
      throw new RingtrueError('datasets/duplicate-id', `the clip ${clip} is scored twice`, {
        details: { clip },
      });
    }
    seen.add(clip);
  }
}

/** Computes the ranking metrics of counts, in the order of {@link RANKING_METRICS}. */
export function rankingStatistic(
  ranking: Ranking,
): (counts: RankCounts, out: Float64Array) => void {
  const blocks = createPavBlocks(ranking.ranks);
  const costs = cllrCosts(ranking);
  const split = rankAboveBayes(ranking);
  return (counts, out) => {
    poolAdjacentViolators(counts, blocks);
    out[0] = eerOfCounts(counts);
    out[1] = stepEerOfCounts(counts);
    out[2] = hullEerOfBlocks(blocks, counts.n);
    out[3] = aucOfCounts(counts);
    out[4] = minDcfOfCounts(counts);
    out[5] = actDcfOfCounts(counts, split);
    out[6] = cllrOfCounts(counts, costs);
    out[7] = minCllrOfBlocks(blocks, counts.n);
  };
}

/** Computes the metrics at a threshold, in the order of {@link THRESHOLD_METRICS}, from `offset` on. */
function thresholdStatistic(
  ranking: Ranking,
  threshold: number,
): (counts: RankCounts, out: Float64Array, offset: number) => void {
  const split = rankAtOrAbove(ranking, threshold);
  return ({ ranks, bonafide, spoof, n }, out, offset) => {
    let fp = 0;
    let tp = 0;
    for (let rank = split; rank < ranks; rank += 1) {
      fp += bonafide[rank]!;
      tp += spoof[rank]!;
    }
    writeRates(tp, fp, n, out, offset);
  };
}

/** The rates of {@link ratesOf} without making an object for each resample (a test holds them equal). */
function writeRates(tp: number, fp: number, n: Counts, out: Float64Array, offset: number): void {
  const fpr = fp / n.bonafide;
  const recall = tp / n.spoof;
  out[offset] = fpr;
  out[offset + 1] = (n.spoof - tp) / n.spoof;
  out[offset + 2] = (fpr + (n.spoof - tp) / n.spoof) / 2;
  out[offset + 3] = tp / (tp + fp);
  out[offset + 4] = recall;
  out[offset + 5] = (2 * tp) / (tp + fp + n.spoof);
  out[offset + 6] = (tp + n.bonafide - fp) / (n.bonafide + n.spoof);
}
