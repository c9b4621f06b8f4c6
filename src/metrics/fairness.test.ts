import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { eer } from './eer.ts';
import { evaluateFairness, type FairnessEvaluation } from './fairness.ts';
import { gapByChance } from './fairness-chance.ts';
import type { GroupedClip } from './fairness-groups.ts';
import { thresholdAtFpr } from './rates.ts';
import { rocAuc } from './roc.ts';

/** The worked example of card 22 §5, as printed there. */
const EXAMPLE = {
  A: [
    [0.05, 0.1, 0.12, 0.2, 0.22, 0.3, 0.35, 0.41, 0.48, 0.62],
    [0.38, 0.55, 0.61, 0.66, 0.7, 0.74, 0.8, 0.85, 0.9, 0.95],
  ],
  B: [
    [0.04, 0.15, 0.18, 0.25, 0.33, 0.4, 0.52, 0.55, 0.58, 0.71],
    [0.3, 0.45, 0.51, 0.6, 0.65, 0.72, 0.78, 0.83, 0.88, 0.93],
  ],
  C: [
    [0.08, 0.11, 0.16, 0.21, 0.28, 0.31, 0.36, 0.42, 0.44, 0.47],
    [0.28, 0.36, 0.43, 0.49, 0.57, 0.63, 0.69, 0.77, 0.82, 0.91],
  ],
} as const;
/** Places that the card prints. */
const PRINTED = 3;

const rows: readonly GroupedClip[] = Object.entries(EXAMPLE).flatMap(([group, classes]) =>
  classes.flatMap((scores, c) =>
    scores.map((score, i) => ({
      clip: `${group}${c}${i}`,
      label: c === 1 ? ('spoof' as const) : ('bonafide' as const),
      score,
      group,
    })),
  ),
);
const example = evaluateFairness(rows, { threshold: 0.5, replicates: 2000 });

function valuesOf(
  evaluation: FairnessEvaluation,
  figure: keyof FairnessEvaluation['groups'][0]['figures'],
) {
  return evaluation.groups.map(({ figures }) => figures[figure]?.value);
}

describe('the worked example of card 22', () => {
  test.each([
    ['fpr', [0.1, 0.4, 0]],
    ['fnr', [0.1, 0.2, 0.4]],
    ['balancedAccuracy', [0.9, 0.7, 0.8]],
    ['eer', [0.1, 0.3, 0.2]],
    ['auc', [0.95, 0.84, 0.89]],
    ['selectionRate', [0.5, 0.6, 0.3]],
    ['genuineAuc', [0.8975, 0.8325, 0.955]],
    ['fakesAuc', [0.9325, 0.9275, 0.825]],
  ] as const)('%s by group', (name, expected) => {
    const values = valuesOf(example, name);
    for (const [g, value] of expected.entries()) expect(values[g]).toBeCloseTo(value, PRINTED);
  });

  test.each([
    ['fprGap', 0.4],
    ['fnrGap', 0.3],
    ['worstBalancedAccuracy', 0.7],
    ['balancedAccuracyDeviation', 0.0816],
    ['fprDeviation', 0.17],
    ['fnrDeviation', 0.1247],
    ['fdr', 0.65],
    ['fprGini', 0.8],
    ['fnrGini', 0.4286],
    ['garbe', 0.6143],
    ['inequityRate', 5.196],
    ['equalisedOdds', 0.4],
    ['averageOdds', 0.35],
    ['selectionGap', 0.3],
    ['selectionRatio', 0.5],
  ] as const)('%s', (name, expected) => {
    expect(example.figures[name]?.value).toBeCloseTo(expected, PRINTED);
  });

  test('the worst group, and who is at either end of a gap', () => {
    expect(example.worst).toBe('B');
    const [fpr, fnr] = example.gaps;
    expect([fpr?.highest.group, fpr?.lowest.group]).toEqual(['B', 'C']);
    expect([fnr?.highest.group, fnr?.lowest.group]).toEqual(['C', 'A']);
  });

  test('pooled figures', () => {
    const pooled = rows.map((row) => ({ ...row, group: 'all' }));
    const [all] = evaluateFairness(pooled, { threshold: 0.5, replicates: 100 }).groups;
    const names = ['fpr', 'fnr', 'balancedAccuracy', 'eer', 'auc'] as const;
    const expected = [0.1667, 0.2333, 0.8, 0.2, 0.8944];
    for (const [k, name] of names.entries()) {
      expect(all?.figures[name]?.value).toBeCloseTo(expected[k]!, PRINTED);
    }
  });

  test('at the pooled 10 % point', () => {
    const scores = (label: string): Float64Array =>
      Float64Array.from(rows.filter((row) => row.label === label).map(({ score }) => score));
    const threshold = thresholdAtFpr({ bonafide: scores('bonafide'), spoof: scores('spoof') }, 0.1);
    expect(threshold).toBeGreaterThan(0.55);
    expect(threshold).toBeLessThanOrEqual(0.57);
    const moved = evaluateFairness(rows, { threshold, replicates: 100 });
    for (const [g, value] of [0.1, 0.2, 0].entries()) {
      expect(valuesOf(moved, 'fpr')[g]).toBeCloseTo(value, PRINTED);
    }
    for (const [g, value] of [0.2, 0.3, 0.4].entries()) {
      expect(valuesOf(moved, 'fnr')[g]).toBeCloseTo(value, PRINTED);
    }
  });

  test('the bootstrap interval of the gap', () => {
    const gap = example.figures.fprGap;
    expect(gap?.low).toBeCloseTo(0.1, PRINTED);
    expect(gap?.high).toBeCloseTo(0.7, PRINTED);
  });

  test('permutation tests: exactly 13356/142506 and 0.43', () => {
    // 5 alarms fall on 3 groups of 10: C(10,5) thrice, and 4 + 1 in six ways, of C(30,5).
    const exact = (3 * 252 + 6 * 210 * 10) / 142506;
    const shuffles = 20_000;
    const many = evaluateFairness(rows, { threshold: 0.5, replicates: shuffles });
    const [fpr, fnr] = many.gaps;
    const deviation = Math.sqrt((exact * (1 - exact)) / shuffles);
    expect(Math.abs((fpr?.p ?? 1) - exact)).toBeLessThan(4 * deviation);
    // The card's own shuffles gave 0.092 and 0.43.
    expect(fpr?.p).toBeCloseTo(0.092, 2);
    expect(fnr?.p).toBeCloseTo(0.43, 2);
  });
});
