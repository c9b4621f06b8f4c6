/**
 * The figures of fairness as one function of weighted clips: the same code gives the values and every
 * resample.
 * @module
 */

import type { Label } from '../datasets/clip.ts';
import { sortTrials } from './bootstrap.ts';
import {
  averageOddsDifference,
  equalisedOddsDifference,
  fairnessDiscrepancyRate,
  garbe,
  giniCoefficient,
  groupDeviation,
  inequityRate,
  maxGap,
  parityRatio,
  skewedErrorRatio,
  smoothedRate,
} from './fairness-formulas.ts';
import type { GroupedTrials } from './fairness-groups.ts';
import { createGroupScan } from './fairness-scan.ts';
import { rankAtOrAbove } from './ranking.ts';
import { thresholdAtFpr } from './rates.ts';

/** Figures of one group, and which classes of its clips each needs. */
export const GROUP_FIGURES = {
  fpr: ['bonafide'],
  fnr: ['spoof'],
  balancedAccuracy: ['bonafide', 'spoof'],
  /** Share of its clips called spoof; depends on its share of spoof. */
  selectionRate: ['bonafide', 'spoof'],
  eer: ['bonafide', 'spoof'],
  auc: ['bonafide', 'spoof'],
  /** Its genuine clips against the fakes of the other groups. */
  genuineAuc: ['bonafide'],
  /** Its fakes against the genuine clips of the other groups. */
  fakesAuc: ['spoof'],
} as const satisfies Record<string, readonly Label[]>;
/** A figure of one group. */
export type GroupFigure = keyof typeof GROUP_FIGURES;

/** Figures over groups, and which rates of which groups each is made of. */
export const FAIRNESS_FIGURES = {
  fprGap: 'fpr',
  fnrGap: 'fnr',
  eerGap: 'both',
  worstBalancedAccuracy: 'both',
  balancedAccuracyDeviation: 'both',
  fprDeviation: 'fpr',
  fnrDeviation: 'fnr',
  fdr: 'both',
  /** Mean FDR over thresholds at pooled fpr from 0.001 to 0.1. */
  fdrArea: 'both',
  fprGini: 'fpr',
  fnrGini: 'fnr',
  garbe: 'both',
  inequityRate: 'both',
  fprRatio: 'fpr',
  fnrRatio: 'fnr',
  equalisedOdds: 'both',
  averageOdds: 'both',
  selectionGap: 'both',
  selectionRatio: 'both',
} as const satisfies Record<string, 'fpr' | 'fnr' | 'both'>;
/** A figure over groups. */
export type FairnessFigure = keyof typeof FAIRNESS_FIGURES;

/** Pooled false-positive rates of the area under FDR: equally spaced in their logarithm, ends included. */
const AREA = { from: 1e-3, to: 1e-1, points: 21 };

/** What is compared, and how. */
export interface StatisticOptions {
  readonly threshold: number;
  readonly alpha: number;
  /** Groups that are compared by each rate, and those compared by both, by number. */
  readonly compared: Readonly<Record<'fpr' | 'fnr' | 'both', readonly number[]>>;
}

/** Computes all figures. */
export interface FairnessStatistic {
  /** Numbers that it writes. */
  readonly size: number;
  /** Where a figure of a group is written. */
  groupAt(group: number, figure: GroupFigure): number;
  /** Where a figure over groups is written. */
  figureAt(figure: FairnessFigure): number;
  /** @param weight how often each row counts, [rows]; null: once */
  compute(weight: Uint8Array | null, out: Float64Array): void;
}

const GROUP_NAMES = Object.keys(GROUP_FIGURES);
const FIGURE_NAMES = Object.keys(FAIRNESS_FIGURES);

/** A statistic for these clips; NaN stands for what cannot be had. */
export function createFairnessStatistic(
  trials: GroupedTrials,
  { threshold, alpha, compared }: StatisticOptions,
): FairnessStatistic {
  const { rows } = trials;
  const groups = trials.groups.length;
  const sorted = sortTrials(
    Float64Array.from(rows, ({ score }) => score),
    Uint8Array.from(rows, ({ label }) => (label === 'spoof' ? 1 : 0)),
    Uint32Array.from(rows, (_, i) => i),
  );
  const rowAt = sorted.cluster;
  const group = Uint32Array.from(rowAt, (row) => trials.group[row]!);
  const weights = new Uint8Array(rows.length);
  const scan = createGroupScan(sorted, groups);

  const splits = [threshold, ...areaThresholds(sorted.ranking)].map((t) =>
    rankAtOrAbove(sorted.ranking, t),
  );
  // Clips at or above each split, by group: errors of bona fide, and what is left of spoof.
  const called = splits.map(() => ({
    bonafide: new Float64Array(groups),
    spoof: new Float64Array(groups),
  }));
  const descending = splits.map((_, k) => k).sort((a, b) => splits[b]! - splits[a]!);
  const running = { bonafide: new Float64Array(groups), spoof: new Float64Array(groups) };
  const countCalled = (weight: Uint8Array | null): void => {
    running.bonafide.fill(0);
    running.spoof.fill(0);
    let i = rows.length - 1;
    for (const k of descending) {
      for (; i >= 0 && sorted.rank[i]! >= splits[k]!; i -= 1) {
        const into = sorted.spoof[i] === 1 ? running.spoof : running.bonafide;
        into[group[i]!]! += weight === null ? 1 : weight[i]!;
      }
      called[k]!.bonafide.set(running.bonafide);
      called[k]!.spoof.set(running.spoof);
    }
  };
  const fprAt = (k: number) => (g: number) => called[k]!.bonafide[g]! / scan.bonafide[g]!;
  const fnrAt = (k: number) => (g: number) =>
    (scan.spoof[g]! - called[k]!.spoof[g]!) / scan.spoof[g]!;
  const [fpr, fnr] = [fprAt(0), fnrAt(0)];
  const balanced = (g: number): number => 1 - (fpr(g) + fnr(g)) / 2;
  const selection = (g: number): number =>
    (called[0]!.bonafide[g]! + called[0]!.spoof[g]!) / (scan.bonafide[g]! + scan.spoof[g]!);
  const smoothFpr = (g: number): number => smoothedRate(called[0]!.bonafide[g]!, scan.bonafide[g]!);
  const smoothFnr = (g: number): number =>
    smoothedRate(scan.spoof[g]! - called[0]!.spoof[g]!, scan.spoof[g]!);

  const ofGroup: Record<GroupFigure, (g: number) => number> = {
    fpr,
    fnr,
    balancedAccuracy: balanced,
    selectionRate: selection,
    eer: (g) => scan.eer[g]!,
    auc: (g) => scan.auc[g]!,
    genuineAuc: (g) => scan.genuineAuc[g]!,
    fakesAuc: (g) => scan.fakesAuc[g]!,
  };
  const { both } = compared;
  const rates = (k = 0) => ({ fpr: both.map(fprAt(k)), fnr: both.map(fnrAt(k)) });
  const smoothed = () => ({ fpr: both.map(smoothFpr), fnr: both.map(smoothFnr) });
  const overGroups: Record<FairnessFigure, () => number> = {
    fprGap: () => maxGap(compared.fpr.map(fpr)),
    fnrGap: () => maxGap(compared.fnr.map(fnr)),
    eerGap: () => maxGap(both.map(ofGroup.eer)),
    worstBalancedAccuracy: () => Math.min(...both.map(balanced)),
    balancedAccuracyDeviation: () => groupDeviation(both.map(balanced)),
    fprDeviation: () => groupDeviation(compared.fpr.map(fpr)),
    fnrDeviation: () => groupDeviation(compared.fnr.map(fnr)),
    fdr: () => fairnessDiscrepancyRate(rates(), { alpha }),
    fdrArea: () => {
      let sum = 0;
      for (let k = 1; k < splits.length; k += 1) {
        sum += fairnessDiscrepancyRate(rates(k), { alpha });
      }
      return sum / (splits.length - 1);
    },
    fprGini: () => giniCoefficient(compared.fpr.map(fpr)),
    fnrGini: () => giniCoefficient(compared.fnr.map(fnr)),
    garbe: () => garbe(rates(), { alpha }),
    inequityRate: () => inequityRate(smoothed(), { alpha }),
    fprRatio: () => skewedErrorRatio(compared.fpr.map(smoothFpr)),
    fnrRatio: () => skewedErrorRatio(compared.fnr.map(smoothFnr)),
    equalisedOdds: () => equalisedOddsDifference(rates()),
    averageOdds: () => averageOddsDifference(rates()),
    selectionGap: () => maxGap(both.map(selection)),
    selectionRatio: () => parityRatio(both.map(selection)),
  };
  const groupAt = (g: number, figure: GroupFigure): number =>
    g * GROUP_NAMES.length + GROUP_NAMES.indexOf(figure);
  const figuresFrom = groups * GROUP_NAMES.length;
  return {
    size: figuresFrom + FIGURE_NAMES.length,
    groupAt,
    figureAt: (figure) => figuresFrom + FIGURE_NAMES.indexOf(figure),
    compute(weight, out) {
      if (weight !== null) for (const [i, row] of rowAt.entries()) weights[i] = weight[row]!;
      const used = weight === null ? null : weights;
      scan.scan(group, used);
      countCalled(used);
      let at = 0;
      for (let g = 0; g < groups; g += 1) {
        for (const figure of Object.values(ofGroup)) out[at++] = figure(g);
      }
      // A gap needs two groups.
      for (const [name, figure] of Object.entries(overGroups)) {
        // The keys of overGroups are those of FAIRNESS_FIGURES by its type.
        const among = compared[FAIRNESS_FIGURES[name as FairnessFigure]];
        out[at++] = among.length < 2 ? Number.NaN : figure();
      }
    },
  };
}

/** Thresholds of the area under FDR; none without bona fide clips. */
function areaThresholds(ranking: Parameters<typeof rankAtOrAbove>[0]): number[] {
  if (ranking.n.bonafide === 0) return [];
  const { from, to, points } = AREA;
  return Array.from({ length: points }, (_, k) =>
    thresholdAtFpr(ranking, from * (to / from) ** (k / (points - 1))),
  );
}
