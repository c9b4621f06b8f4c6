/**
 * DeLong's test of two paired AUCs and the interval of one (DeLong, DeLong and Clarke-Pearson 1988).
 * It takes clips as independent: where speakers repeat, use the cluster bootstrap.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { probit, twoSidedP } from './normal.ts';
import { requireBothClasses } from './ranking.ts';
import { sortedOrder } from './sort.ts';
import type { Figure, Scores } from './types.ts';

/** Result of {@link delong}. */
export interface DeLong {
  /** AUC of the first detector. */
  readonly aucA: number;
  /** AUC of the second one. */
  readonly aucB: number;
  /** aucA − aucB. */
  readonly difference: number;
  /** Variances of aucA and aucB, and their covariance. */
  readonly variance: { readonly a: number; readonly b: number; readonly covariance: number };
  /** Difference in standard errors. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Compares two AUCs measured on the same clips.
 * @param a scores of one detector
 * @param b scores of the other, the same clips in the same order
 * @throws RingtrueError `metrics/unpaired`, `metrics/class-missing` (each class needs two clips),
 *   `metrics/not-finite`
 */
export function delong(a: Scores, b: Scores): DeLong {
  if (a.bonafide.length !== b.bonafide.length || a.spoof.length !== b.spoof.length) {
    throw new RingtrueError(
      'metrics/unpaired',
      `${a.bonafide.length} + ${a.spoof.length} scores against ${b.bonafide.length} + ${b.spoof.length}; expected the same clips`,
    );
  }
  const placedA = placements(a);
  const placedB = placements(b);
  const covarianceOf = (x: Placements, y: Placements): number =>
    covariance(x.bonafide, y.bonafide) / a.bonafide.length +
    covariance(x.spoof, y.spoof) / a.spoof.length;
  const variance = {
    a: covarianceOf(placedA, placedA),
    b: covarianceOf(placedB, placedB),
    covariance: covarianceOf(placedA, placedB),
  };
  const difference = placedA.auc - placedB.auc;
  const spread = Math.sqrt(Math.max(0, variance.a + variance.b - 2 * variance.covariance));
  const z = difference === 0 ? 0 : difference / spread;
  return { aucA: placedA.auc, aucB: placedB.auc, difference, variance, z, p: twoSidedP(z) };
}

/**
 * AUC with DeLong's interval, on the logit scale so that it stays inside [0, 1]. No interval where the
 * AUC is 0 or 1.
 * @throws RingtrueError `metrics/class-missing` (each class needs two clips), `metrics/not-finite`
 */
export function delongInterval(
  scores: Scores,
  { level = 0.95 }: { level?: number } = {},
): Figure & { readonly variance: number } {
  const placed = placements(scores);
  const { auc } = placed;
  const variance =
    covariance(placed.bonafide, placed.bonafide) / scores.bonafide.length +
    covariance(placed.spoof, placed.spoof) / scores.spoof.length;
  const rule = 'delong, logit';
  if (auc <= 0 || auc >= 1) return { value: auc, low: null, high: null, rule, variance };
  const reach = (probit(0.5 + level / 2) * Math.sqrt(variance)) / (auc * (1 - auc));
  const centre = Math.log(auc / (1 - auc));
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  return {
    value: auc,
    low: sigmoid(centre - reach),
    high: sigmoid(centre + reach),
    rule,
    variance,
  };
}

interface Placements {
  readonly auc: number;
  /** Per bona fide clip: share of spoof clips above it, ties half. */
  readonly bonafide: Float64Array;
  /** Per spoof clip: share of bona fide clips below it, ties half. */
  readonly spoof: Float64Array;
}

function placements(scores: Scores): Placements {
  const nb = scores.bonafide.length;
  const ns = scores.spoof.length;
  requireBothClasses({ bonafide: nb >= 2 ? nb : 0, spoof: ns >= 2 ? ns : 0 });
  const all = new Float64Array(nb + ns);
  all.set(scores.bonafide);
  all.set(scores.spoof, nb);
  const order = sortedOrder(all);
  const bonafide = new Float64Array(nb);
  const spoof = new Float64Array(ns);
  let belowBonafide = 0;
  let belowSpoof = 0;
  let sum = 0;
  for (let begin = 0; begin < order.length; ) {
    const value = all[order[begin]!]!;
    let end = begin;
    let tiedBonafide = 0;
    for (; end < order.length && all[order[end]!] === value; end += 1) {
      if (order[end]! < nb) tiedBonafide += 1;
    }
    const tiedSpoof = end - begin - tiedBonafide;
    for (let i = begin; i < end; i += 1) {
      const clip = order[i]!;
      if (clip < nb) bonafide[clip] = (ns - belowSpoof - tiedSpoof / 2) / ns;
      else spoof[clip - nb] = (belowBonafide + tiedBonafide / 2) / nb;
    }
    sum += tiedSpoof * (belowBonafide + tiedBonafide / 2);
    belowBonafide += tiedBonafide;
    belowSpoof += tiedSpoof;
    begin = end;
  }
  return { auc: sum / nb / ns, bonafide, spoof };
}

/** Sample covariance, denominator n − 1. */
function covariance(x: Float64Array, y: Float64Array): number {
  const n = x.length;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < n; i += 1) {
    meanX += x[i]! / n;
    meanY += y[i]! / n;
  }
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += (x[i]! - meanX) * (y[i]! - meanY);
  return sum / (n - 1);
}
