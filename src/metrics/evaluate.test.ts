import { expect, test } from 'vitest';
import { T1 } from '../../test/fixtures/metrics-toys.ts';
import { evaluate, evaluateRatios, type ScoredClip, THRESHOLD_METRICS } from './evaluate.ts';
import { ratesAt } from './rates.ts';

const rows: ScoredClip[] = [
  ...Array.from(T1.bonafide, (score, i) => ({ clip: `b${i}`, label: 'bonafide' as const, score })),
  ...Array.from(T1.spoof, (score, i) => ({ clip: `s${i}`, label: 'spoof' as const, score })),
];

test('every metric of T1 has the card’s value, and an interval around it', () => {
  const { metrics, n, reversed } = evaluate(rows, { threshold: 0.1 });
  expect(n).toEqual({ bonafide: 5, spoof: 6 });
  expect(reversed).toBe(false);
  const expected = {
    eer: 0.2,
    eerStep: 0.183333333333,
    eerRocch: 2 / 11,
    auc: 0.9,
    minDcf: 1 / 3,
    actDcf: 0.5,
    cllr: 0.603296289,
    minCllr: 0.364477744,
    fpr: 0.2,
    fnr: 1 / 6,
    precision: 5 / 6,
    recall: 5 / 6,
    f1: 5 / 6,
    accuracy: 9 / 11,
    balancedError: 0.183333333333,
  };
  for (const [name, value] of Object.entries(expected)) {
    const figure = metrics[name as keyof typeof expected]!;
    expect(figure.value, name).toBeCloseTo(value, 9);
    expect(figure.low, name).toBeLessThanOrEqual(value);
    expect(figure.high, name).toBeGreaterThanOrEqual(value);
    expect(figure.rule, name).toBeTypeOf('string');
  }
});

test('the order of the rows changes nothing', () => {
  expect(evaluate([...rows].reverse())).toEqual(evaluate(rows));
});

test('the metrics at a threshold are those of ratesAt', () => {
  for (const threshold of [-3, -0.9, 0.1, 0.1000001, 1.7, 3]) {
    const { metrics } = evaluate(rows, { threshold, replicates: 1 });
    const rates = ratesAt(T1, threshold);
    for (const name of THRESHOLD_METRICS) {
      if (Number.isNaN(rates[name])) expect(metrics[name]).toBeUndefined();
      else expect(metrics[name]!.value).toBeCloseTo(rates[name], 12);
    }
  }
});

test('likelihood ratios have the costs and intervals of evaluate, also where only two values are left', () => {
  const { actDcf, cllr } = evaluate(rows).metrics;
  expect(evaluateRatios(rows)).toEqual({ actDcf, cllr });
  const bounded = rows.map((row) => ({ ...row, score: row.label === 'spoof' ? 3 : -3 }));
  const found = evaluateRatios(bounded);
  expect(found.actDcf.value).toBe(0);
  expect(found.cllr.value).toBeCloseTo(Math.log2(1 + Math.exp(-3)), 12);
});
