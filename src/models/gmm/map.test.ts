import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { type Gmm, logLikelihoods, prepareGmm, topComponentRatios } from './gmm.ts';
import { adaptMeans, trainGmm } from './train-gmm.ts';

const DIMS = 2;

/** Frames around some centres. */
function frames(
  seed: number,
  centres: readonly (readonly [number, number])[],
  each = 60,
): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from(
    centres.flatMap(([x, y]) =>
      Array.from({ length: each }, () => [x + rng.normal(), y + rng.normal()]).flat(),
    ),
  );
}

const ubm = trainGmm(
  frames(1, [
    [-8, 0],
    [0, 8],
    [8, 0],
  ]),
  DIMS,
  { components: 3 },
  createRng(2),
);
/** Nothing of it is near one of the three. */
const own = frames(3, [
  [-7, 1],
  [1, 7],
]);

/** Component-wise sums by the formulas of the card, written out. */
function mapByFormula(gmm: Gmm, data: Float32Array, r: number): Float64Array {
  const count = data.length / DIMS;
  const density = (k: number, t: number): number => {
    let log = Math.log(gmm.weights[k]!);
    for (let d = 0; d < DIMS; d += 1) {
      const variance = gmm.variances[k * DIMS + d]!;
      const difference = data[t * DIMS + d]! - gmm.means[k * DIMS + d]!;
      log -= 0.5 * (Math.log(2 * Math.PI * variance) + difference ** 2 / variance);
    }
    return Math.exp(log);
  };
  return Float64Array.from({ length: gmm.components * DIMS }, (_, i) => {
    const k = Math.floor(i / DIMS);
    let n = 0;
    let f = 0;
    for (let t = 0; t < count; t += 1) {
      const all = [0, 1, 2].map((j) => density(j, t));
      const share = all[k]! / all.reduce((sum, value) => sum + value, 0);
      n += share;
      f += share * data[t * DIMS + (i % DIMS)]!;
    }
    const alpha = n / (n + r);
    return alpha * (f / n) + (1 - alpha) * gmm.means[i]!;
  });
}

test('adapted means are those of the formulas', () => {
  for (const r of [1, 4, 16]) {
    const expected = mapByFormula(ubm, own, r);
    for (const [i, mean] of adaptMeans(ubm, own, r).means.entries())
      expect(mean).toBeCloseTo(expected[i]!, 5);
  }
});

test('r → 0 gives the means of the data, r → ∞ the background mixture; weights and variances stay', () => {
  const none = adaptMeans(ubm, own, 0);
  const expected = mapByFormula(ubm, own, 0);
  for (const [k, centre] of [...ubm.means].entries()) {
    // The third component, near (8, 0), has no frame of its own and stays.
    const near = Math.floor(k / DIMS);
    const alone = Math.abs(ubm.means[near * DIMS]! - 8) < 1;
    if (alone) expect(none.means[k]).toBe(centre);
    else expect(none.means[k]).toBeCloseTo(expected[k]!, 5);
  }
  const held = adaptMeans(ubm, own, 1e15);
  for (const [i, mean] of held.means.entries()) expect(mean).toBeCloseTo(ubm.means[i]!, 9);
  expect(held.weights).toEqual(ubm.weights);
  expect(held.variances).toEqual(ubm.variances);
});

test('an adapted mean lies between the background and the data, nearer to the data for a smaller r', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e4, noNaN: true }), (r) => {
      const free = adaptMeans(ubm, own, 0).means;
      const near = adaptMeans(ubm, own, r).means;
      const far = adaptMeans(ubm, own, 2 * r).means;
      for (const [i, background] of ubm.means.entries()) {
        const reach = Math.abs(free[i]! - background) + 1e-12;
        expect(Math.abs(near[i]! - background)).toBeLessThanOrEqual(reach);
        expect(Math.abs(far[i]! - background)).toBeLessThanOrEqual(
          Math.abs(near[i]! - background) + 1e-12,
        );
      }
    }),
    { numRuns: 50, seed: 1 },
  );
});

test('all components at the top give the whole ratio, a few nearly so', () => {
  const bonafide = adaptMeans(ubm, own, 4);
  const spoof = adaptMeans(ubm, frames(5, [[0, 9]]), 4);
  const scorers = {
    ubm: prepareGmm(ubm),
    bonafide: prepareGmm(bonafide),
    spoof: prepareGmm(spoof),
  };
  const data = frames(7, [
    [-8, 0],
    [0, 8],
    [4, 4],
  ]);
  const b = logLikelihoods(scorers.bonafide, data);
  const whole = logLikelihoods(scorers.spoof, data).map((value, t) => value - b[t]!);
  const all = topComponentRatios(scorers, data, 3);
  const one = topComponentRatios(scorers, data, 1);
  for (const [t, value] of whole.entries()) {
    expect(all[t]).toBeCloseTo(value, 9);
    // Between two components the second matters.
    if (t < 120) expect(Math.abs(one[t]! - value)).toBeLessThan(0.01);
  }
});

test('EM ends early where the likelihood rises by less than the tolerance', () => {
  const count = (emTolerance: number): number => {
    let seen = 0;
    const onIteration = (): void => {
      seen += 1;
    };
    trainGmm(
      own,
      DIMS,
      { components: 2, emIterations: 50, emTolerance, onIteration },
      createRng(1),
    );
    return seen;
  };
  expect(count(0)).toBe(50);
  expect(count(1e-4)).toBeLessThan(30);
});
