import { describe, expect, test } from 'vitest';
import { T1, toyScores } from '../../test/fixtures/metrics-toys.ts';
import { halfTotalErrorDeviation, mcnemarExact, wilsonInterval } from './binomial.ts';
import { delong, delongInterval } from './delong.ts';
import type { ScoredClip } from './evaluate.ts';
import { normalCdf, probit } from './normal.ts';
import { pairedDifferences, pairedScores } from './paired.ts';

describe('DeLong: worked example of metrics.md §9', () => {
  const a = toyScores([0.9, 0.8, 0.7, 0.55, 0.4], [0.6, 0.5, 0.3, 0.2, 0.1, 0.05]);
  const b = toyScores([0.85, 0.6, 0.75, 0.5, 0.3], [0.55, 0.65, 0.2, 0.35, 0.15, 0.1]);
  test('paired test', () => {
    const result = delong(a, b);
    expect(result.aucA).toBeCloseTo(0.9, 12);
    expect(result.aucB).toBeCloseTo(0.8, 12);
    expect(result.variance.a).toBeCloseTo(0.009111111, 9);
    expect(result.variance.covariance).toBeCloseTo(0.011444444, 9);
    expect(result.variance.b).toBeCloseTo(0.020111111, 9);
    expect(result.z).toBeCloseTo(1.256561725, 8);
    expect(result.p).toBeCloseTo(0.208912382, 8);
  });
  test('logit interval', () => {
    const { low, high } = delongInterval(a);
    expect(low).toBeCloseTo(0.529597, 6);
    expect(high).toBeCloseTo(0.986291, 6);
  });
  test('a detector against itself', () => {
    expect(delong(a, a)).toMatchObject({ difference: 0, z: 0, p: 1 });
  });
  test('one clip in a class is refused', () => {
    const lone = toyScores([1], [0, 2]);
    expect(() => delong(lone, lone)).toThrow(
      expect.objectContaining({ code: 'metrics/class-missing' }),
    );
  });
});

test('McNemar, Wilson and the half total error have the card’s values', () => {
  expect(mcnemarExact(7, 2).p).toBeCloseTo(0.1796875, 12);
  expect(mcnemarExact(3, 3).p).toBe(1);
  expect(mcnemarExact(0, 0).p).toBe(1);
  // scipy.stats.binomtest(2400, 5000).pvalue
  expect(mcnemarExact(2400, 2600).p).toBeCloseTo(0.00488364973751758, 12);
  const { low, high } = wilsonInterval(5, 9);
  expect(low).toBeCloseTo(0.266651293, 9);
  expect(high).toBeCloseTo(0.811221479, 9);
  const deviation = halfTotalErrorDeviation({ rate: 0.2, n: 5 }, { rate: 1 / 6, n: 6 });
  expect(deviation).toBeCloseTo(0.117418214, 9);
  const wide = halfTotalErrorDeviation({ rate: 0.05, n: 7355 }, { rate: 0.05, n: 63882 });
  expect(wide * 1.959963985).toBeCloseTo(0.00262989, 8);
});

test('normal distribution: card values, and the two functions invert each other', () => {
  expect(normalCdf(-1)).toBeCloseTo(0.1586552539314571, 15);
  expect(normalCdf(2 / Math.SQRT2)).toBeCloseTo(0.9213503965, 10);
  expect(normalCdf(-1.5)).toBeCloseTo(0.0668072013, 10);
  // scipy.stats.norm.cdf(-6)
  expect(normalCdf(-6) / 9.865876450376946e-10).toBeCloseTo(1, 12);
  for (const p of [1e-12, 1e-5, 0.02, 0.3, 0.5, 0.8, 0.999]) {
    expect(normalCdf(probit(p)) / p).toBeCloseTo(1, 12);
  }
});

describe('paired differences', () => {
  const rows = (b: readonly number[], s: readonly number[]): ScoredClip[] => [
    ...b.map((score, i) => ({ clip: `b${i}`, label: 'bonafide' as const, score })),
    ...s.map((score, i) => ({ clip: `s${i}`, label: 'spoof' as const, score })),
  ];
  const first = rows([...T1.bonafide], [...T1.spoof]);

  test('a set against itself differs by nothing', () => {
    for (const difference of Object.values(pairedDifferences(first, first).differences)) {
      expect(difference).toMatchObject({ value: 0, low: 0, high: 0, p: 1 });
    }
  });

  test('clear against chance: the interval leaves 0 and the p-value is small', () => {
    const n = 40;
    const good = rows(
      Array.from({ length: n }, (_, i) => i / n),
      Array.from({ length: n }, (_, i) => 0.9 + i / n),
    );
    const chance = rows(
      Array.from({ length: n }, (_, i) => (i * 7) % n),
      Array.from({ length: n }, (_, i) => (i * 11) % n),
    );
    const { eer, auc } = pairedDifferences(good, chance).differences;
    expect(eer.high).toBeLessThan(0);
    expect(auc.low).toBeGreaterThan(0);
    expect(eer.p).toBeLessThan(0.01);
    const paired = pairedScores(good, chance);
    expect(delong(paired.a, paired.b).difference).toBeCloseTo(auc.value, 12);
  });

  test('sets that differ in clips or labels are refused', () => {
    const code = expect.objectContaining({ code: 'metrics/unpaired' });
    expect(() => pairedDifferences(first, first.slice(1))).toThrow(code);
    const relabelled = first.map((row) => ({ ...row, label: 'spoof' as const }));
    expect(() => pairedDifferences(first, relabelled)).toThrow(code);
    expect(pairedDifferences(first, first.slice(1), { unmatched: 'drop' }).dropped).toBe(1);
  });
});
