/**
 * ROC and DET curves, their hull, curves thinned for plotting, the area under the ROC curve and average
 * precision. Spoof is the positive class: fpr = bona fide called spoof, fnr = spoof called bona fide.
 * @module
 */

import { probit } from './normal.ts';
import { poolAdjacentViolators } from './pav.ts';
import { type RankCounts, type Ranking, rankScores, requireBothClasses } from './ranking.ts';
import type { Scores } from './types.ts';

/** Operating points of a detector, thresholds rising: fpr falls from 1 to 0, fnr rises from 0 to 1. */
export interface ErrorCurve {
  /** Clips with a score of at least this are called spoof; the last is +∞ (nothing is). [points] */
  readonly threshold: Float64Array;
  /** Share of bona fide clips called spoof. [points] */
  readonly fpr: Float64Array;
  /** Share of spoof clips called bona fide. [points] */
  readonly fnr: Float64Array;
}

/** A DET curve: error rates with their normal deviates, the axes of a DET plot. */
export interface DetCurve extends ErrorCurve {
  /** Probit of fpr, clamped to half a clip so that it is finite. [points] */
  readonly fprDeviate: Float64Array;
  /** Probit of fnr, clamped to half a clip. [points] */
  readonly fnrDeviate: Float64Array;
}

/** What a curve is reduced to before it is drawn. */
export interface CurveOptions {
  /** Keep only the vertices of the convex hull. @default false */
  readonly hull?: boolean;
  /** Keep at most so many points, spread evenly along the curve, ends included. */
  readonly maxPoints?: number;
}

/**
 * Area under the ROC curve: the chance that a spoof clip scores higher than a bona fide one, ties half.
 * Exact.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function rocAuc(scores: Scores | Ranking): number {
  return aucOfCounts(rankScores(scores));
}

/** Area under the ROC curve of counts per rank; both classes must be present. */
export function aucOfCounts(counts: RankCounts): number {
  const { bonafide, spoof, ranks } = counts;
  let below = 0;
  let twice = 0;
  for (let rank = 0; rank < ranks; rank += 1) {
    const b = bonafide[rank]!;
    twice += spoof[rank]! * (2 * below + b);
    below += b;
  }
  return twice / 2 / (counts.n.bonafide * counts.n.spoof);
}

/**
 * Average precision without interpolation: mean over positives of the precision at their threshold.
 * @param positive class that counts as found; `spoof` ranks from the top, `bonafide` from the bottom
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function averagePrecision(
  scores: Scores | Ranking,
  { positive = 'spoof' }: { positive?: 'spoof' | 'bonafide' } = {},
): number {
  const ranking = rankScores(scores);
  const fromTop = positive === 'spoof';
  const hits = fromTop ? ranking.spoof : ranking.bonafide;
  const others = fromTop ? ranking.bonafide : ranking.spoof;
  let found = 0;
  let wrong = 0;
  let sum = 0;
  for (let k = 0; k < ranking.ranks; k += 1) {
    const rank = fromTop ? ranking.ranks - 1 - k : k;
    found += hits[rank]!;
    wrong += others[rank]!;
    if (hits[rank]! > 0) sum += (hits[rank]! * found) / (found + wrong);
  }
  return sum / found;
}

/**
 * Error rates at every threshold that makes a difference.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function rocCurve(scores: Scores | Ranking, options: CurveOptions = {}): ErrorCurve {
  const ranking = rankScores(scores);
  requireBothClasses(ranking.n);
  const ends = curveRanks(ranking, options);
  const threshold = new Float64Array(ends.length);
  const fpr = new Float64Array(ends.length);
  const fnr = new Float64Array(ends.length);
  let rank = 0;
  let missed = 0;
  let alarms = ranking.n.bonafide;
  for (const [point, end] of ends.entries()) {
    for (; rank < end; rank += 1) {
      missed += ranking.spoof[rank]!;
      alarms -= ranking.bonafide[rank]!;
    }
    threshold[point] = end < ranking.ranks ? ranking.values[end]! : Number.POSITIVE_INFINITY;
    fpr[point] = alarms / ranking.n.bonafide;
    fnr[point] = missed / ranking.n.spoof;
  }
  return { threshold, fpr, fnr };
}

/**
 * The same curve with normal deviates, on whose axes normally distributed scores give a straight line.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function detCurve(scores: Scores | Ranking, options: CurveOptions = {}): DetCurve {
  const ranking = rankScores(scores);
  const curve = rocCurve(ranking, options);
  const deviates = (rates: Float64Array, n: number): Float64Array =>
    rates.map((rate) => probit(Math.min(Math.max(rate, 0.5 / n), 1 - 0.5 / n)));
  return {
    ...curve,
    fprDeviate: deviates(curve.fpr, ranking.n.bonafide),
    fnrDeviate: deviates(curve.fnr, ranking.n.spoof),
  };
}

/** Ranks at which the chosen points split: point p calls ranks ≥ ends[p] spoof. */
function curveRanks(ranking: Ranking, { hull = false, maxPoints }: CurveOptions): Uint32Array {
  let ends: Uint32Array;
  if (hull) {
    const blocks = poolAdjacentViolators(ranking);
    ends = new Uint32Array(blocks.count + 1);
    ends.set(blocks.end.subarray(0, blocks.count), 1);
  } else {
    ends = Uint32Array.from({ length: ranking.ranks + 1 }, (_, rank) => rank);
  }
  if (maxPoints === undefined || ends.length <= maxPoints) return ends;
  return thin(ranking, ends, Math.max(2, Math.floor(maxPoints)));
}

/** Evenly spaced along the curve's length (each class counts 1), so that both steep ends keep points. */
function thin(ranking: Ranking, ends: Uint32Array, points: number): Uint32Array {
  const kept: number[] = [0];
  let rank = 0;
  let travelled = 0;
  for (const end of ends.subarray(1, ends.length - 1)) {
    for (; rank < end; rank += 1) {
      travelled +=
        ranking.bonafide[rank]! / ranking.n.bonafide + ranking.spoof[rank]! / ranking.n.spoof;
    }
    if (travelled * (points - 1) >= 2 * kept.length && kept.length < points - 1) kept.push(end);
  }
  kept.push(ends[ends.length - 1]!);
  return Uint32Array.from(kept);
}
