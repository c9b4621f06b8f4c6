import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { wilsonInterval } from './binomial.ts';
import { clipsForMargin, gapByChance } from './fairness-chance.ts';
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

/** Places that card 22 prints. */
const PRINTED = 3;
const fpr = [0.1, 0.4, 0];
const fnr = [0.1, 0.2, 0.4];

describe('what card 22 prints besides the table', () => {
  test('Gini without the factor for few groups', () => {
    expect((giniCoefficient(fpr) * 2) / 3).toBeCloseTo(0.5333, PRINTED);
    expect((giniCoefficient(fnr) * 2) / 3).toBeCloseTo(0.2857, PRINTED);
  });

  test('smoothed rates and their ratio', () => {
    const smooth = (errors: readonly number[]) => errors.map((k) => smoothedRate(k, 10));
    for (const [k, value] of [0.1364, 0.4091, 0.0455].entries()) {
      expect(smooth([1, 4, 0])[k]).toBeCloseTo(value, PRINTED);
    }
    expect(inequityRate({ fpr: smooth([1, 4, 0]), fnr: smooth([1, 2, 4]) })).toBeCloseTo(
      5.196,
      PRINTED,
    );
    expect(skewedErrorRatio(fnr)).toBeCloseTo(4, PRINTED);
    expect(inequityRate({ fpr, fnr })).toBe(Number.POSITIVE_INFINITY);
  });

  test('deviation of the balanced accuracies as of a sample', () => {
    expect(groupDeviation([0.9, 0.7, 0.8], { of: 'sample' })).toBeCloseTo(0.1, PRINTED);
  });

  test.each([
    [0, 10, 0, 0.278],
    [1, 10, 0.018, 0.404],
    [4, 10, 0.168, 0.687],
    [0, 300, 0, 0.0126],
  ])('Wilson %i of %i', (k, n, low, high) => {
    const interval = wilsonInterval(k, n);
    expect(interval.low).toBeCloseTo(low, PRINTED);
    expect(interval.high).toBeCloseTo(high, PRINTED);
  });

  test.each([
    [50, 0.051, 0.1],
    [100, 0.037, 0.07],
    [300, 0.021, 0.04],
    [1000, 0.012, 0.023],
  ])('three groups of %i clips at 5 %% differ by chance', (n, mean, high) => {
    const chance = gapByChance({ rate: 0.05, sizes: [n, n, n] });
    expect(Math.abs(chance.mean - mean)).toBeLessThan(1e-3);
    // The card rounds the quantile to two places, but for the last.
    expect(chance.high).toBeCloseTo(high, n === 1000 ? PRINTED : 2);
  });

  test.each([
    [0.05, 0.02, 457],
    [0.05, 0.01, 1825],
    [0.1, 0.03, 385],
  ])('clips for a rate of %d ± %d', (rate, margin, clips) => {
    expect(clipsForMargin({ rate, margin })).toBe(clips);
    expect(clipsForMargin({ rate, margin, designEffect: 2 })).toBeGreaterThanOrEqual(2 * clips - 2);
  });
});

describe('properties', () => {
  const rate = fc.double({ min: 0, max: 1, noNaN: true });
  const rates = fc.integer({ min: 2, max: 6 }).chain((n) =>
    fc.record({
      fpr: fc.array(rate, { minLength: n, maxLength: n }),
      fnr: fc.array(rate, { minLength: n, maxLength: n }),
    }),
  );

  test('bounds, and what equal groups give', () => {
    fc.assert(
      fc.property(rates, (given) => {
        for (const figure of [fairnessDiscrepancyRate, garbe, equalisedOddsDifference]) {
          expect(figure(given)).toBeGreaterThanOrEqual(-1e-9);
          expect(figure(given)).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(averageOddsDifference(given)).toBeLessThanOrEqual(equalisedOddsDifference(given));
        expect(fairnessDiscrepancyRate(given)).toBeCloseTo(1 - averageOddsDifference(given), 9);
        const equal = given.fpr.map(() => 0.25);
        expect(fairnessDiscrepancyRate({ fpr: equal, fnr: equal })).toBe(1);
        expect(garbe({ fpr: equal, fnr: equal })).toBe(0);
        expect(inequityRate({ fpr: equal, fnr: equal })).toBe(1);
        expect(parityRatio(equal)).toBe(1);
      }),
      { seed: 1 },
    );
  });

  test('the order of groups does not matter, nor a common factor for ratios and Gini', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2 }),
        (values) => {
          const turned = [...values].reverse();
          const half = values.map((value) => value / 2);
          for (const figure of [maxGap, groupDeviation, giniCoefficient, skewedErrorRatio]) {
            expect(figure(turned)).toBeCloseTo(figure(values), 9);
          }
          expect(giniCoefficient(half)).toBeCloseTo(giniCoefficient(values), 9);
          expect(skewedErrorRatio(half)).toBeCloseTo(skewedErrorRatio(values), 9);
          expect(maxGap(half)).toBeCloseTo(maxGap(values) / 2, 9);
        },
      ),
      { seed: 1 },
    );
  });

  test('Gini is 1 for all errors in one group, and 0 without errors', () => {
    expect(giniCoefficient([0, 0, 0.3])).toBeCloseTo(1, 12);
    expect(giniCoefficient([0, 0, 0])).toBe(0);
    expect(giniCoefficient([0.2])).toBeNaN();
  });
});

describe('the gap by chance', () => {
  test('is what simulation gives, for groups of different sizes', () => {
    const sizes = [40, 15, 70];
    const chance = gapByChance({ rate: 0.12, sizes });
    const rng = createRng(3);
    const gaps = Float64Array.from({ length: 20_000 }, () =>
      maxGap(
        sizes.map((n) => {
          let k = 0;
          for (let i = 0; i < n; i += 1) if (rng.uniform() < 0.12) k += 1;
          return k / n;
        }),
      ),
    ).sort();
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    // Ten standard errors of the simulated mean; the quantile may be off by a step of the lattice.
    expect(Math.abs(chance.mean - mean)).toBeLessThan(0.005);
    expect(Math.abs(chance.high - gaps[19_000]!)).toBeLessThan(0.01);
  });

  test('is nothing for rates of 0 and 1, and refuses what is no rate', () => {
    for (const rate of [0, 1]) {
      const { mean, high } = gapByChance({ rate, sizes: [10, 20] });
      expect(mean).toBeCloseTo(0, 12);
      expect(high).toBeCloseTo(0, 6);
    }
    const wrong = expect.objectContaining({ code: 'core/invalid-options' });
    expect(() => gapByChance({ rate: 2, sizes: [10, 20] })).toThrow(wrong);
    expect(() => gapByChance({ rate: 0.1, sizes: [10] })).toThrow(wrong);
    expect(() => clipsForMargin({ rate: 0, margin: 0.1 })).toThrow(wrong);
  });
});
