import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cosTurns, portableExp, sinTurns } from './portable-math.ts';

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
