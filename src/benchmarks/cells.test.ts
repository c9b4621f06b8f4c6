import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { chooseCluster } from '../metrics/cluster.ts';
import { evaluate } from '../metrics/evaluate.ts';
import type { TrialRow } from '../store/trial.ts';
import { scoreCell } from './cells.ts';
import { combine, deviation, differenceOf, figureOf, meanOf } from './estimates.ts';

/** Both ways compute the same sums in another order. */
const ROUNDING = 1e-12;

function rows(seed: number, n = 60): TrialRow[] {
  const rng = createRng(seed);
  return Array.from({ length: n }, (_, i) => {
    const spoof = i % 2 === 1;
    return {
      run: 'r',
      detector: 'd',
      corpus: 'c',
      split: 'test',
      clip: `clip ${i}`,
      condition: 'clean',
      corruption: null,
      level: null,
      value: null,
      seed: 1,
      score: Math.round(4 * (rng.normal() + (spoof ? 1 : 0))) / 4,
      llr: null,
      refused: null,
      sha256: null,
      failed: null,
      durationSec: 1,
      encodedBytes: null,
      label: spoof ? ('spoof' as const) : ('bonafide' as const),
      speaker: `${spoof ? 'voice' : 'human'} ${i % 7}`,
      language: null,
      generator: null,
      source: null,
      group: null,
    };
  });
}

const interval = { seed: 'x', replicates: 200, level: 0.9 };

describe('a cell', () => {
  test('has the figures and intervals that the metrics have', () => {
    const given = rows(1);
    const cell = scoreCell([{ seed: 1, threshold: 0.5, rows: given }], interval);
    const { clusters } = chooseCluster(given);
    const { metrics } = evaluate(
      given.map((row, i) => ({ ...row, score: row.score!, cluster: clusters[i]! })),
      { ...interval, threshold: 0.5 },
    );
    for (const name of ['eer', 'auc', 'accuracy'] as const) {
      const { value, low, high } = figureOf(cell.figures[name], interval.level);
      expect(value).toBeCloseTo(metrics[name]!.value, 12);
      expect(Math.abs(low! - metrics[name]!.low!)).toBeLessThan(ROUNDING);
      expect(Math.abs(high! - metrics[name]!.high!)).toBeLessThan(ROUNDING);
    }
    expect(cell.n).toEqual({ bonafide: 30, spoof: 30 });
    expect(cell.note).toContain('Speakers are resampled');
  });

  test('the best accuracy is that of the best of all thresholds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.double({ min: -3, max: 3 }), (seed, at) => {
        const given = rows(seed, 24);
        const accuracyAt = (threshold: number): number =>
          given.filter(({ score, label }) => score! >= threshold === (label === 'spoof')).length /
          24;
        const thresholds = [...given.map(({ score }) => score!), Number.POSITIVE_INFINITY];
        const best = Math.max(...thresholds.map(accuracyAt));
        const cell = scoreCell([{ seed: 1, threshold: at, rows: given }], {
          ...interval,
          replicates: 5,
        });
        expect(cell.figures.bestAccuracy.value).toBeCloseTo(best, 12);
        expect(cell.figures.accuracy.value).toBeCloseTo(accuracyAt(at), 12);
        expect(cell.thresholdLoss.value).toBeCloseTo(best - accuracyAt(at), 12);
        for (const lost of cell.thresholdLoss.replicates!) expect(lost).toBeGreaterThanOrEqual(0);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('over seeds: means, standard deviations, and a mark where they differ by more than five points', () => {
    const trials = [1, 2, 3].map((seed) => ({ seed, threshold: 0.5, rows: rows(seed) }));
    const cell = scoreCell(trials, interval);
    const values = cell.seeds.map(({ figures }) => figures.eer.value);
    expect(cell.figures.eer.value).toBeCloseTo((values[0]! + values[1]! + values[2]!) / 3, 12);
    expect(cell.deviations.eer).toBe(deviation(values));
    expect(cell.unstable).toBe(cell.deviations.eer! > 0.05);
    const same = scoreCell(
      trials.map((trial) => ({ ...trial, rows: trials[0]!.rows })),
      interval,
    );
    expect(same.unstable).toBe(false);
    expect(same.deviations.eer).toBeCloseTo(0, 12);
    // The same clips are drawn for every seed: the mean of equal detectors varies as one of them.
    expect(figureOf(same.figures.eer, 0.9).low).toBeCloseTo(
      figureOf(same.seeds[0]!.figures.eer, 0.9).low!,
      12,
    );
  });

  test('clips that one seed did not score are left out for all', () => {
    const first = rows(1);
    const second = rows(2).map((row, i) =>
      i < 4 ? { ...row, score: null, refused: 'verdict/too-short' as const } : row,
    );
    const cell = scoreCell(
      [
        { seed: 1, threshold: 0, rows: first },
        { seed: 2, threshold: 0, rows: second },
      ],
      interval,
    );
    expect(cell.n).toEqual({ bonafide: 28, spoof: 28 });
    expect(() =>
      scoreCell(
        [{ seed: 1, threshold: 0, rows: first.filter(({ label }) => label === 'spoof') }],
        interval,
      ),
    ).toThrow(expect.objectContaining({ code: 'metrics/class-missing' }));
  });
});

describe('estimates', () => {
  const one = { value: 1, replicates: Float64Array.of(0, 1, 2) };
  const two = { value: 3, replicates: Float64Array.of(3, 2, 1) };

  test('a statistic of them is computed on every resample', () => {
    expect(meanOf([one, two])).toEqual({ value: 2, replicates: Float64Array.of(1.5, 1.5, 1.5) });
    expect(differenceOf(two, one).replicates).toEqual(Float64Array.of(3, 1, -1));
    expect(figureOf(differenceOf(two, one), 0.5)).toEqual({ value: 2, low: 0, high: 2 });
  });

  test('without resamples of one there are none', () => {
    expect(combine([one, { value: 2, replicates: null }], ([a, b]) => a! * b!)).toEqual({
      value: 2,
      replicates: null,
    });
    expect(figureOf({ value: 2, replicates: null }, 0.5)).toEqual({
      value: 2,
      low: null,
      high: null,
    });
  });

  test('resamples on which there is no value are left out', () => {
    const estimate = { value: 1, replicates: Float64Array.of(Number.NaN, 2, 2) };
    expect(figureOf(estimate, 0.5)).toEqual({ value: 1, low: 2, high: 2 });
  });
});
