import { describe, expect, test } from 'vitest';
import { toyScores } from '../../test/fixtures/metrics-toys.ts';
import { eer } from './eer.ts';
import { rocAuc } from './roc.ts';

describe('equal error rate and AUC: reference values of metrics.md §1.5', () => {
  const B = [2.1, 1.4, 0.9, 0.3, -0.2];
  const S = [0.5, -0.1, -0.6, -1.2, -1.7, -2.3];
  test.each([
    ['T1', B, S, 0.183333333333, 0.2, 2 / 11, 0.9],
    ['T2, ties', [1, 1, 0], [1, 0, 0, -1], 0.291666666667, 0.3, 0.3, 0.75],
    ['all scores equal', [0, 0, 0], [0, 0], 1, 0.5, 0.5, 0.5],
    ['T1 with classes swapped', S, B, 0.816666666667, 0.8, 0.5, 0.1],
    ['B of T1 vs two spoofs', B, [0.5, 1.0], 0.45, 0.5, 0.375, 0.5],
  ])('%s', (_, bonafide, spoof, step, interpolated, rocch, auc) => {
    const scores = toyScores(bonafide, spoof);
    expect(eer(scores, { rule: 'step' }).value).toBeCloseTo(step, 9);
    expect(eer(scores).value).toBeCloseTo(interpolated, 9);
    expect(eer(scores, { rule: 'rocch' }).value).toBeCloseTo(rocch, 9);
    expect(rocAuc(scores)).toBeCloseTo(auc, 9);
  });

  test('thresholds of the step rule are the card’s, negated', () => {
    expect(eer(toyScores(B, S), { rule: 'step' }).threshold).toBeCloseTo(0.1, 12);
    expect(eer(toyScores([1, 1, 0], [1, 0, 0, -1]), { rule: 'step' }).threshold).toBe(0);
  });
});
