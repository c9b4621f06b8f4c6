import { expect, test } from 'vitest';
import { calibratedLlr } from './calibrated-llr.ts';

test('an LLR is bounded by the size of the data that calibrated it', () => {
  const card = { calibration: { scale: 2, offset: -1, fixedOn: 'dev', n: 20 } };
  expect(calibratedLlr(card, 1)).toBe(1);
  expect(calibratedLlr(card, 100)).toBe(Math.log(21));
  expect(calibratedLlr(card, -100)).toBe(-Math.log(21));
  expect(calibratedLlr({}, 1)).toBeNull();
});
