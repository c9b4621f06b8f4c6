import { afterEach, expect, test } from 'vitest';
import { createRng, type Rng } from '../core/rng.ts';
import { type AcousticLogisticModel, standardised } from '../models/acoustic-logistic/index.ts';
import { STATISTICS, STATISTICS_FRONT_END } from '../models/acoustic-logistic/statistics.ts';
import { type Gmm, logLikelihoods, prepareGmm } from '../models/lfcc-gmm/gmm.ts';
import type { RuntimeSession } from '../runtime/backend.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { exportAcousticLogistic, exportLfccGmm } from './export-onnx.ts';

/**
 * The graph works in float32, the TypeScript detector in Float64. A frame's log-density is a sum of
 * 2 × 60 products of up to some hundreds, each off by 2^-24 relative: about 1e-4 a frame at worst,
 * less in the mean over frames. 1e-3 leaves room for another order of summation.
 */
const TOLERANCE = 1e-3;
const DIMS = 60;

let session: RuntimeSession | undefined;
afterEach(async () => {
  await session?.dispose();
  session = undefined;
});

function randomGmm(rng: Rng, components: number, offset: number): Gmm {
  const size = components * DIMS;
  return {
    components,
    dims: DIMS,
    weights: new Float64Array(components).fill(1 / components),
    means: Float64Array.from({ length: size }, (_, i) => offset / (1 + (i % DIMS)) + rng.normal()),
    variances: Float64Array.from({ length: size }, () => 0.2 + rng.uniform()),
  };
}

test('an exported LFCC-GMM gives the scores of the detector, also where means are far from 0', async () => {
  const rng = createRng(7);
  const pair = { bonafide: randomGmm(rng, 16, -30), spoof: randomGmm(rng, 24, -30.5) };
  session = await createOnnxNodeBackend().load(exportLfccGmm(pair));
  for (const frames of [1, 37, 400]) {
    const features = Float32Array.from(
      { length: frames * DIMS },
      (_, i) => -30 / (1 + (i % DIMS)) + 1.2 * rng.normal(),
    );
    const spoof = logLikelihoods(prepareGmm(pair.spoof), features);
    const bonafide = logLikelihoods(prepareGmm(pair.bonafide), features);
    const expected = spoof.reduce((sum, value, t) => sum + value - bonafide[t]!, 0) / frames;
    const { score } = await session.run({ features: { dims: [frames, DIMS], data: features } });
    expect(score?.dims).toEqual([1]);
    expect(Math.abs(Number(score?.data[0]) - expected)).toBeLessThan(TOLERANCE);
  }
});

test('an exported logistic regression gives the log-odds of the detector, outliers bounded', async () => {
  const rng = createRng(8);
  const model: AcousticLogisticModel = {
    kind: 'acoustic-logistic',
    frontEnd: STATISTICS_FRONT_END.id,
    statistics: STATISTICS.map(({ name }) => ({
      name,
      mean: 5 * rng.normal(),
      scale: 0.1 + rng.uniform(),
      weight: rng.normal(),
    })),
    bias: -0.7,
  };
  session = await createOnnxNodeBackend().load(exportAcousticLogistic(model));
  const clips = 5;
  const count = model.statistics.length;
  // Ten standard deviations wide, so that many values are beyond the bound.
  const data = Float32Array.from({ length: clips * count }, () => 10 * rng.normal());
  const { logit } = await session.run({ statistics: { dims: [clips, count], data } });
  expect(logit?.dims).toEqual([clips]);
  for (let clip = 0; clip < clips; clip += 1) {
    const expected = model.statistics.reduce(
      (sum, { mean, scale, weight }, i) =>
        sum + weight * standardised(data[clip * count + i]!, mean, scale),
      model.bias,
    );
    expect(Math.abs(Number(logit?.data[clip]) - expected)).toBeLessThan(TOLERANCE);
  }
});
