/**
 * Normalised detection cost of ASVspoof 5 track 1 (card metrics.md §3). The challenge's words: a miss is
 * a bona fide clip rejected (our fpr), a false acceptance is a spoof clip accepted (our fnr).
 * @module
 */

import { type RankCounts, type Ranking, rankAtOrAbove, rankScores } from './ranking.ts';
import type { Scores } from './types.ts';

/** Prior and costs. */
export interface DcfCosts {
  /** Prior probability of spoof. */
  readonly spoofPrior: number;
  /** Cost of calling a bona fide clip spoof. */
  readonly rejectCost: number;
  /** Cost of letting a spoof clip pass. */
  readonly acceptCost: number;
}

/** Prior and costs of ASVspoof 5 track 1. */
export const ASVSPOOF5_COSTS: DcfCosts = { spoofPrior: 0.05, rejectCost: 1, acceptCost: 10 };

/** Weights of fpr and fnr in the cost, normalised by the better of accepting and rejecting all. */
function weights(costs: DcfCosts): { fpr: number; fnr: number } {
  const reject = costs.rejectCost * (1 - costs.spoofPrior);
  const accept = costs.acceptCost * costs.spoofPrior;
  const least = Math.min(reject, accept);
  return { fpr: reject / least, fnr: accept / least };
}

/**
 * Threshold on a natural-log likelihood ratio (high = spoof) at which calling a clip spoof becomes the
 * cheaper decision: ln(β) with β = rejectCost·(1−π)/(acceptCost·π), 0.6419 for ASVspoof 5.
 */
export function bayesThreshold(costs: DcfCosts = ASVSPOOF5_COSTS): number {
  return Math.log(
    (costs.rejectCost * (1 - costs.spoofPrior)) / (costs.acceptCost * costs.spoofPrior),
  );
}

/**
 * Least normalised cost over all thresholds, with the threshold that reaches it (clips at or above are
 * called spoof; +∞ if calling nothing spoof is best). At most 1.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function minDcf(
  scores: Scores | Ranking,
  costs: DcfCosts = ASVSPOOF5_COSTS,
): { value: number; threshold: number } {
  const ranking = rankScores(scores);
  const { value, rank } = leastCost(ranking, costs);
  const threshold = rank < ranking.ranks ? ranking.values[rank]! : Number.POSITIVE_INFINITY;
  return { value, threshold };
}

/** Least normalised cost of counts per rank; both classes must be present. */
export function minDcfOfCounts(counts: RankCounts, costs: DcfCosts = ASVSPOOF5_COSTS): number {
  return leastCost(counts, costs).value;
}

function leastCost(counts: RankCounts, costs: DcfCosts): { value: number; rank: number } {
  const weight = weights(costs);
  const perBonafide = weight.fpr / counts.n.bonafide;
  const perSpoof = weight.fnr / counts.n.spoof;
  let alarms = counts.n.bonafide;
  let missed = 0;
  let value = alarms * perBonafide;
  let at = 0;
  for (let rank = 0; rank < counts.ranks; rank += 1) {
    alarms -= counts.bonafide[rank]!;
    missed += counts.spoof[rank]!;
    const cost = alarms * perBonafide + missed * perSpoof;
    if (cost < value) {
      value = cost;
      at = rank + 1;
    }
  }
  return { value, rank: at };
}

/**
 * Normalised cost at the Bayes threshold, reading scores as natural-log likelihood ratios. As in the
 * challenge's code a score exactly on the threshold is accepted. Can exceed 1.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function actDcf(scores: Scores | Ranking, costs: DcfCosts = ASVSPOOF5_COSTS): number {
  const ranking = rankScores(scores);
  return actDcfOfCounts(ranking, rankAboveBayes(ranking, costs), costs);
}

/** First rank whose score lies above the Bayes threshold. */
export function rankAboveBayes(ranking: Ranking, costs: DcfCosts = ASVSPOOF5_COSTS): number {
  const threshold = bayesThreshold(costs);
  const rank = rankAtOrAbove(ranking, threshold);
  return ranking.values[rank] === threshold ? rank + 1 : rank;
}

/** Normalised cost of counts per rank when ranks from `split` on are called spoof. */
export function actDcfOfCounts(
  counts: RankCounts,
  split: number,
  costs: DcfCosts = ASVSPOOF5_COSTS,
): number {
  const weight = weights(costs);
  let alarms = 0;
  let caught = 0;
  for (let rank = split; rank < counts.ranks; rank += 1) {
    alarms += counts.bonafide[rank]!;
    caught += counts.spoof[rank]!;
  }
  return (
    (weight.fpr * alarms) / counts.n.bonafide +
    (weight.fnr * (counts.n.spoof - caught)) / counts.n.spoof
  );
}
