/**
 * Percentile intervals by the cluster bootstrap (card metrics.md §9).
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { quantile } from './quantile.ts';
import type { RankCounts, Ranking } from './ranking.ts';
import { type ClusterRanges, createResampler } from './resample.ts';
import { sortedOrder } from './sort.ts';
import type { Figure } from './types.ts';

/** What an interval needs. */
export interface IntervalOptions {
  /** @default 1 */
  readonly seed?: number | string;
  /** Number of resamples. @default 1000 */
  readonly replicates?: number;
  /** Share of resamples inside the interval. @default 0.95 */
  readonly level?: number;
  /** Told now and then how many resamples are done; a million clips take seconds. */
  readonly onReplicate?: OnReplicate | undefined;
}

/** Told how many resamples are done. */
export type OnReplicate = (done: number) => void;

/** Resamples between two calls of {@link OnReplicate}. */
const REPORTED_EVERY = 10;

/** Interval options with their defaults. */
export interface Interval {
  readonly seed: number | string;
  readonly replicates: number;
  readonly level: number;
}

/**
 * Fills in defaults.
 * @throws RingtrueError `core/invalid-options`
 */
export function intervalOptions(options: IntervalOptions): Interval {
  const { seed = 1, replicates = 1000, level = 0.95 } = options;
  if (!Number.isInteger(replicates) || replicates < 1) {
    throw new RingtrueError(
      'core/invalid-options',
      `replicates is ${replicates}; expected a whole number of at least 1`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RingtrueError(
      'core/invalid-options',
      `level is ${level}; expected a share between 0 and 1`,
    );
  }
  return { seed, replicates, level };
}

/** Scores of clips in falling detail: sorted clips, their ranks, and who they are resampled with. */
export interface SortedTrials {
  readonly ranking: Ranking;
  /** Rank of each clip, ascending. [clips] */
  readonly rank: Uint32Array;
  /** 1 for spoof, in the same order. [clips] */
  readonly spoof: Uint8Array;
  /** Cluster of each clip, in the same order. [clips] */
  readonly cluster: Uint32Array;
}

/**
 * Sorts clips by score once, bona fide before spoof inside a tie, so that each resample is one pass.
 * @param score score per clip, high = spoof
 * @param spoof 1 for spoof clips
 * @param cluster cluster per clip
 * @throws RingtrueError `metrics/not-finite`
 */
export function sortTrials(
  score: Float64Array,
  spoof: Uint8Array,
  cluster: Uint32Array,
): SortedTrials {
  const order = sortedOrder(score, spoof);
  const values = new Float64Array(order.length);
  const bonafideAt = new Uint32Array(order.length);
  const spoofAt = new Uint32Array(order.length);
  const rankOf = new Uint32Array(order.length);
  const n = { bonafide: 0, spoof: 0 };
  let rank = -1;
  let last = Number.NaN;
  for (const [i, clip] of order.entries()) {
    const value = score[clip]! + 0;
    if (value !== last) {
      rank += 1;
      values[rank] = value;
      last = value;
    }
    rankOf[i] = rank;
    if (spoof[clip] === 1) {
      spoofAt[rank]!++;
      n.spoof += 1;
    } else {
      bonafideAt[rank]!++;
      n.bonafide += 1;
    }
  }
  const ranks = rank + 1;
  return {
    ranking: {
      ranks,
      values: values.subarray(0, ranks),
      bonafide: bonafideAt.subarray(0, ranks),
      spoof: spoofAt.subarray(0, ranks),
      n,
    },
    rank: rankOf,
    spoof: order.length === 0 ? new Uint8Array() : Uint8Array.from(order, (clip) => spoof[clip]!),
    cluster: Uint32Array.from(order, (clip) => cluster[clip]!),
  };
}

/** Counts of a resample, with the memory they live in. */
export interface ResampledCounts extends RankCounts {
  readonly n: { bonafide: number; spoof: number };
}

/** Memory for the counts of resamples of these clips. */
export function createCounts({ ranking }: SortedTrials): ResampledCounts {
  return {
    ranks: ranking.ranks,
    bonafide: new Uint32Array(ranking.ranks),
    spoof: new Uint32Array(ranking.ranks),
    n: { bonafide: 0, spoof: 0 },
  };
}

/** Counts per rank when each clip occurs as often as its cluster was drawn. */
export function weighCounts(trials: SortedTrials, weights: Uint8Array, out: ResampledCounts): void {
  const { rank, spoof, cluster } = trials;
  const { bonafide: bonafideAt, spoof: spoofAt } = out;
  let bonafideTotal = 0;
  let total = 0;
  let at = 0;
  let b = 0;
  let s = 0;
  for (let i = 0; i < rank.length; i += 1) {
    if (rank[i] !== at) {
      bonafideAt[at] = b;
      spoofAt[at] = s;
      bonafideTotal += b;
      at += 1;
      b = 0;
      s = 0;
    }
    const weight = weights[cluster[i]!]!;
    const spoofWeight = weight & -spoof[i]!;
    s += spoofWeight;
    b += weight - spoofWeight;
    total += weight;
  }
  bonafideAt[at] = b;
  spoofAt[at] = s;
  bonafideTotal += b;
  out.n.bonafide = bonafideTotal;
  out.n.spoof = total - bonafideTotal;
}

/** Writes numbers for a resample, given how often each cluster was drawn. */
export type ResampleStatistic = (weights: Uint8Array, out: Float64Array) => void;

/**
 * Computes statistics of counts per rank on every resample.
 * @param trials one set of sorted clips, or several over the same clusters (a paired comparison)
 * @param numbers how many numbers the statistic writes
 * @param statistic writes its numbers for the counts of each set into `out`, [numbers]
 * @returns as {@link bootstrapWeights}
 */
export function bootstrap(
  trials: readonly SortedTrials[],
  clusters: ClusterRanges,
  interval: Interval & Pick<IntervalOptions, 'onReplicate'>,
  numbers: number,
  statistic: (counts: readonly RankCounts[], out: Float64Array) => void,
): Float64Array[] | null {
  const counts = trials.map(createCounts);
  return bootstrapWeights(clusters, interval, numbers, (weights, out) => {
    for (let t = 0; t < trials.length; t += 1) weighCounts(trials[t]!, weights, counts[t]!);
    statistic(counts, out);
  });
}

/**
 * Computes a statistic on every resample.
 * @param numbers how many numbers the statistic writes
 * @returns one array of replicates per number, sorted ascending, NaN left out; null if a class has too
 *   few clusters to draw from
 */
export function bootstrapWeights(
  clusters: ClusterRanges,
  { seed, replicates, onReplicate }: Interval & Pick<IntervalOptions, 'onReplicate'>,
  numbers: number,
  statistic: ResampleStatistic,
): Float64Array[] | null {
  if (!clusters.enough) return null;
  const resampler = createResampler(clusters.strata, seed);
  const weights = new Uint8Array(clusters.count);
  const out = new Float64Array(numbers);
  const results = Array.from({ length: numbers }, () => new Float64Array(replicates));
  for (let r = 0; r < replicates; r += 1) {
    resampler.next(weights);
    statistic(weights, out);
    for (let k = 0; k < numbers; k += 1) results[k]![r] = out[k]!;
    if ((r + 1) % REPORTED_EVERY === 0) onReplicate?.(r + 1);
  }
  // Typed arrays sort NaN to the end.
  return results.map((values) => {
    values.sort();
    const end = values.findIndex(Number.isNaN);
    return end < 0 ? values : values.subarray(0, end);
  });
}

/** A value with the percentile interval of its sorted replicates. */
export function toFigure(
  value: number,
  replicates: Float64Array | undefined,
  level: number,
  rule?: string,
): Figure {
  const named = rule === undefined ? {} : { rule };
  if (replicates === undefined || replicates.length === 0) {
    return { value, low: null, high: null, ...named };
  }
  const tail = (1 - level) / 2;
  return {
    value,
    low: quantile(replicates, tail),
    high: quantile(replicates, 1 - tail),
    ...named,
  };
}
