import { expect, test } from 'vitest';
import { clipCount, decimalWithInterval, percentWithInterval } from './figures.ts';

test('a figure is written with its interval, or without if it has none', () => {
  const figure = { value: 0.125, low: 0.081, high: 0.17 };
  expect(percentWithInterval(figure)).toBe('12.5 % [8.1–17.0]');
  expect(decimalWithInterval(figure)).toBe('0.125 [0.081–0.170]');
  const bare = { value: 0.125, low: null, high: null };
  expect(percentWithInterval(bare)).toBe('12.5 %');
  expect(decimalWithInterval(bare)).toBe('0.125');
  expect([percentWithInterval(undefined), decimalWithInterval(undefined)]).toEqual(['–', '–']);
});

test('no dash stands before a negative bound', () => {
  const figure = { value: -0.01, low: -0.03, high: 0.02 };
  expect(percentWithInterval(figure)).toBe('-1.0 % [-3.0 to 2.0]');
  expect(decimalWithInterval(figure)).toBe('-0.010 [-0.030 to 0.020]');
});

test('clips are counted by class', () => {
  expect(clipCount({ bonafide: 20, spoof: 40 })).toBe('20 + 40');
  expect(clipCount(undefined)).toBe('–');
});
