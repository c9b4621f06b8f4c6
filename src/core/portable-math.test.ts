import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cosTurns,
  fromDb,
  portableExp,
  portableLog,
  portablePow,
  sinTurns,
  tanTurns,
  toDb,
} from './portable-math.ts';

/** The engine's own functions are exact to a bit or two; the series lose a few more. */
const TOLERANCE = 2e-15;

test('sine and cosine of turns agree with the engine', () => {
  fc.assert(
    fc.property(fc.double({ min: -3, max: 3, noNaN: true }), (turns) => {
      // The engine's argument 2π·turns is itself rounded, by up to 2e-15 at three turns.
      expect(Math.abs(sinTurns(turns) - Math.sin(2 * Math.PI * turns))).toBeLessThan(2 * TOLERANCE);
      expect(Math.abs(cosTurns(turns) - Math.cos(2 * Math.PI * turns))).toBeLessThan(2 * TOLERANCE);
    }),
    { seed: 1 },
  );
});

test('sine and cosine are exact to rounding all around the circle', () => {
  let worst = 0;
  for (let i = 0; i <= 20_000; i += 1) {
    const turns = i / 20_000;
    worst = Math.max(
      worst,
      Math.abs(sinTurns(turns) - Math.sin(2 * Math.PI * turns)),
      Math.abs(cosTurns(turns) - Math.cos(2 * Math.PI * turns)),
    );
  }
  // The engine's argument is rounded to 4e-16 near a whole turn.
  expect(worst).toBeLessThan(1e-15);
});

test('quarter turns are exact', () => {
  // Adding zero turns −0 into 0.
  expect([0, 0.25, 0.5, 0.75, 1].map((turns) => cosTurns(turns) + 0)).toEqual([1, 0, -1, 0, 1]);
});

test('the exponential agrees with the engine over its whole range', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
      expect(Math.abs(portableExp(x) / Math.exp(x) - 1)).toBeLessThan(TOLERANCE);
    }),
    { seed: 1 },
  );
  expect([portableExp(0), portableExp(-1000), portableExp(1000)]).toEqual([1, 0, Infinity]);
});

test('the logarithm agrees with the engine over its whole range', () => {
  fc.assert(
    fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) => {
      const expected = Math.log(x);
      const error = Math.abs(portableLog(x) - expected);
      expect(error).toBeLessThan(TOLERANCE * Math.max(0.01, Math.abs(expected)));
    }),
    { seed: 1, numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -0.3, max: 0.4, noNaN: true }), (x) => {
      expect(Math.abs(portableLog(1 + x) - Math.log(1 + x))).toBeLessThan(TOLERANCE);
    }),
    { seed: 1 },
  );
  expect([0, 1, Infinity, 5e-324].map(portableLog)).toEqual([
    -Infinity,
    0,
    Infinity,
    Math.log(5e-324),
  ]);
  expect([-1, Number.NaN].map(portableLog)).toEqual([Number.NaN, Number.NaN]);
});

test('powers, decibels and tangents agree with the engine', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 1000, noNaN: true }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      (x, y) => {
        expect(Math.abs(portablePow(x, y) / x ** y - 1)).toBeLessThan(50 * TOLERANCE);
        expect(Math.abs(fromDb(20 * y) / 10 ** (2 * y) - 1)).toBeLessThan(50 * TOLERANCE);
        expect(Math.abs(toDb(x) - 10 * Math.log10(x))).toBeLessThan(50 * TOLERANCE);
        const turns = y / 25;
        expect(Math.abs(tanTurns(turns) - Math.tan(2 * Math.PI * turns))).toBeLessThan(
          50 * TOLERANCE * (1 + Math.tan(2 * Math.PI * turns) ** 2),
        );
      },
    ),
    { seed: 1 },
  );
});
