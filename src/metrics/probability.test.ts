import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { softplus } from './cllr.ts';
import type { ScoredClip } from './evaluate.ts';
import { fitPlatt, fitTemperature } from './platt.ts';
import {
  brierScore,
  calibrationError,
  evaluateProbabilities,
  llrToProbability,
  logLoss,
  probabilityToLlr,
  topLabelCalibrationError,
} from './probability.ts';
import type { Scores } from './types.ts';

const byLabel = (values: readonly number[], labels: readonly number[]): Scores => ({
  bonafide: Float64Array.from(values.filter((_, i) => labels[i] === 0)),
  spoof: Float64Array.from(values.filter((_, i) => labels[i] === 1)),
});
// metrics.md §8: p falls from 0.95 to 0.05.
const TOY = byLabel(
  Array.from({ length: 10 }, (_, i) => 0.95 - i / 10),
  [1, 1, 0, 1, 0, 1, 0, 0, 1, 0],
);
const LOGITS = byLabel([4, 3, 2, 1, -1, -2, -3, -4], [1, 1, 0, 1, 0, 1, 0, 0]);
const ASYMMETRIC = byLabel([3, 2, 1.5, 1, 0.5, -0.5, -1, -1.5], [1, 1, 0, 1, 0, 0, 0, 1]);

describe('toy values of metrics.md §8', () => {
  test('calibration errors of both forms, Brier, log loss', () => {
    const { ece, mce, bins } = calibrationError(TOY, { bins: 5 });
    expect(ece).toBeCloseTo(0.2, 12);
    expect(mce).toBeCloseTo(0.4, 12);
    expect(bins.map(({ observed, predicted }) => Math.abs(observed - predicted))).toEqual(
      [0.4, 0.3, 0, 0.2, 0.1].map((gap) => expect.closeTo(gap, 12)),
    );
    expect(calibrationError(TOY, { bins: 5, equal: 'mass' }).ece).toBeCloseTo(0.2, 12);
    expect(topLabelCalibrationError(TOY, { bins: 5 })).toBeCloseTo(0.19, 12);
    expect(brierScore(TOY)).toBeCloseTo(0.2225, 12);
    expect(logLoss(TOY)).toBeCloseTo(0.629478316, 9);
    // The card's digits in bits (0.908145045) differ from its own digits in nats in the seventh place.
    expect(logLoss(TOY) / Math.LN2).toBeCloseTo(0.908145, 6);
  });

  test('temperature', () => {
    const { temperature, logLoss: loss } = fitTemperature(LOGITS);
    // The card's tolerance for iterative fits is 1e-6; its own Platt scale 1/T* gives 2.06071022.
    expect(temperature).toBeCloseTo(2.060710161, 6);
    expect(temperature).toBeCloseTo(1 / 0.485269589, 7);
    expect(loss).toBeCloseTo(0.528808045, 9);
    expect(logLoss(sigmoid(LOGITS, 1))).toBeCloseTo(0.626731745, 6);
  });

  test('Platt, plain and with smoothed targets', () => {
    const cases = [
      [LOGITS, false, 0.485269589, 0],
      [LOGITS, true, 0.287699782, 0],
      [ASYMMETRIC, false, 0.512685184, -0.319020832],
      [ASYMMETRIC, true, 0.326716151, -0.20375021],
    ] as const;
    for (const [scores, smooth, scale, offset] of cases) {
      const fitted = fitPlatt(scores, { smooth });
      expect(fitted.scale).toBeCloseTo(scale, 8);
      expect(fitted.offset).toBeCloseTo(offset, 8);
    }
  });

  test('posterior from ratio and prior, and back', () => {
    // §3: at log ratio 0 and 5 % spoof the posterior of bona fide is 0.95; at the Bayes threshold 10/11.
    expect(1 - llrToProbability(0, 0.05)).toBeCloseTo(0.95, 12);
    expect(1 - llrToProbability(0.641853886, 0.05)).toBeCloseTo(10 / 11, 9);
    expect(probabilityToLlr(llrToProbability(1.5, 0.05), 0.05)).toBeCloseTo(1.5, 12);
    expect(probabilityToLlr(1)).toBeCloseTo(Math.log(1e7 - 1), 6);
  });
});

function sigmoid({ bonafide, spoof }: Scores, scale: number): Scores {
  const map = (values: Float64Array) => values.map((z) => 1 / (1 + Math.exp(-scale * z)));
  return { bonafide: map(bonafide), spoof: map(spoof) };
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});
const scoreSets = fc.record({ bonafide: shares, spoof: shares }).map(({ bonafide, spoof }) => ({
  bonafide: Float64Array.from(bonafide),
  spoof: Float64Array.from(spoof),
}));

test('errors agree with their definitions, clip by clip', () => {
  fc.assert(
    fc.property(scoreSets, fc.integer({ min: 1, max: 12 }), (scores, bins) => {
      const clips = [
        ...[...scores.bonafide].map((p) => ({ p, y: 0 })),
        ...[...scores.spoof].map((p) => ({ p, y: 1 })),
      ];
      const mean = (values: readonly number[]): number =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(brierScore(scores)).toBeCloseTo(mean(clips.map(({ p, y }) => (p - y) ** 2)), 10);
      let ece = 0;
      let top = 0;
      for (let bin = 0; bin < bins; bin += 1) {
        const inBin = (p: number): boolean => Math.min(bins - 1, Math.floor(p * bins)) === bin;
        const members = clips.filter(({ p }) => inBin(p));
        if (members.length > 0) {
          const gap = mean(members.map(({ y }) => y)) - mean(members.map(({ p }) => p));
          ece += (members.length / clips.length) * Math.abs(gap);
        }
        const sure = clips.filter(({ p }) => inBin(Math.max(p, 1 - p)));
        if (sure.length > 0) {
          const right = mean(sure.map(({ p, y }) => ((p >= 0.5 ? 1 : 0) === y ? 1 : 0)));
          const confidence = mean(sure.map(({ p }) => Math.max(p, 1 - p)));
          top += (sure.length / clips.length) * Math.abs(right - confidence);
        }
      }
      expect(calibrationError(scores, { bins }).ece).toBeCloseTo(ece, 10);
      expect(topLabelCalibrationError(scores, { bins })).toBeCloseTo(top, 10);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('the gradient of the likelihood vanishes at both fits (finite differences)', () => {
  const loss = (a: number, b: number): number => {
    const sum = (values: Float64Array, sign: number): number =>
      values.reduce((total, z) => total + softplus(sign * (a * z + b)), 0);
    return sum(ASYMMETRIC.bonafide, 1) + sum(ASYMMETRIC.spoof, -1);
  };
  const { scale, offset } = fitPlatt(ASYMMETRIC);
  const h = 1e-5;
  expect((loss(scale + h, offset) - loss(scale - h, offset)) / (2 * h)).toBeCloseTo(0, 7);
  expect((loss(scale, offset + h) - loss(scale, offset - h)) / (2 * h)).toBeCloseTo(0, 7);
  const { temperature } = fitTemperature(ASYMMETRIC);
  const at = (t: number): number => loss(1 / t, 0);
  expect((at(temperature + h) - at(temperature - h)) / (2 * h)).toBeCloseTo(0, 7);
});

test('figures have intervals by cluster; ten clips of one speaker are one', () => {
  const rows: ScoredClip[] = [...TOY.bonafide].flatMap((score, i) => [
    { clip: `b${i}`, label: 'bonafide', score, cluster: `speaker ${i % 3}` },
    { clip: `s${i}`, label: 'spoof', score: TOY.spoof[i]!, cluster: `speaker ${i % 3}` },
  ]);
  const { metrics, n, reliability } = evaluateProbabilities(rows, { bins: 5, replicates: 200 });
  expect(n).toEqual({ bonafide: 5, spoof: 5 });
  expect(metrics.brier.value).toBeCloseTo(0.2225, 12);
  expect(metrics.brier.low!).toBeLessThan(0.2225);
  expect(metrics.brier.high!).toBeGreaterThan(0.2225);
  expect(metrics.ece.rule).toBe('P(spoof), 5 bins of one width');
  expect(reliability.reduce((sum, bin) => sum + bin.n, 0)).toBe(10);
});

test('what is no probability, and what cannot be fitted, is told', () => {
  const scores = (bonafide: number[], spoof: number[]): Scores => ({
    bonafide: Float64Array.from(bonafide),
    spoof: Float64Array.from(spoof),
  });
  for (const bad of [scores([-0.1], [0.5]), scores([0.5], [1.01])])
    expect(() => brierScore(bad)).toThrow(
      expect.objectContaining({ code: 'metrics/not-probability' }),
    );
  expect(() => calibrationError(TOY, { bins: 0 })).toThrow(
    expect.objectContaining({ code: 'core/invalid-options' }),
  );
  expect(() => fitTemperature(scores([-1, -2], [1, 2]))).toThrow(/do not overlap/);
  expect(() => fitPlatt(scores([1, 2], [3, 4]))).toThrow(/do not overlap/);
  expect(fitPlatt(scores([1, 2], [3, 4]), { smooth: true }).scale).toBeGreaterThan(0);
  expect(() => fitTemperature(scores([1, 2], [-1, -2]))).toThrow(/does not rise/);
  expect(() => fitPlatt(scores([Number.NaN], [1]))).toThrow(
    expect.objectContaining({ code: 'metrics/not-finite' }),
  );
});
