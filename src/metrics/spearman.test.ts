import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spearman } from './spearman.ts';

test('known values, ties at their mean rank', () => {
  expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826817, 9); // scipy 1.10 spearmanr
  expect(spearman([1, 2, 3, 4], [10, 20, 25, 90])).toBe(1);
  expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
  expect(spearman([1, 2], [1, 2])).toBe(null);
  expect(spearman([1, 2, 3], [5, 5, 5])).toBe(null);
});

test('lies within ±1, is symmetric and keeps under rising maps', () => {
  const pairs = fc.array(
    fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })),
    {
      minLength: 3,
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(pairs, (points) => {
      const x = points.map(([a]) => a);
      const y = points.map(([, b]) => b);
      const rho = spearman(x, y);
      expect(spearman(y, x)).toBe(rho);
      if (rho === null) return;
      expect(Math.abs(rho)).toBeLessThanOrEqual(1 + 1e-12);
      expect(spearman(x.map(Math.exp), y)).toBeCloseTo(rho, 12);
      expect(
        spearman(
          x,
          y.map((value) => -value),
        ),
      ).toBeCloseTo(-rho, 12);
    }),
    { seed: 1 },
  );
});
