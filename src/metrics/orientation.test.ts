import { expect, test } from 'vitest';
import { eer } from './eer.ts';
import { orient } from './orientation.ts';
import { rocAuc } from './roc.ts';

test('only files with high = bona fide are negated, and back again', () => {
  expect(orient(1.5, 'spoof-high')).toBe(1.5);
  expect(orient(1.5, 'bonafide-high')).toBe(-1.5);
  expect(orient(orient(1.5, 'bonafide-high'), 'bonafide-high')).toBe(1.5);
  expect(Object.is(orient(0, 'bonafide-high'), 0)).toBe(true);
  expect(Object.is(orient(-0, 'spoof-high'), 0)).toBe(true);
});

test('spoof above bona fide is AUC 1; a reversed detector is reported as it is, never flipped', () => {
  const good = { bonafide: Float64Array.of(-2, -1), spoof: Float64Array.of(1, 2) };
  const reversed = { bonafide: good.spoof, spoof: good.bonafide };
  expect(rocAuc(good)).toBe(1);
  expect(eer(good).value).toBe(0);
  expect(rocAuc(reversed)).toBe(0);
  expect(eer(reversed).value).toBe(1);
});
