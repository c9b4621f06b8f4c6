/**
 * Equal error rate: the error where as many bona fide clips are called spoof as spoof clips pass.
 * Three rules, because finite data rarely meet exactly (card metrics.md §1).
 * @module
 */

import { type PavBlocks, poolAdjacentViolators } from './pav.ts';
import {
  type RankCounts,
  type Ranking,
  rankScores,
  requireBothClasses,
  thresholdBelow,
} from './ranking.ts';
import type { Scores } from './types.ts';

/** How the equal error rate is read off a step curve. */
export type EerRule = 'interpolated' | 'step' | 'rocch';

/** An equal error rate. */
export interface Eer {
  /** Between 0 and 1. */
  readonly value: number;
  /** A clip is called spoof if its score is at least this. Chosen on the very data it is measured on. */
  readonly threshold: number;
  /** How it is read off the curve. */
  readonly rule: EerRule;
}

/**
 * Equal error rate. `interpolated` (default) joins the points of the curve by lines; `step` is the rule
 * of the ASVspoof packages, order of ties included; `rocch` reads the convex hull of the ROC curve.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function eer(
  scores: Scores | Ranking,
  { rule = 'interpolated' }: { rule?: EerRule } = {},
): Eer {
  const ranking = rankScores(scores);
  requireBothClasses(ranking.n);
  if (rule === 'step') {
    const { value, rank } = stepCrossing(ranking);
    // The packages start their curve 0.001 outside the scores.
    const threshold =
      rank === ranking.ranks ? ranking.values[rank - 1]! + 0.001 : ranking.values[rank]!;
    return { value, threshold, rule };
  }
  if (rule === 'rocch') {
    const blocks = poolAdjacentViolators(ranking);
    const { value, rank } = crossing(blocks.bonafide, blocks.spoof, blocks.count, ranking.n);
    const first = rank === 0 ? 0 : blocks.end[rank - 1]!;
    return { value, threshold: thresholdBelow(ranking, first), rule };
  }
  const { value, rank } = crossing(ranking.bonafide, ranking.spoof, ranking.ranks, ranking.n);
  return { value, threshold: thresholdBelow(ranking, rank), rule };
}

/** Interpolated equal error rate of counts per rank; both classes must be present. */
export function eerOfCounts(counts: RankCounts): number {
  return crossing(counts.bonafide, counts.spoof, counts.ranks, counts.n).value;
}

/** Equal error rate by the step rule, of counts per rank; both classes must be present. */
export function stepEerOfCounts(counts: RankCounts): number {
  return stepCrossing(counts).value;
}

/** Equal error rate on the convex hull, of pooled blocks; both classes must be present. */
export function hullEerOfBlocks(blocks: PavBlocks, n: RankCounts['n']): number {
  return crossing(blocks.bonafide, blocks.spoof, blocks.count, n).value;
}

/**
 * Where the line through the operating points meets equal errors, and the rank below which the nearer
 * of the two points around it splits. Operating point j calls ranks ≥ j spoof.
 */
function crossing(
  bonafide: Uint32Array | Float64Array,
  spoof: Uint32Array | Float64Array,
  ranks: number,
  n: RankCounts['n'],
): { value: number; rank: number } {
  // In units of 1/(bonafide·spoof), so that everything stays an exact integer (below 2^53).
  const full = n.bonafide * n.spoof;
  let difference = -full;
  let falseAlarms = n.bonafide;
  for (let rank = 0; rank < ranks; rank += 1) {
    const b = bonafide[rank]!;
    const step = spoof[rank]! * n.bonafide + b * n.spoof;
    const next = difference + step;
    if (next >= 0) {
      const along = -difference / step;
      const value = (falseAlarms - along * b) / n.bonafide;
      return { value, rank: next < -difference ? rank + 1 : rank };
    }
    difference = next;
    falseAlarms -= b;
  }
  return { value: 0.5, rank: 0 };
}

/**
 * The step rule: clips in falling order of score, bona fide before spoof inside a tie, one point after
 * each; the first point with the least difference counts.
 */
function stepCrossing(counts: RankCounts): { value: number; rank: number } {
  const { bonafide, spoof, n } = counts;
  let rejected = 0;
  let accepted = n.spoof;
  let difference = -n.bonafide * n.spoof;
  let last = counts.ranks;
  const result = (r: number, a: number, rank: number) => ({
    value: (r / n.bonafide + a / n.spoof) / 2,
    rank,
  });
  for (let rank = counts.ranks - 1; rank >= 0; rank -= 1) {
    const b = bonafide[rank]!;
    const s = spoof[rank]!;
    if (difference + b * n.spoof + s * n.bonafide < 0) {
      difference += b * n.spoof + s * n.bonafide;
      rejected += b;
      accepted -= s;
      if (b + s > 0) last = rank;
      continue;
    }
    for (let k = 0; k < b + s; k += 1) {
      const isBonafide = k < b;
      const next = difference + (isBonafide ? n.spoof : n.bonafide);
      if (next >= 0) {
        if (-difference <= next) return result(rejected, accepted, last);
        return isBonafide
          ? result(rejected + 1, accepted, rank)
          : result(rejected, accepted - 1, rank);
      }
      difference = next;
      if (isBonafide) rejected += 1;
      else accepted -= 1;
      last = rank;
    }
  }
  return result(rejected, accepted, last);
}
