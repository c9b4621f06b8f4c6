import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { rocAuc } from '../../metrics/roc.ts';
import { aucInterval, aucP } from './auc-interval.ts';

const count = fc.integer({ min: 1, max: 400 });

test('both ends of the interval solve the equation of method 5', () => {
  // Written out again from the paper: |θ − θ̂| = z √(θ(1−θ)(1 + (N−1)((1−θ)/(2−θ) + θ/(1+θ))) / mn).
  const distance = (theta: number, auc: number, m: number, n: number): number => {
    const rest = (m + n) / 2 - 1;
    const bracket = 1 + rest * ((1 - theta) / (2 - theta) + theta / (1 + theta));
    return Math.abs(theta - auc) - 1.959964 * Math.sqrt((theta * (1 - theta) * bracket) / (m * n));
  };
  for (const [auc, m, n] of [
    [0.5, 10, 10],
    [0.7, 36, 36],
    [0.9, 80, 34],
    [0.2, 25, 400],
  ] as const) {
    const { low, high } = aucInterval(auc, { bonafide: m, spoof: n });
    expect(distance(low, auc, m, n)).toBeCloseTo(0, 5);
    expect(distance(high, auc, m, n)).toBeCloseTo(0, 5);
  }
});

test('the interval holds the AUC, stays in [0, 1], and is mirrored by 1 − AUC', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      count,
      count,
      (auc, bonafide, spoof) => {
        const { low, high } = aucInterval(auc, { bonafide, spoof });
        expect(low).toBeLessThanOrEqual(auc);
        expect(high).toBeGreaterThanOrEqual(auc);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        const mirrored = aucInterval(1 - auc, { bonafide: spoof, spoof: bonafide });
        expect(mirrored.low).toBeCloseTo(1 - high, 6);
        expect(mirrored.high).toBeCloseTo(1 - low, 6);
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('a perfect cue in three clips a class is not yet one; in twelve it is', () => {
  expect(aucInterval(1, { bonafide: 3, spoof: 3 }).low).toBeLessThan(0.65);
  expect(aucInterval(1, { bonafide: 12, spoof: 12 }).low).toBeGreaterThan(0.65);
});

test.each([
  [0, 12, 12],
  [1, 12, 30],
  [1.5, 40, 40],
])(
  'spoofs that are %s deviations higher: the true AUC is inside in about 95 of 100 draws',
  (shift, m, n) => {
    // Φ(shift / √2) of two normal distributions, by a large draw.
    const rng = createRng(7).split(`coverage ${shift}`);
    const draw = (size: number, mean: number): Float64Array =>
      Float64Array.from({ length: size }, () => mean + rng.normal());
    const truth = rocAuc({ bonafide: draw(20_000, 0), spoof: draw(20_000, shift) });
    let inside = 0;
    for (let r = 0; r < 400; r += 1) {
      const auc = rocAuc({ bonafide: draw(m, 0), spoof: draw(n, shift) });
      const { low, high } = aucInterval(auc, { bonafide: m, spoof: n });
      if (low <= truth && truth <= high) inside += 1;
    }
    expect(inside / 400).toBeGreaterThan(0.92);
  },
);

test('the p-value is that of the Mann–Whitney test without ties', () => {
  // scipy 1.17.1: mannwhitneyu of 30 and 20 distinct values with U = 420, asymptotic, no continuity correction.
  expect(aucP(420 / 600, { bonafide: 20, spoof: 30 })).toBeCloseTo(0.01748467441, 10);
  expect(aucP(0.5, { bonafide: 5, spoof: 9 })).toBe(1);
});
