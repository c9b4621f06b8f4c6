/**
 * Scores reduced to what every ranking metric needs: how many clips of each class lie at each
 * different score. A bootstrap resample is the same thing with other counts, so every metric here is
 * a function of counts and is written once.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { withSorted } from './sort.ts';
import type { Counts, Scores } from './types.ts';

/** Clips of each class per rank; ranks are the different scores, ascending. */
export interface RankCounts {
  /** Number of ranks. */
  readonly ranks: number;
  /** Bona fide clips at each rank, [ranks]. */
  readonly bonafide: Uint32Array;
  /** Spoof clips at each rank, [ranks]. */
  readonly spoof: Uint32Array;
  /** Sums of the two. */
  readonly n: Counts;
}

/** Counts with the scores that the ranks stand for. */
export interface Ranking extends RankCounts {
  /** Different scores, ascending, [ranks]. */
  readonly values: Float64Array;
}

/**
 * Sorts scores into a ranking. Metrics take scores or a ranking: rank once to compute several.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function rankScores(scores: Scores | Ranking): Ranking {
  if ('ranks' in scores) return scores;
  requireBothClasses({ bonafide: scores.bonafide.length, spoof: scores.spoof.length });
  return withSorted(scores, ({ bonafide, spoof }) => mergeClasses(bonafide, spoof));
}

function mergeClasses(b: Float64Array, s: Float64Array): Ranking {
  const values = new Float64Array(b.length + s.length);
  const bonafide = new Uint32Array(values.length);
  const spoof = new Uint32Array(values.length);
  let rank = -1;
  let last = Number.NaN;
  let i = 0;
  let j = 0;
  while (i < b.length || j < s.length) {
    const takeBonafide = j >= s.length || (i < b.length && b[i]! <= s[j]!);
    const value = takeBonafide ? b[i]! : s[j]!;
    if (value !== last) {
      rank += 1;
      // −0 becomes 0.
      values[rank] = value + 0;
      last = value;
    }
    if (takeBonafide) {
      bonafide[rank]!++;
      i += 1;
    } else {
      spoof[rank]!++;
      j += 1;
    }
  }
  const ranks = rank + 1;
  return {
    ranks,
    values: values.subarray(0, ranks),
    bonafide: bonafide.subarray(0, ranks),
    spoof: spoof.subarray(0, ranks),
    n: { bonafide: b.length, spoof: s.length },
  };
}

/** Throws `metrics/class-missing` unless both classes have a clip. */
export function requireBothClasses(n: Counts): void {
  if (n.bonafide > 0 && n.spoof > 0) return;
  throw new RingtrueError(
    'metrics/class-missing',
    `${n.bonafide} bona fide and ${n.spoof} spoof scores; expected at least one of each`,
    { details: { bonafide: n.bonafide, spoof: n.spoof } },
  );
}

/** Throws `metrics/too-few-values` when fewer than three scores differ (saturated outputs). */
export function requireThreeValues(ranking: Ranking): void {
  if (ranking.ranks >= 3) return;
  throw new RingtrueError(
    'metrics/too-few-values',
    `the scores take only ${ranking.ranks} different ${ranking.ranks === 1 ? 'value' : 'values'} (${[...ranking.values].join(', ')}); expected at least 3`,
    { details: { values: [...ranking.values] } },
  );
}

/** First rank whose score is at least the threshold; `ranks` if there is none. */
export function rankAtOrAbove(ranking: Ranking, threshold: number): number {
  let low = 0;
  let high = ranking.ranks;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranking.values[middle]! >= threshold) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A threshold that splits just below a rank, with room on both sides: half-way to the rank below, so
 * that new clips near it fall either way. A clip is called spoof if its score is at least this.
 */
export function thresholdBelow(ranking: Ranking, rank: number): number {
  const above = ranking.values[rank]!;
  if (rank === 0) return above;
  const below = ranking.values[rank - 1]!;
  const middle = below / 2 + above / 2;
  return middle > below ? middle : above;
}
