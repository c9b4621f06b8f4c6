import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benjaminiHochberg, holm } from './multiple-comparisons.ts';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 7,
});

/** Closed testing with Bonferroni in every intersection, which Holm's procedure is the short form of. */
function holmByClosure(p: readonly number[]): number[] {
  const subsets = Array.from({ length: 2 ** p.length - 1 }, (_, mask) =>
    p.map((_, i) => i).filter((i) => (((mask + 1) >> i) & 1) === 1),
  );
  return p.map((_, i) =>
    Math.max(
      ...subsets
        .filter((subset) => subset.includes(i))
        .map((subset) => Math.min(1, subset.length * Math.min(...subset.map((k) => p[k]!)))),
    ),
  );
}

/** By definition: the least estimate of the share of false finds at any cut that finds this one. */
function bhByDefinition(p: readonly number[]): number[] {
  return p.map((own) =>
    Math.min(
      1,
      ...p
        .filter((cut) => cut >= own)
        .map((cut) => (cut * p.length) / p.filter((other) => other <= cut).length),
    ),
  );
}

describe('adjusted p-values', () => {
  test('are those of the definitions', () => {
    fc.assert(
      fc.property(pValues, (p) => {
        const [byHolm, byBh] = [holm(p), benjaminiHochberg(p)];
        for (const [i, expected] of holmByClosure(p).entries()) {
          expect(byHolm[i]).toBeCloseTo(expected, 12);
        }
        for (const [i, expected] of bhByDefinition(p).entries()) {
          expect(byBh[i]).toBeCloseTo(expected, 12);
        }
        for (const [i, own] of p.entries()) {
          expect(byBh[i]! - own).toBeGreaterThanOrEqual(-1e-12);
          expect(byHolm[i]! - byBh[i]!).toBeGreaterThanOrEqual(-1e-12);
        }
      }),
      { seed: 1 },
    );
  });

  test('as scipy.stats.false_discovery_control gives them (1.14)', () => {
    const adjusted = benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.2]);
    for (const [i, value] of [0.025, 0.05, 0.05, 0.025, 0.2].entries()) {
      expect(adjusted[i]).toBeCloseTo(value, 12);
    }
  });

  test('of no tests are none', () => {
    expect(holm([])).toEqual([]);
    expect(benjaminiHochberg([])).toEqual([]);
  });
});
