/**
 * Cost of log-likelihood ratios, Cllr (Brümmer and du Preez 2006; card metrics.md §7), in bits: 0 is
 * perfect, 1 says nothing, above 1 misleads. minCllr is what is left after the best rising calibration.
 * @module
 */

import { type PavBlocks, poolAdjacentViolators } from './pav.ts';
import { type RankCounts, type Ranking, rankScores } from './ranking.ts';
import type { Counts, Scores } from './types.ts';

/** ln(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/**
 * Cllr of scores read as natural-log likelihood ratios (high = spoof).
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function cllr(scores: Scores | Ranking): number {
  const ranking = rankScores(scores);
  return cllrOfCounts(ranking, cllrCosts(ranking));
}

/** Cost of one clip at each rank, in bits, by class: what a resample only has to weigh. */
export function cllrCosts(ranking: Ranking): { bonafide: Float64Array; spoof: Float64Array } {
  return {
    bonafide: ranking.values.map((value) => softplus(value) / Math.LN2),
    spoof: ranking.values.map((value) => softplus(-value) / Math.LN2),
  };
}

/** Cllr of counts per rank, given the costs per rank. */
export function cllrOfCounts(
  counts: RankCounts,
  costs: { readonly bonafide: Float64Array; readonly spoof: Float64Array },
): number {
  let bonafide = 0;
  let spoof = 0;
  for (let rank = 0; rank < counts.ranks; rank += 1) {
    bonafide += counts.bonafide[rank]! * costs.bonafide[rank]!;
    spoof += counts.spoof[rank]! * costs.spoof[rank]!;
  }
  return (bonafide / counts.n.bonafide + spoof / counts.n.spoof) / 2;
}

/**
 * Cllr after the best rising calibration, fitted on these very scores: the loss by discrimination
 * alone. Optimistic on small sets.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function minCllr(scores: Scores | Ranking): number {
  const ranking = rankScores(scores);
  return minCllrOfBlocks(poolAdjacentViolators(ranking), ranking.n);
}

/** minCllr of pooled blocks. Infinite ratios on the right side cost nothing. */
export function minCllrOfBlocks(blocks: PavBlocks, n: Counts): number {
  let cost = 0;
  for (let block = 0; block < blocks.count; block += 1) {
    const b = blocks.bonafide[block]! / n.bonafide;
    const s = blocks.spoof[block]! / n.spoof;
    // The block's likelihood ratio is s/b.
    if (b > 0 && s > 0) cost += b * Math.log2(1 + s / b) + s * Math.log2(1 + b / s);
  }
  return cost / 2;
}
