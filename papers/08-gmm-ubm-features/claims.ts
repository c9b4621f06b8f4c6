/**
 * The checks of card 08 on tables of scores; bounds are the card's, set before anything was measured.
 * @module
 */

import { type Claim, type ClaimFigure, claimOf } from 'ringtrue/benchmarks';
import { FEATURE_FAMILIES } from 'ringtrue/dsp';
import { evaluateRoc, pairedDifferences, type ScoredClip } from 'ringtrue/metrics';
import type { ScoreTable } from './systems.ts';

/** Share of EER that one of several families may be better on dev by chance and fusion be allowed on eval. */
const FUSION_MARGIN = 0.01;
const HYBRID_MARGIN = 0.005;
/** Least change of EER, in the median over families, that counts as material. */
const MATERIAL = 0.02;

/** EER with its interval. */
function eerFigure(name: string, rows: readonly ScoredClip[]): ClaimFigure {
  const { eer } = evaluateRoc(rows);
  return { name: `EER ${name}`, value: eer.value, low: eer.low, high: eer.high, n: rows.length };
}

/** EER of a minus EER of b on the same clips. */
function difference(
  name: string,
  [a, b]: readonly [readonly ScoredClip[], readonly ScoredClip[]],
  level = 0.95,
): ClaimFigure {
  const { value, low, high } = pairedDifferences(a, b, { level }).differences.eer;
  return { name: `ΔEER ${name}`, value, low, high, n: a.length };
}

function rowsOf(table: ScoreTable, name: string, split: 'dev' | 'eval'): readonly ScoredClip[] {
  const found = table.get(name);
  if (found === undefined) throw new Error(`internal: ${name} was not scored`);
  return found[split];
}

function best(figures: readonly ClaimFigure[]): ClaimFigure {
  return figures.reduce((least, figure) => (figure.value < least.value ? figure : least));
}

/** A feature family with its EER. */
interface Single {
  readonly family: string;
  readonly figure: ClaimFigure;
}

/** Checks 7: fusion and hybrid, with the row of the table features × data. */
export function fusionClaims(table: ScoreTable, data: string): Claim[] {
  const of = (split: 'dev' | 'eval', name: string): ClaimFigure =>
    eerFigure(`${name}, ${split}`, rowsOf(table, name, split));
  const singles = (split: 'dev' | 'eval'): ClaimFigure[] =>
    FEATURE_FAMILIES.map((name) => of(split, name));
  const bestSingle = (split: 'dev' | 'eval'): Single => {
    const all = FEATURE_FAMILIES.map((family) => ({ family, figure: of(split, family) }));
    return all.reduce((least, one) => (one.figure.value < least.figure.value ? one : least));
  };
  const [devBest, evalBest] = [bestSingle('dev'), bestSingle('eval')];
  const fused = { dev: of('dev', 'handcrafted'), eval: of('eval', 'handcrafted') };
  const learned = of('eval', 'learned');
  const hybrid = of('eval', 'hybrid');
  const against = (split: 'dev' | 'eval', a: string, b: string): ClaimFigure =>
    difference(`${a} − ${b}, ${split}`, [rowsOf(table, a, split), rowsOf(table, b, split)]);
  return [
    claimOf(
      {
        id: `${data}-fusion-dev`,
        claim: `${data}: nine fused feature sets are no worse than the best of them on dev`,
        expected: 'EER(fusion) ≤ least EER of a single family, on dev (which it was fitted on)',
        figures: [fused.dev, ...singles('dev'), against('dev', 'handcrafted', devBest.family)],
        note: `The best single family is ${devBest.family}.`,
      },
      fused.dev.value <= devBest.figure.value,
    ),
    claimOf(
      {
        id: `${data}-fusion-eval`,
        claim: `${data}: what was fused on dev holds on eval`,
        expected: 'EER(fusion) ≤ least EER of a single family + 1 point, on eval',
        figures: [fused.eval, ...singles('eval'), against('eval', 'handcrafted', evalBest.family)],
        note: `The best single family on eval is ${evalBest.family}; nobody knows it before eval is seen.`,
      },
      fused.eval.value <= evalBest.figure.value + FUSION_MARGIN,
    ),
    claimOf(
      {
        id: `${data}-hybrid`,
        claim: `${data}: hand-crafted and learned features together are no worse than either`,
        expected:
          'EER(hybrid) ≤ EER(hand-crafted) + 0.5 points and ≤ EER(learned) + 0.5 points, on eval',
        figures: [
          hybrid,
          fused.eval,
          learned,
          of('eval', 'autoencoder'),
          of('eval', 'autoencoder-cmvn'),
          of('eval', 'hybrid-mlp'),
          against('eval', 'hybrid', 'handcrafted'),
          against('eval', 'hybrid', 'learned'),
          against('eval', 'hybrid-mlp', 'hybrid'),
        ],
        note: 'hybrid-mlp is the same fusion by a small network in place of logistic regression.',
      },
      hybrid.value <= Math.min(fused.eval.value, learned.value) + HYBRID_MARGIN,
    ),
  ];
}

/**
 * Check 6: linear scales against mel on replay.
 * @param suffix of the systems: how mixtures score
 */
export function replayClaim(table: ScoreTable, suffix: '' | '-ubm'): Claim {
  const rows = (name: string): readonly ScoredClip[] => rowsOf(table, `${name}${suffix}`, 'eval');
  const scoring =
    suffix === ''
      ? 'a mixture a class'
      : 'one mixture of both, its means adapted to each class (GMM-UBM, r = 16, the best 10)';
  const mfcc = eerFigure('mfcc', rows('mfcc'));
  const linear = ['lfcc', 'rfcc', 'scmc'];
  const figures = linear.map((name) => eerFigure(name, rows(name)));
  const least = best(figures);
  const differences = linear.map((name) =>
    difference(`${name} − mfcc`, [rows(name), rows('mfcc')], 1 - 0.05 / linear.length),
  );
  const shown = differences.some(({ high }) => high !== null && high < 0);
  return claimOf(
    {
      id: `replay-linear${suffix}`,
      claim: `Simulated replay, unseen rooms and loudspeakers: a linear frequency scale beats mel, ${scoring}`,
      expected: 'EER of LFCC, RFCC or SCMC < EER of MFCC, its interval too, 64 Gaussians',
      figures: [mfcc, ...figures, ...differences],
      note: `Intervals of differences are those of three comparisons together (Bonferroni): ${shown ? 'one and more lie' : 'none lies'} below 0.`,
    },
    least.value < mfcc.value && shown,
  );
}

/** Check 8, and with and without voice activity. */
export function normalisationClaims(table: ScoreTable): Claim[] {
  const comparison = (suffix: string): ClaimFigure[] =>
    FEATURE_FAMILIES.map((name) =>
      difference(
        `${name}${suffix} − ${name}`,
        [rowsOf(table, `${name}${suffix}`, 'eval'), rowsOf(table, name, 'eval')],
        1 - 0.05 / FEATURE_FAMILIES.length,
      ),
    );
  const eers = (suffix: string): ClaimFigure[] =>
    FEATURE_FAMILIES.flatMap((name) => [
      eerFigure(name, rowsOf(table, name, 'eval')),
      eerFigure(`${name}${suffix}`, rowsOf(table, `${name}${suffix}`, 'eval')),
    ]);
  const told = (differences: readonly ClaimFigure[]): { median: number; shown: number } => {
    const sizes = differences.map(({ value }) => Math.abs(value)).sort((a, b) => a - b);
    return {
      median: sizes[sizes.length >> 1]!,
      shown: differences.filter(
        ({ low, high }) => low !== null && high !== null && (low > 0 || high < 0),
      ).length,
    };
  };
  const claim = (suffix: string, id: string, what: string): Claim => {
    const differences = comparison(suffix);
    const { median, shown } = told(differences);
    const up = differences.filter(({ value }) => value > 0).length;
    return claimOf(
      {
        id,
        claim: `Simulated replay, unseen rooms and loudspeakers: ${what} changes the EER materially`,
        expected:
          'median |ΔEER| over families ≥ 2 points, and one interval and more (of nine together) without 0',
        figures: [...differences, ...eers(suffix)],
        note: `Median ${(100 * median).toFixed(1)} points; ${shown} of ${differences.length} intervals are without 0; ${up} families are worse with it.`,
      },
      median >= MATERIAL && shown > 0,
    );
  };
  return [
    claim('-cmvn', 'normalisation', 'normalisation of each recording'),
    claim('-vad', 'voice-activity', 'leaving out frames without speech'),
  ];
}
