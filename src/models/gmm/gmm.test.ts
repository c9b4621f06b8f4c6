import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { fitLogistic } from '../../training/logistic.ts';
import { logLikelihoods, prepareGmm } from './gmm.ts';
import { trainGmm } from './train-gmm.ts';

interface Vectors {
  readonly gmm: Readonly<Record<string, readonly number[]>> & {
    readonly meanLogLikelihood: number;
  };
  readonly logistic: {
    readonly rows: readonly (readonly number[])[];
    readonly isSpoof: readonly number[];
    readonly penalty: number;
    readonly weights: readonly number[];
    readonly bias: number;
  };
}

/** Made by scikit-learn.py beside it. */
const vectors: Vectors = JSON.parse(
  await readFile(
    new URL('../../../test/fixtures/models/scikit-learn.json', import.meta.url),
    'utf8',
  ),
);
const DIMS = 3;
/** Both stop where EM hardly moves, from different starts. */
const FIT_TOLERANCE = 1e-5;

test('EM reaches the mixture that scikit-learn finds', () => {
  const { frames = [], weights = [], means = [], variances = [] } = vectors.gmm;
  let last = 0;
  const gmm = trainGmm(
    Float32Array.from(frames),
    DIMS,
    {
      components: 3,
      emIterations: 200,
      varianceFloor: 1e-9,
      onIteration: (_, value) => {
        last = value;
      },
    },
    createRng(1),
  );
  const order = [0, 1, 2].sort((a, b) => gmm.means[a * DIMS]! - gmm.means[b * DIMS]!);
  for (const [place, k] of order.entries()) {
    expect(Math.abs(gmm.weights[k]! - weights[place]!)).toBeLessThan(FIT_TOLERANCE);
    for (let d = 0; d < DIMS; d += 1) {
      const ours = k * DIMS + d;
      const theirs = place * DIMS + d;
      expect(Math.abs(gmm.means[ours]! - means[theirs]!)).toBeLessThan(FIT_TOLERANCE);
      expect(Math.abs(gmm.variances[ours]! - variances[theirs]!)).toBeLessThan(FIT_TOLERANCE);
    }
  }
  expect(Math.abs(last - vectors.gmm.meanLogLikelihood)).toBeLessThan(FIT_TOLERANCE);
});

test('log densities are those of scikit-learn, far outliers included', () => {
  const { weights = [], means = [], variances = [], queries = [], logDensity = [] } = vectors.gmm;
  const scorer = prepareGmm({
    components: 3,
    dims: DIMS,
    weights: Float64Array.from(weights),
    means: Float64Array.from(means),
    variances: Float64Array.from(variances),
  });
  const ours = logLikelihoods(scorer, Float32Array.from(queries));
  for (const [i, expected] of logDensity.entries()) expect(ours[i]).toBeCloseTo(expected, 8);
});

test('frames that are not numbers stop the training with a code', () => {
  const frames = Float32Array.from({ length: 60 }, (_, i) => (i === 7 ? Number.NaN : i % 11));
  expect(() => trainGmm(frames, DIMS, { components: 2 }, createRng(1))).toThrow(
    expect.objectContaining({ code: 'training/diverged' }),
  );
});

test('the logistic regression is that of scikit-learn', () => {
  const { rows, isSpoof, penalty, weights, bias } = vectors.logistic;
  const fit = fitLogistic(
    rows.map((row) => Float64Array.from(row)),
    isSpoof.map((value) => value === 1),
    { penalty },
  );
  for (const [d, expected] of weights.entries()) expect(fit.weights[d]).toBeCloseTo(expected, 6);
  expect(fit.bias).toBeCloseTo(bias, 6);
});
