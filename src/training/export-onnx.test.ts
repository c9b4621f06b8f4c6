import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { packageUrl } from '../core/node/modules.ts';
import { createRng, type Rng } from '../core/rng.ts';
import {
  type AcousticLogisticModel,
  standardised,
  unpackAcousticLogistic,
} from '../models/acoustic-logistic/index.ts';
import { STATISTICS, STATISTICS_FRONT_END } from '../models/acoustic-logistic/statistics.ts';
import { type Gmm, logLikelihoods, prepareGmm } from '../models/gmm/gmm.ts';
import { LFCC_FRONT_END, unpackLfccGmm } from '../models/lfcc-gmm/index.ts';
import { loadDetector } from '../models/registry.ts';
import { DetectorInput } from '../models/types.ts';
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

test('the shipped detectors give the same scores as ONNX on clips of sound', async () => {
  const rng = createRng(9);
  const clips = [
    Float32Array.from({ length: 16000 }, () => 0.1 * rng.normal()),
    Float32Array.from({ length: 16000 }, (_, i) => (i % 130 === 0 ? 0.8 : 0)),
    new Float32Array(16000),
  ].map((samples) => new DetectorInput({ samples: [samples], sampleRate: 16000 }));
  const readModel = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(packageUrl(`models/${name}/model.json`), 'utf8'));

  const gmms = unpackLfccGmm(await readModel('lfcc-gmm'), 'lfcc-gmm');
  session = await createOnnxNodeBackend().load(exportLfccGmm(gmms));
  const gmmScores = await (await loadDetector('lfcc-gmm')).score(clips);
  for (const [i, clip] of clips.entries()) {
    const { frames, dims, data } = clip.features(LFCC_FRONT_END);
    const { score } = await session.run({ features: { dims: [frames, dims], data } });
    expect(Math.abs(Number(score?.data[0]) - gmmScores[i]!.score)).toBeLessThan(TOLERANCE);
  }
  await session.dispose();

  const logistic = unpackAcousticLogistic(await readModel('acoustic-logistic'), 'logistic');
  session = await createOnnxNodeBackend().load(exportAcousticLogistic(logistic));
  const logits = await (await loadDetector('acoustic-logistic')).score(clips);
  for (const [i, clip] of clips.entries()) {
    const data = Float32Array.from(clip.features(STATISTICS_FRONT_END));
    const { logit } = await session.run({ statistics: { dims: [1, data.length], data } });
    expect(Math.abs(Number(logit?.data[0]) - logits[i]!.score)).toBeLessThan(TOLERANCE);
  }
});
