/**
 * Scores that are probabilities of spoof: Brier score, log loss, expected calibration error in its two
 * forms (card metrics.md §8). They depend on the share of spoof clips in the set, unlike Cllr.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import {
  bootstrap,
  type Interval,
  type IntervalOptions,
  intervalOptions,
  toFigure,
} from './bootstrap.ts';
import { readTrials, type ScoredClip } from './evaluate.ts';
import { type RankCounts, type Ranking, rankScores } from './ranking.ts';
import type { Counts, Figure, Scores } from './types.ts';

/** Metrics of probabilities, in the order they are printed. */
export const PROBABILITY_METRICS = ['brier', 'logLoss', 'ece', 'mce', 'eceTopLabel'] as const;
/** A metric of probabilities. */
export type ProbabilityMetric = (typeof PROBABILITY_METRICS)[number];

/** A bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Mean probability of spoof in the bin. */
  readonly predicted: number;
  /** Share of clips in the bin that are spoof. */
  readonly observed: number;
  /** Clips in the bin. */
  readonly n: number;
}

/** How probabilities are put into bins. */
export interface BinOptions {
  /** @default 10 */
  readonly bins?: number;
  /** Bins of one width on [0, 1], or of one number of clips (ties stay together). @default 'width' */
  readonly equal?: 'width' | 'mass';
}

/** Metrics of probabilities with their intervals. */
export interface ProbabilityEvaluation {
  /** Clips of each class. */
  readonly n: Counts;
  /** Brier score, log loss and calibration errors. */
  readonly metrics: Readonly<Record<ProbabilityMetric, Figure>>;
  /** Bins from the lowest probability to the highest. */
  readonly reliability: readonly ReliabilityBin[];
  /** Clusters that were resampled; `enough` is false where that gave no interval. */
  readonly interval: Interval & { readonly clusters: number; readonly enough: boolean };
}

/** Farther from 0 and 1 than a 32-bit soft-max comes; log loss and LLRs keep to it, so that they are finite. */
const CLOSEST = 1e-7;

/** Mean squared distance of probabilities from the labels; 0 is perfect. */
export function brierScore(probabilities: Scores): number {
  return valuesOf(readProbabilities(probabilities), binning({})).brier;
}

/** Mean −ln of the probability that was given to the right label, in nats; probabilities keep 1e-7 from 0 and 1. */
export function logLoss(probabilities: Scores): number {
  return valuesOf(readProbabilities(probabilities), binning({})).logLoss;
}

/**
 * Expected calibration error in its class form: the mean over bins of |share of spoof − mean probability
 * of spoof|, weighted by clips; and the largest such gap of any bin.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-probability`, `core/invalid-options`
 */
export function calibrationError(
  probabilities: Scores,
  options: BinOptions = {},
): { readonly ece: number; readonly mce: number; readonly bins: readonly ReliabilityBin[] } {
  const ranking = readProbabilities(probabilities);
  const { ece, mce } = valuesOf(ranking, binning(options));
  return { ece, mce, bins: reliability(ranking, binning(options)) };
}

/**
 * Expected calibration error in its top-label form: confidence is max(p, 1 − p), and the clip is right if
 * p ≥ 0.5 exactly for spoof. Another number than the class form, and the one that networks report.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-probability`, `core/invalid-options`
 */
export function topLabelCalibrationError(
  probabilities: Scores,
  options: Pick<BinOptions, 'bins'> = {},
): number {
  return valuesOf(readProbabilities(probabilities), binning(options)).eceTopLabel;
}

/**
 * Every metric of probabilities with its interval, by the resamples of `evaluate`. A resampled calibration
 * error is biased upward: its interval may lie above the value.
 * @param rows scores are P(spoof), between 0 and 1
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `metrics/not-probability`,
 *   `datasets/duplicate-id`, `core/invalid-options`
 */
export function evaluateProbabilities(
  rows: readonly ScoredClip[],
  options: IntervalOptions & BinOptions = {},
): ProbabilityEvaluation {
  const interval = intervalOptions(options);
  const { trials, clusters } = readTrials(rows);
  const { ranking } = trials;
  requireProbabilities(ranking);
  const bins = binning(options);
  const statistic = probabilityStatistic(ranking, bins);
  const values = new Float64Array(PROBABILITY_METRICS.length);
  statistic(ranking, values);
  const replicates = bootstrap([trials], clusters, interval, values.length, ([counts], out) =>
    statistic(counts!, out),
  );
  const rules: Readonly<Record<ProbabilityMetric, string>> = {
    brier: 'score is P(spoof)',
    logLoss: `nats, within ${CLOSEST} of 0 and 1`,
    ece: `P(spoof), ${bins.name}`,
    mce: `largest gap, ${bins.name}`,
    eceTopLabel: `max(p, 1 − p), ${bins.count} bins of one width`,
  };
  const metrics: Partial<Record<ProbabilityMetric, Figure>> = {};
  for (const [k, name] of PROBABILITY_METRICS.entries()) {
    metrics[name] = toFigure(values[k]!, replicates?.[k], interval.level, rules[name]);
  }
  return {
    n: ranking.n,
    // Every metric was set in the loop above.
    metrics: metrics as ProbabilityEvaluation['metrics'],
    reliability: reliability(ranking, bins),
    interval: { ...interval, clusters: clusters.count, enough: clusters.enough },
  };
}

/**
 * Natural-log likelihood ratio of a probability of spoof: its log odds less those of the prior that the
 * model was trained with. Keeps 1e-7 from 0 and 1.
 * @param prior share of spoof in the training data
 */
export function probabilityToLlr(probability: number, prior = 0.5): number {
  const p = Math.min(Math.max(probability, CLOSEST), 1 - CLOSEST);
  return Math.log(p / (1 - p)) - Math.log(prior / (1 - prior));
}

/**
 * Posterior probability of spoof from a natural-log likelihood ratio and a prior.
 * @param prior probability of spoof before the recording was heard
 */
export function llrToProbability(llr: number, prior = 0.5): number {
  return 1 / (1 + Math.exp(-llr - Math.log(prior / (1 - prior))));
}

interface Binning {
  readonly count: number;
  readonly equal: 'width' | 'mass';
  readonly name: string;
}

function binning({ bins = 10, equal = 'width' }: BinOptions): Binning {
  if (!Number.isInteger(bins) || bins < 1 || bins > 1000) {
    throw new RingtrueError(
      'core/invalid-options',
      `bins is ${bins}; expected a whole number from 1 to 1000`,
    );
  }
  return { count: bins, equal, name: `${bins} bins of one ${equal}` };
}

function readProbabilities(probabilities: Scores): Ranking {
  const ranking = rankScores(probabilities);
  requireProbabilities(ranking);
  return ranking;
}

function requireProbabilities({ values, ranks }: Ranking): void {
  const wrong = values[0]! < 0 ? values[0]! : values[ranks - 1]!;
  if (wrong >= 0 && wrong <= 1) return;
  throw new RingtrueError(
    'metrics/not-probability',
    `a score is ${wrong}; expected probabilities of spoof between 0 and 1`,
    { details: { score: wrong } },
  );
}

function valuesOf(ranking: Ranking, bins: Binning): Record<ProbabilityMetric, number> {
  const out = new Float64Array(PROBABILITY_METRICS.length);
  probabilityStatistic(ranking, bins)(ranking, out);
  const [brier, logLossNats, ece, mce, eceTopLabel] = out;
  return {
    brier: brier!,
    logLoss: logLossNats!,
    ece: ece!,
    mce: mce!,
    eceTopLabel: eceTopLabel!,
  };
}

/** Computes the metrics of counts per rank, in the order of {@link PROBABILITY_METRICS}. */
function probabilityStatistic(
  { values, ranks }: Ranking,
  bins: Binning,
): (counts: RankCounts, out: Float64Array) => void {
  const bounded = values.map((p) => Math.min(Math.max(p, CLOSEST), 1 - CLOSEST));
  const widthBin = Uint32Array.from(values, (p) => binOf(p, bins.count));
  const topBin = Uint32Array.from(values, (p) => binOf(Math.max(p, 1 - p), bins.count));
  const total = new Float64Array(bins.count);
  const spoofs = new Float64Array(bins.count);
  const predicted = new Float64Array(bins.count);
  const topTotal = new Float64Array(bins.count);
  const topRight = new Float64Array(bins.count);
  const topConfidence = new Float64Array(bins.count);
  return ({ bonafide, spoof, n }, out) => {
    const all = n.bonafide + n.spoof;
    for (const sums of [total, spoofs, predicted, topTotal, topRight, topConfidence]) sums.fill(0);
    let squares = 0;
    let losses = 0;
    let seen = 0;
    for (let rank = 0; rank < ranks; rank += 1) {
      const b = bonafide[rank]!;
      const s = spoof[rank]!;
      const p = values[rank]!;
      squares += b * p * p + s * (1 - p) * (1 - p);
      losses -= b * Math.log1p(-bounded[rank]!) + s * Math.log(bounded[rank]!);
      const bin = bins.equal === 'width' ? widthBin[rank]! : massBin(seen, b + s, all, bins.count);
      seen += b + s;
      total[bin]! += b + s;
      spoofs[bin]! += s;
      predicted[bin]! += (b + s) * p;
      const top = topBin[rank]!;
      topTotal[top]! += b + s;
      topRight[top]! += p >= 0.5 ? s : b;
      topConfidence[top]! += (b + s) * Math.max(p, 1 - p);
    }
    let ece = 0;
    let mce = 0;
    let topLabel = 0;
    for (let bin = 0; bin < bins.count; bin += 1) {
      const gap = Math.abs(spoofs[bin]! - predicted[bin]!);
      ece += gap;
      if (total[bin]! > 0) mce = Math.max(mce, gap / total[bin]!);
      topLabel += Math.abs(topRight[bin]! - topConfidence[bin]!);
    }
    out[0] = squares / all;
    out[1] = losses / all;
    out[2] = ece / all;
    out[3] = mce;
    out[4] = topLabel / all;
  };
}

function reliability(ranking: Ranking, bins: Binning): ReliabilityBin[] {
  const { values, bonafide, spoof, ranks, n } = ranking;
  const all = n.bonafide + n.spoof;
  const sums = Array.from({ length: bins.count }, () => ({ n: 0, spoof: 0, predicted: 0 }));
  let seen = 0;
  for (let rank = 0; rank < ranks; rank += 1) {
    const count = bonafide[rank]! + spoof[rank]!;
    const bin =
      bins.equal === 'width'
        ? binOf(values[rank]!, bins.count)
        : massBin(seen, count, all, bins.count);
    seen += count;
    const sum = sums[bin]!;
    sum.n += count;
    sum.spoof += spoof[rank]!;
    sum.predicted += count * values[rank]!;
  }
  return sums
    .filter((sum) => sum.n > 0)
    .map((sum) => ({ predicted: sum.predicted / sum.n, observed: sum.spoof / sum.n, n: sum.n }));
}

/** Bin of a probability among bins of one width; 1 belongs to the last. */
function binOf(p: number, count: number): number {
  return Math.min(count - 1, Math.floor(p * count));
}

/** Bin by the middle of a tie among all clips, so that ties stay together. */
function massBin(before: number, tied: number, all: number, count: number): number {
  return all === 0 ? 0 : Math.min(count - 1, Math.floor((count * (before + tied / 2)) / all));
}
