import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { T1 } from '../../test/fixtures/metrics-toys.ts';
import { applyCalibration, fitCalibration } from './calibration.ts';
import { cllr, minCllr } from './cllr.ts';
import { poolAdjacentViolators } from './pav.ts';
import { rankScores } from './ranking.ts';
import type { Scores } from './types.ts';

const GENUINE = [-2.1, -1.6, -1.3, -0.9, -0.7, -0.4, -0.1, 0.2, 0.6, 1.1];
const FAKE = [-0.8, -0.2, 0.3, 0.7, 1.0, 1.4, 1.8, 2.2, 2.7, 3.3];
const scores = (bonafide: readonly number[], spoof: readonly number[]): Scores => ({
  bonafide: Float64Array.from(bonafide),
  spoof: Float64Array.from(spoof),
});
const map = ({ bonafide, spoof }: Scores, f: (score: number) => number): Scores => ({
  bonafide: bonafide.map(f),
  spoof: spoof.map(f),
});

describe('worked example of calibration-and-decision.md §2.2', () => {
  const example = scores(GENUINE, FAKE);
  test('Cllr of raw and over-confident scores, and after PAV', () => {
    expect(cllr(map(example, () => 0))).toBeCloseTo(1, 12);
    expect(cllr(example)).toBeCloseTo(0.6842, 4);
    expect(cllr(map(example, (s) => 3 * s))).toBeCloseTo(0.8227, 4);
    expect(minCllr(example)).toBeCloseTo(0.5132, 4);
  });
  test('affine calibration', () => {
    const fitted = fitCalibration(example);
    expect(fitted.scale).toBeCloseTo(1.41926, 5);
    expect(fitted.offset).toBeCloseTo(-0.41834, 5);
    expect(fitted.regularised).toBe(false);
    expect(cllr(map(example, (s) => applyCalibration(fitted, s)))).toBeCloseTo(0.6524, 4);
    expect(applyCalibration(fitted, -1.5)).toBeCloseTo(-2.547, 3);
    expect(applyCalibration(fitted, 0.4)).toBeCloseTo(0.1494, 4);
    expect(applyCalibration(fitted, 2.5)).toBeCloseTo(3.13, 3);
  });
  test('PAV blocks', () => {
    const blocks = poolAdjacentViolators(rankScores(example));
    const shares = Array.from({ length: blocks.count }, (_, i) => [
      blocks.spoof[i]! / (blocks.spoof[i]! + blocks.bonafide[i]!),
      blocks.spoof[i]! + blocks.bonafide[i]!,
    ]);
    expect(shares).toEqual([
      [0, 4],
      [1 / 3, 6],
      [1 / 2, 2],
      [2 / 3, 3],
      [1, 5],
    ]);
  });
});

describe('metrics.md §7 and §8', () => {
  test('T1: Cllr, minCllr, best affine calibration', () => {
    expect(cllr(T1)).toBeCloseTo(0.603296289, 9);
    expect(minCllr(T1)).toBeCloseTo(0.364477744, 9);
    expect(cllr(T1) - minCllr(T1)).toBeCloseTo(0.238818545, 9);
    const fitted = fitCalibration(T1);
    expect(fitted.scale).toBeCloseTo(2.490163, 6);
    // The card's offset belongs to bona fide ratios: a spoof ratio is its negative.
    expect(fitted.offset).toBeCloseTo(0.1311642, 6);
    expect(cllr(map(T1, (s) => applyCalibration(fitted, s)))).toBeCloseTo(0.496411607, 9);
  });
  test('Platt and temperature data, equal class counts', () => {
    const symmetric = fitCalibration(scores([2, -1, -3, -4], [4, 3, 1, -2]));
    expect(symmetric.scale).toBeCloseTo(0.485269589, 6);
    expect(symmetric.offset).toBeCloseTo(0, 9);
    const asymmetric = fitCalibration(scores([1.5, 0.5, -0.5, -1], [3, 2, 1, -1.5]));
    expect(asymmetric.scale).toBeCloseTo(0.512685184, 6);
    expect(asymmetric.offset).toBeCloseTo(-0.319020832, 6);
  });
  test('isotonic blocks of the asymmetric data', () => {
    const blocks = poolAdjacentViolators(rankScores(scores([1.5, 0.5, -0.5, -1], [3, 2, 1, -1.5])));
    const shares = Array.from({ length: blocks.count }, (_, i) => [
      blocks.spoof[i]! / (blocks.spoof[i]! + blocks.bonafide[i]!),
      blocks.spoof[i]! + blocks.bonafide[i]!,
    ]);
    expect(shares).toEqual([
      [0.25, 4],
      [0.5, 2],
      [1, 2],
    ]);
  });
});

test('separable classes get a finite scale and say so; reversed scores are refused', () => {
  const fitted = fitCalibration(scores([0, 1], [2, 3]));
  expect(fitted.regularised).toBe(true);
  expect(fitted.scale).toBeGreaterThan(0);
  expect(fitted.scale).toBeLessThan(100);
  expect(() => fitCalibration(scores([2, 3], [0, 1]))).toThrow(
    expect.objectContaining({ code: 'metrics/cannot-calibrate' }),
  );
  expect(() => fitCalibration(scores([2, 3], [2, 3]))).toThrow(
    expect.objectContaining({ code: 'metrics/cannot-calibrate' }),
  );
});

test('scaling and shifting scores is undone by calibration (card §7 check 2)', () => {
  const example = scores(GENUINE, FAKE);
  const once = fitCalibration(example);
  fc.assert(
    fc.property(
      fc.double({ min: 1e-3, max: 1e4, noNaN: true }),
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      (scale, shift) => {
        const moved = fitCalibration(map(example, (s) => scale * s + shift));
        expect(applyCalibration(moved, scale * 0.4 + shift)).toBeCloseTo(
          applyCalibration(once, 0.4),
          5,
        );
      },
    ),
    { seed: 1, numRuns: 50 },
  );
});

test('the gradient of Cllr vanishes at the fit (finite differences)', () => {
  const example = scores(GENUINE, FAKE);
  const { scale, offset } = fitCalibration(example);
  const at = (a: number, b: number): number => cllr(map(example, (s) => a * s + b));
  const h = 1e-5;
  expect((at(scale + h, offset) - at(scale - h, offset)) / (2 * h)).toBeCloseTo(0, 8);
  expect((at(scale, offset + h) - at(scale, offset - h)) / (2 * h)).toBeCloseTo(0, 8);
});

test('Cllr does not overflow', () => {
  expect(cllr(scores([-1e300], [1e300]))).toBe(0);
  expect(cllr(scores([2000], [-2000]))).toBeCloseTo(2000 / Math.LN2, 6);
});
