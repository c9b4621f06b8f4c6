import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { T1, toyScores } from '../../test/fixtures/metrics-toys.ts';
import { actDcf, bayesThreshold, minDcf } from './dcf.ts';
import { eer } from './eer.ts';
import { eerAndAuc } from './eer-auc.ts';
import { probit } from './normal.ts';
import { rankScores } from './ranking.ts';
import { ratesAt } from './rates.ts';
import { averagePrecision, detCurve, rocAuc, rocCurve } from './roc.ts';
import { sortedOrder, withSorted } from './sort.ts';
import type { Scores } from './types.ts';

const B = [2.1, 1.4, 0.9, 0.3, -0.2];

/** Few different values, so that ties are common. */
const coarse = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 20 });
const fine = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: 20,
});
const anyScores = fc.oneof(fc.tuple(coarse, coarse), fc.tuple(fine, fine)).map(
  ([bonafide, spoof]): Scores => ({
    bonafide: Float64Array.from(bonafide),
    spoof: Float64Array.from(spoof),
  }),
);
const RUNS = { seed: 1, numRuns: 300 };

describe('per attack and pooled: metrics.md §1.6', () => {
  const a = [-2, -2.1, -2.2, -2.3, -1.9, -1.8, -1.7, -1.6];
  const h = [0.5, 1.0];
  test.each([
    ['step', 0, 0.45, 0.2],
    ['interpolated', 0, 0.5, 0.2],
  ] as const)('%s', (rule, ofA, ofH, pooled) => {
    const value = (spoof: readonly number[]): number => eer(toyScores(B, spoof), { rule }).value;
    expect(value(a)).toBeCloseTo(ofA, 12);
    expect(value(h)).toBeCloseTo(ofH, 12);
    expect(value([...a, ...h])).toBeCloseTo(pooled, 12);
  });
});

test('rates at the step threshold of T1, and average precision: metrics.md §1.4 and §2', () => {
  const { threshold } = eer(T1, { rule: 'step' });
  const rates = ratesAt(T1, threshold);
  // The card's Pfa is spoof accepted: our fnr.
  expect(rates.fnr).toBeCloseTo(0.166666667, 9);
  expect(rates).toMatchObject({
    truePositives: 5,
    falsePositives: 1,
    falseNegatives: 1,
    trueNegatives: 4,
  });
  expect(rates.precision).toBeCloseTo(5 / 6, 12);
  expect(rates.recall).toBeCloseTo(5 / 6, 12);
  expect(rates.f1).toBeCloseTo(0.833333333, 9);
  expect(rates.macroF1).toBeCloseTo(0.816666667, 9);
  expect(rates.accuracy).toBeCloseTo(0.818181818, 9);
  expect(averagePrecision(T1, { positive: 'bonafide' })).toBeCloseTo(0.902857143, 9);
  expect(averagePrecision(T1)).toBeCloseTo(0.930555556, 9);
  expect(ratesAt(T1, 100).precision).toBeNaN();
});

test('detection costs of T1: metrics.md §3', () => {
  const least = minDcf(T1);
  expect(least.value).toBeCloseTo(1 / 3, 12);
  // The card accepts above −0.6: calling scores of at least 0.6 spoof is the same decision.
  expect(least.threshold).toBeCloseTo(0.6, 12);
  expect(bayesThreshold()).toBeCloseTo(0.641853886, 9);
  expect(actDcf(T1)).toBeCloseTo(0.5, 12);
});

test('the minimum cost never exceeds 1 nor the actual cost', () => {
  fc.assert(
    fc.property(anyScores, (scores) => {
      expect(minDcf(scores).value).toBeLessThanOrEqual(1 + 1e-12);
      expect(minDcf(scores).value).toBeLessThanOrEqual(actDcf(scores) + 1e-12);
    }),
    RUNS,
  );
});

test('AUC counts pairs', () => {
  fc.assert(
    fc.property(anyScores, (scores) => {
      let sum = 0;
      for (const s of scores.spoof)
        for (const b of scores.bonafide) sum += s > b ? 1 : s === b ? 0.5 : 0;
      expect(rocAuc(scores)).toBeCloseTo(sum / scores.spoof.length / scores.bonafide.length, 12);
    }),
    RUNS,
  );
});

test('the step rule is the ASVspoof package’s, walked clip by clip', () => {
  fc.assert(
    fc.property(anyScores, (scores) => {
      expect(eer(scores, { rule: 'step' }).value).toBeCloseTo(packageEer(scores), 12);
    }),
    RUNS,
  );
});

test('hull ≤ interpolated, hull ≤ ½; reversing and exchanging the classes keeps the interpolated rule', () => {
  fc.assert(
    fc.property(anyScores, (scores) => {
      const interpolated = eer(scores).value;
      const hull = eer(scores, { rule: 'rocch' }).value;
      expect(hull).toBeLessThanOrEqual(interpolated + 1e-12);
      expect(hull).toBeLessThanOrEqual(0.5 + 1e-12);
      const mirrored = {
        bonafide: scores.spoof.map((s) => -s),
        spoof: scores.bonafide.map((s) => -s),
      };
      expect(eer(mirrored).value).toBeCloseTo(interpolated, 12);
      expect(eer({ bonafide: scores.spoof, spoof: scores.bonafide }).value).toBeCloseTo(
        1 - interpolated,
        12,
      );
    }),
    RUNS,
  );
});

test('monotone maps change no ranking metric', () => {
  fc.assert(
    fc.property(coarse, coarse, (bonafide, spoof) => {
      const scores = { bonafide: Float64Array.from(bonafide), spoof: Float64Array.from(spoof) };
      const mapped = { bonafide: scores.bonafide.map(Math.exp), spoof: scores.spoof.map(Math.exp) };
      for (const rule of ['interpolated', 'step', 'rocch'] as const) {
        expect(eer(mapped, { rule }).value).toBe(eer(scores, { rule }).value);
      }
      expect(rocAuc(mapped)).toBe(rocAuc(scores));
      expect(minDcf(mapped).value).toBe(minDcf(scores).value);
    }),
    RUNS,
  );
});

test('the threshold gives error rates on both sides of the equal error', () => {
  fc.assert(
    fc.property(anyScores, (scores) => {
      const { value, threshold } = eer(scores);
      const { fpr, fnr } = ratesAt(scores, threshold);
      expect(Math.min(fpr, fnr)).toBeLessThanOrEqual(value + 1e-12);
      expect(Math.max(fpr, fnr)).toBeGreaterThanOrEqual(value - 1e-12);
    }),
    RUNS,
  );
});

describe('curves', () => {
  test('the curve of T1 is the card’s', () => {
    const { threshold, fpr, fnr } = rocCurve(T1);
    expect([...fpr].map((x) => x.toFixed(2))).toEqual([
      '1.00',
      '0.80',
      '0.60',
      '0.40',
      '0.40',
      '0.20',
      '0.20',
      '0.00',
      '0.00',
      '0.00',
      '0.00',
      '0.00',
    ]);
    expect(fnr[11]).toBe(1);
    expect(threshold[11]).toBe(Number.POSITIVE_INFINITY);
  });
  test('the hull of T1 has the card’s vertices', () => {
    const { fpr, fnr } = rocCurve(T1, { hull: true });
    // (fpr, fnr) = the card's (Pmiss, Pfa).
    expect([...fpr].map((x, i) => [x, fnr[i]])).toEqual([
      [1, 0],
      [0.4, 0],
      [0, 1 / 3],
      [0, 1],
    ]);
  });
  test('each point is what the rates at its threshold say', () => {
    fc.assert(
      fc.property(anyScores, fc.boolean(), (scores, hull) => {
        const { threshold, fpr, fnr } = rocCurve(scores, { hull });
        for (const [i, at] of threshold.entries()) {
          const rates = ratesAt(scores, at);
          expect([fpr[i], fnr[i]]).toEqual([rates.fpr, rates.fnr]);
        }
      }),
      RUNS,
    );
  });
  test('thinned curves keep the ends, the order and the bound', () => {
    fc.assert(
      fc.property(anyScores, fc.integer({ min: 2, max: 12 }), (scores, maxPoints) => {
        const { fpr, fnr } = rocCurve(scores, { maxPoints });
        expect(fpr.length).toBeLessThanOrEqual(maxPoints);
        expect([fpr[0], fnr[0], fpr.at(-1), fnr.at(-1)]).toEqual([1, 0, 0, 1]);
        expect([...fpr]).toEqual([...fpr].sort((a, b) => b - a));
        expect([...fnr]).toEqual([...fnr].sort((a, b) => a - b));
      }),
      RUNS,
    );
  });
  test('DET deviates are finite, and the probits of the rates inside', () => {
    const { fprDeviate, fnr, fnrDeviate } = detCurve(T1);
    expect([...fprDeviate, ...fnrDeviate].every(Number.isFinite)).toBe(true);
    expect(fnrDeviate[6]).toBeCloseTo(probit(fnr[6]!), 12);
  });
});

describe('sorting by float bits', () => {
  const values = fc.array(
    fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, 1.7976931348623157e308),
      // Many that share their upper 32 bits.
      fc.integer({ min: 0, max: 40 }).map((k) => 1 + k * Number.EPSILON),
    ),
    { maxLength: 120 },
  );
  test('is sorting', () => {
    fc.assert(
      fc.property(values, (list) => {
        const input = Float64Array.from(list);
        const expected = [...Float64Array.from(list, (x) => x + 0)].sort((a, b) => a - b);
        const sorted = withSorted({ bonafide: input, spoof: input.slice(1) }, (s) => [
          [...s.bonafide],
          [...s.spoof],
        ]);
        expect(sorted[0]!.map((x) => x + 0)).toEqual(expected);
        expect(sorted[1]).toEqual([...input.slice(1)].sort((a, b) => a - b || 1 / a - 1 / b));
        const order = sortedOrder(input);
        expect([...order].map((i) => input[i]! + 0)).toEqual(expected);
        for (let i = 1; i < order.length; i += 1) {
          if (expected[i] === expected[i - 1]) expect(order[i]).toBeGreaterThan(order[i - 1]!);
        }
      }),
      RUNS,
    );
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d is refused with its place',
    (value) => {
      const scores = { bonafide: Float64Array.of(1), spoof: Float64Array.of(0, value) };
      expect(() => rocAuc(scores)).toThrow(
        expect.objectContaining({
          code: 'metrics/not-finite',
          details: { class: 'spoof', index: 1 },
        }),
      );
      expect(() => sortedOrder(scores.spoof)).toThrow(
        expect.objectContaining({ code: 'metrics/not-finite' }),
      );
    },
  );
});

test('values that all share their upper bits do not slow the sort down', () => {
  const n = 20_000;
  const values = Float64Array.from({ length: n }, (_, i) => 1 + ((i * 7919) % n) * Number.EPSILON);
  const sorted = withSorted({ bonafide: values, spoof: values }, (s) => s.bonafide.slice());
  expect(sorted).toEqual(values.slice().sort());
});

test('EER and AUC at once are the same numbers', () => {
  fc.assert(
    fc.property(anyScores, (scores) => {
      const both = eerAndAuc(scores);
      expect(both.eer).toBeCloseTo(eer(scores).value, 12);
      expect(both.auc).toBe(rocAuc(scores));
    }),
    RUNS,
  );
  expect(() => eerAndAuc({ bonafide: Float64Array.of(1), spoof: new Float64Array() })).toThrow(
    expect.objectContaining({ code: 'metrics/class-missing' }),
  );
});

test('a missing class is refused', () => {
  const code = expect.objectContaining({ code: 'metrics/class-missing' });
  const none = { bonafide: new Float64Array(), spoof: Float64Array.of(1, 2) };
  expect(() => eer(none)).toThrow(code);
  expect(() => rankScores({ bonafide: none.spoof, spoof: none.bonafide })).toThrow(code);
});

/** The published algorithm, word for word: high = bona fide, targets before non-targets in ties. */
function packageEer({ bonafide, spoof }: Scores): number {
  const all = [
    ...Array.from(bonafide, (s) => ({ score: -s, target: true })),
    ...Array.from(spoof, (s) => ({ score: -s, target: false })),
  ].sort((a, b) => a.score - b.score);
  let targets = 0;
  let others = spoof.length;
  let best = { gap: bonafide.length * spoof.length, value: 0.5 };
  for (const { target } of all) {
    if (target) targets += 1;
    else others -= 1;
    const gap = Math.abs(targets * spoof.length - others * bonafide.length);
    if (gap < best.gap) {
      best = { gap, value: (targets / bonafide.length + others / spoof.length) / 2 };
    }
  }
  return best.value;
}
