/**
 * Error rates, precision, recall, F1 and accuracy at a threshold fixed beforehand.
 * @module
 */

import { type Ranking, rankAtOrAbove, rankScores, thresholdBelow } from './ranking.ts';
import type { Scores } from './types.ts';

/** A confusion table. Positive = spoof. */
export interface Confusion {
  /** Spoof called spoof. */
  readonly truePositives: number;
  /** Bona fide called spoof. */
  readonly falsePositives: number;
  /** Spoof called bona fide. */
  readonly falseNegatives: number;
  /** Bona fide called bona fide. */
  readonly trueNegatives: number;
}

/** Rates at a threshold, spoof positive. */
export interface Rates extends Confusion {
  /** A clip is called spoof if its score is at least this. */
  readonly threshold: number;
  /** Share of bona fide clips called spoof. */
  readonly fpr: number;
  /** Share of spoof clips called bona fide. */
  readonly fnr: number;
  /** Share of clips called spoof that are spoof; NaN if none is called spoof. */
  readonly precision: number;
  /** Share of spoof clips called spoof. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Mean of F1 with spoof positive and F1 with bona fide positive. */
  readonly macroF1: number;
  /** Share of clips called what they are. */
  readonly accuracy: number;
  /** Mean of fpr and fnr: does not depend on the class balance. */
  readonly balancedError: number;
}

/**
 * Rates when clips with a score of at least the threshold are called spoof.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function ratesAt(scores: Scores | Ranking, threshold: number): Rates {
  const ranking = rankScores(scores);
  const split = rankAtOrAbove(ranking, threshold);
  let falsePositives = 0;
  let truePositives = 0;
  for (let rank = split; rank < ranking.ranks; rank += 1) {
    falsePositives += ranking.bonafide[rank]!;
    truePositives += ranking.spoof[rank]!;
  }
  return ratesOf(
    {
      truePositives,
      falsePositives,
      falseNegatives: ranking.n.spoof - truePositives,
      trueNegatives: ranking.n.bonafide - falsePositives,
    },
    threshold,
  );
}

/**
 * The lowest threshold at which at most this share of bona fide clips is called spoof; infinite if only
 * that calls few enough. Choose it on other clips than those it is used on.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function thresholdAtFpr(scores: Scores | Ranking, fpr: number): number {
  const ranking = rankScores(scores);
  const most = fpr * ranking.n.bonafide;
  let called = 0;
  let rank = ranking.ranks;
  while (rank > 0 && called + ranking.bonafide[rank - 1]! <= most) {
    rank -= 1;
    called += ranking.bonafide[rank]!;
  }
  return rank === ranking.ranks ? Number.POSITIVE_INFINITY : thresholdBelow(ranking, rank);
}

/** Rates of a confusion table. */
export function ratesOf(confusion: Confusion, threshold: number): Rates {
  const {
    truePositives: tp,
    falsePositives: fp,
    falseNegatives: fn,
    trueNegatives: tn,
  } = confusion;
  const fpr = fp / (fp + tn);
  const fnr = fn / (fn + tp);
  const f1 = (2 * tp) / (2 * tp + fp + fn);
  return {
    ...confusion,
    threshold,
    fpr,
    fnr,
    precision: tp / (tp + fp),
    recall: tp / (tp + fn),
    f1,
    macroF1: (f1 + (2 * tn) / (2 * tn + fp + fn)) / 2,
    accuracy: (tp + tn) / (tp + tn + fp + fn),
    balancedError: (fpr + fnr) / 2,
  };
}
