import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Features } from '../audio/dsp/cepstrum.ts';
import { decode } from '../audio/io/decode.ts';
import type { ProgressEvent, WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import type { Corpus, Label } from '../datasets/clip.ts';
import { openCorpus } from '../datasets/open.ts';
import { fitCalibration } from '../metrics/calibration.ts';
import { contamination } from '../models/contamination.ts';
import { createFeatureFrontEnd } from '../models/features/front-end.ts';
import { FEATURE_FAMILIES } from '../models/features/settings.ts';
import { fuse, parseFusionModel } from '../models/fusion/index.ts';
import { ENCODER_PORTS, stackFrames } from '../models/gmm/encoder-source.ts';
import { unpackGmmModel } from '../models/gmm/index.ts';
import { loadDetector } from '../models/registry.ts';
import { cardSchema, DetectorInput, type DetectorScore } from '../models/types.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { trainAutoencoder } from './autoencoder.ts';
import { fitFusion } from './fit-fusion.ts';
import { namedRecipe } from './load-recipe.ts';
import { fitLogistic } from './logistic.ts';
import type { Recipe } from './recipe.ts';
import { autoencoderGmm } from './recipes/autoencoder-gmm.ts';
import { featureGmm } from './recipes/feature-gmm.ts';
import { fusion } from './recipes/fusion.ts';
import { type TrainResult, trainDetector } from './train.ts';

/** Graphs work in float32, detectors in Float64: see export-onnx.test.ts. */
const TOLERANCE = 1e-3;

let root: string;
let corpus: Corpus;
let inputs: DetectorInput[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-gmm-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 3, durationSec: 1 });
  corpus = await openCorpus(join(root, 'toy', 'manifest.jsonl'));
  const dev = corpus.clips.filter(({ split }) => split === 'dev');
  inputs = await Promise.all(
    dev.map(async ({ path }) => new DetectorInput((await decode(path)).audio)),
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

const train = (
  recipe: Recipe,
  {
    settings,
    name,
    work = {},
  }: { settings: Record<string, unknown>; name: string; work?: WorkContext },
): Promise<TrainResult> =>
  trainDetector({ ...namedRecipe(recipe), settings }, corpus, { out: join(root, name) }, work);
const small = { components: [4], emIterations: 3 };
const bytes = (...path: string[]): Promise<Buffer> => readFile(join(root, ...path));

async function scoresOf(folder: string): Promise<DetectorScore[]> {
  const detector = await loadDetector(join(root, folder));
  try {
    return await detector.score(inputs);
  } finally {
    await detector.dispose();
  }
}

/** Scores by the graph beside the model, from the detector's own features. */
async function graphScores(folder: string): Promise<number[]> {
  const { features } = unpackGmmModel(
    JSON.parse(String(await bytes(folder, 'model.json'))),
    folder,
  );
  if (features.family === 'autoencoder') throw new Error('it needs its encoder');
  const frontEnd = createFeatureFrontEnd(features);
  const session = await createOnnxNodeBackend().load(await bytes(folder, 'model.onnx'));
  const scores: number[] = [];
  for (const input of inputs) {
    const { frames, dims, data } = input.features(frontEnd);
    const { score } = await session.run({ features: { dims: [frames, dims], data } });
    scores.push(Number(score!.data[0]));
  }
  await session.dispose();
  return scores;
}

test.each(FEATURE_FAMILIES)(
  '%s: the folder is the detector, the graph scores as it does',
  async (family) => {
    const { card } = await train(featureGmm, {
      settings: { feature: family, ...small },
      name: family,
    });
    expect(card.name).toBe(`gmm-${family}`);
    expect(card.recipe).toContain(`--set 'feature="${family}"'`);
    const scores = await scoresOf(family);
    for (const [i, expected] of (await graphScores(family)).entries())
      expect(Math.abs(scores[i]!.score - expected)).toBeLessThan(
        TOLERANCE * Math.max(1, Math.abs(expected)),
      );
    expect(scores.every(({ windows }) => (windows?.length ?? 0) > 0)).toBe(true);
  },
);

test('a background mixture is adapted to each class; the graph picks the same components', async () => {
  const settings = {
    feature: 'rfcc',
    scoring: 'ubm-map',
    topComponents: 2,
    relevance: 4,
    normalise: 'cmvn',
    vad: 'energy-2gauss',
    parameters: { filters: 30, coefficients: 12, deltaOrder: 1 },
    ...small,
  };
  const { card } = await train(featureGmm, { settings, name: 'ubm' });
  await train(featureGmm, { settings, name: 'ubm again' });
  expect(await bytes('ubm again', 'model.json')).toEqual(await bytes('ubm', 'model.json'));
  expect(card.name).toBe('gmm-ubm-rfcc-cmvn-vad');
  const { features, scoring } = unpackGmmModel(
    JSON.parse(String(await bytes('ubm', 'model.json'))),
    '',
  );
  expect(features).toMatchObject({ family: 'rfcc', filters: 30, vad: { kind: 'energy-2gauss' } });
  expect(scoring).toMatchObject({ kind: 'ubm-map', relevance: 4, ubm: { dims: 24 } });
  const scores = await scoresOf('ubm');
  for (const [i, expected] of (await graphScores('ubm')).entries())
    expect(Math.abs(scores[i]!.score - expected)).toBeLessThan(TOLERANCE);
});

test('parameters that a family does not have are errors with their path', async () => {
  const settings = { feature: 'lpcc', parameters: { filters: 30 } };
  await expect(train(featureGmm, { settings, name: 'never' })).rejects.toMatchObject({
    code: 'training/bad-recipe',
    message: expect.stringMatching(/feature-gmm.parameters.*filters/),
  });
});

describe('autoencoder', () => {
  const settings = { layers: [24, 6], steps: 60, batch: 32, ...small };

  test('its code is a feature: the same bytes twice, loaded from its folder', async () => {
    const { card } = await train(autoencoderGmm, { settings, name: 'ae' });
    expect(card.name).toBe('gmm-autoencoder');
    await train(autoencoderGmm, { settings, name: 'ae again' });
    for (const file of ['model.json', 'encoder.onnx'])
      expect((await bytes('ae again', file)).equals(await bytes('ae', file))).toBe(true);
    const scores = await scoresOf('ae');
    expect(scores.every(({ score }) => Number.isFinite(score))).toBe(true);
    expect(new Set(scores.map(({ score }) => score)).size).toBe(scores.length);
    await cp(join(root, 'ae'), join(root, 'ae without'), { recursive: true });
    await rm(join(root, 'ae without', 'encoder.onnx'));
    await expect(scoresOf('ae without')).rejects.toMatchObject({ code: 'models/bad-file' });
  });

  test('goes on where it was stopped, and ends in the same bytes', async () => {
    await train(autoencoderGmm, { settings, name: 'ae whole' });
    for (const step of [7, 31]) {
      const abort = new AbortController();
      const onProgress = (event: ProgressEvent) => {
        if (event.type === 'advance' && event.task === 'train autoencoder' && event.done === step)
          abort.abort();
      };
      await expect(
        train(autoencoderGmm, {
          settings,
          name: 'ae stopped',
          work: { signal: abort.signal, onProgress },
        }),
      ).rejects.toMatchObject({ code: 'core/cancelled' });
    }
    const starts: unknown[] = [];
    await train(autoencoderGmm, {
      settings,
      name: 'ae stopped',
      work: {
        onProgress: (event) => {
          if (event.type === 'start' && event.task === 'train autoencoder') starts.push(event.done);
        },
      },
    });
    expect(starts).toEqual([31]);
    for (const file of ['model.json', 'encoder.onnx', 'card.json'])
      expect(await bytes('ae stopped', file)).toEqual(await bytes('ae whole', file));
  });

  /** Two numbers a frame, spread over eight bins at levels of their own. */
  function lowRank(): Features[] {
    const rng = createRng('low rank');
    const mix = Array.from({ length: 16 }, () => rng.normal());
    return Array.from({ length: 4 }, () => {
      const data = new Float32Array(200 * 8);
      for (let t = 0; t < 200; t += 1) {
        const [a, b] = [rng.normal(), rng.normal()];
        for (let k = 0; k < 8; k += 1)
          data[t * 8 + k] = 3 * k - 20 + (k + 1) * (a * mix[k]! + b * mix[8 + k]!);
      }
      return { frames: 200, dims: 8, data };
    });
  }
  const sizes = { layers: [8, 2], stack: 1, steps: 30, batch: 16 };

  test('a kill between two checkpoints costs the steps between them, and nothing else', async () => {
    const training = { ...sizes, learningRate: 5e-3 };
    const whole = await trainAutoencoder(lowRank(), training, { rng: createRng(1), work: {} });
    const checkpoint = { path: join(root, 'killed.safetensors'), training: 'x', everySec: 0 };
    const started = async (everySec: number, killAt: number) => {
      const done: number[] = [];
      const onProgress = (event: ProgressEvent) => {
        if (event.type === 'start') done.push(event.done ?? 0);
        // Nothing after this runs, as after a kill.
        if (event.type === 'advance' && event.done === killAt) throw new Error('killed');
      };
      const context = { rng: createRng(1), work: { onProgress } };
      const result = await trainAutoencoder(lowRank(), training, {
        ...context,
        checkpoint: { ...checkpoint, everySec },
      }).catch((error: Error) => error.message);
      return { done, result };
    };
    expect(await started(0, 11)).toEqual({ done: [0], result: 'killed' });
    expect(await started(3600, 29)).toEqual({ done: [11], result: 'killed' });
    expect(await started(3600, -1)).toEqual({ done: [11], result: whole });
    // All is done: the same call only exports again.
    expect(await started(3600, -1)).toEqual({ done: [30], result: whole });
    const louder = lowRank().map((features) => ({
      ...features,
      data: features.data.map((x) => 2 * x),
    }));
    await expect(
      trainAutoencoder(louder, training, { rng: createRng(1), work: {}, checkpoint }),
    ).rejects.toMatchObject({ code: 'training/bad-checkpoint' });
  });

  test('what is not finite is told by name', async () => {
    await expect(
      trainAutoencoder(
        lowRank(),
        { ...sizes, learningRate: 1e39 },
        { rng: createRng(1), work: {} },
      ),
    ).rejects.toMatchObject({
      code: 'training/diverged',
      message: expect.stringMatching(
        /^step 0: loss and gradients are finite, but decode\.0\.bias, .* is not after the update/,
      ),
      details: { what: 'parameters', paths: expect.arrayContaining(['encode.1.weight']) },
    });
  });

  test('it learns what its inputs share, and its encoder takes inputs as they are', async () => {
    const spectra = lowRank();
    const { encoder, error } = await trainAutoencoder(
      spectra,
      { layers: [16, 2], stack: 1, steps: 400, batch: 64, learningRate: 5e-3 },
      { rng: createRng(1), work: {} },
    );
    // Inputs of variance 1: two numbers hold nearly all of it.
    expect(error).toBeLessThan(0.2);
    const session = await createOnnxNodeBackend().load(encoder);
    const data = stackFrames(spectra[0]!, { start: 0, count: 50, stack: 1 });
    const { code } = await session.run({ [ENCODER_PORTS.input]: { dims: [50, 8], data } });
    await session.dispose();
    expect(code!.dims).toEqual([50, 2]);
    expect(Array.from(code!.data, Number).every((x) => Math.abs(x) <= 1)).toBe(true);
  });

  test('stacks repeat the first and the last frame', () => {
    const features = { frames: 3, dims: 1, data: Float32Array.of(1, 2, 3) };
    expect([...stackFrames(features, { start: 0, count: 3, stack: 3 })]).toEqual([
      1, 1, 2, 1, 2, 3, 2, 3, 3,
    ]);
    expect([...stackFrames(features, { start: 2, count: 1, stack: 5 })]).toEqual([1, 2, 3, 3, 3]);
  });
});

describe('fusion', () => {
  /** Two members that each know half, a third that knows nothing. */
  const table = () => {
    const rng = createRng('fusion');
    const labels = Array.from({ length: 200 }, (_, i): Label => (i < 60 ? 'bonafide' : 'spoof'));
    const rows = labels.map((label) => {
      const side = label === 'spoof' ? 1 : -1;
      return Float64Array.of(side + 2 * rng.normal(), 50 * (side + 2 * rng.normal()), rng.normal());
    });
    return { rows, labels };
  };
  const options = { prior: 0.5, penalty: 1e-9, hidden: 4, steps: 200 } as const;

  test('with one input and a prior, logistic fusion is the calibration of that prior', () => {
    const { rows, labels } = table();
    const isSpoof = labels.map((label) => label === 'spoof');
    const of = (spoof: boolean) =>
      Float64Array.from(rows.flatMap((row, i) => (isSpoof[i] === spoof ? [row[0]!] : [])));
    for (const prior of [0.05, 0.5, 0.9]) {
      const expected = fitCalibration({ bonafide: of(false), spoof: of(true) }, { prior });
      const { weights, bias } = fitLogistic(
        rows.map((row) => Float64Array.of(row[0]!)),
        isSpoof,
        { penalty: 0, prior },
      );
      expect(weights[0]).toBeCloseTo(expected.scale, 6);
      expect(bias).toBeCloseTo(expected.offset, 6);
    }
  });

  test.each(['logistic', 'mean', 'mlp'] as const)('%s joins what members know', async (method) => {
    const { rows, labels } = table();
    const { map, scaling } = await fitFusion(
      { rows, labels },
      { method, ...options },
      createRng(1),
    );
    const model = parseFusionModel(
      {
        kind: 'fusion',
        members: scaling.map((scale, i) => ({ name: `m${i}`, ref: `m${i}`, ...scale })),
        map,
      },
      'model.json',
    );
    const auc = (scores: readonly number[]): number => {
      let wins = 0;
      for (let i = 0; i < 60; i += 1)
        for (let j = 60; j < 200; j += 1) wins += scores[j]! > scores[i]! ? 1 : 0;
      return wins / (60 * 140);
    };
    const singles = [0, 1].map((m) => auc(rows.map((row) => row[m]!)));
    const fused = auc(rows.map((row) => fuse(model, row)));
    expect(fused).toBeGreaterThan(method === 'mean' ? Math.min(...singles) : Math.max(...singles));
  });

  test.each(['logistic', 'mlp'])(
    '%s of trained detectors lies in one folder, members inside',
    async (method) => {
      const refs = ['scmc', 'mfcc'].map((family) => join(root, family));
      const settings = { detectors: refs, method, steps: 50 };
      const { card } = await train(fusion, { settings, name: method });
      expect(card.name).toBe(`fusion-${method}`);
      // It heard what its members heard, and dev.
      const heard = corpus.clips.filter(({ split }) => split !== 'eval');
      expect(contamination(card, heard).overlaps.map(({ trainedOn }) => trainedOn)).toEqual([
        'toy train',
        'toy dev',
      ]);
      expect(
        cardSchema.parse(JSON.parse(String(await bytes(method, 'card.json')))).trainedOn,
      ).toHaveLength(2);

      // The folder is whole wherever it lies.
      await cp(join(root, method), join(root, `moved ${method}`), { recursive: true });
      const scores = await scoresOf(`moved ${method}`);
      const each = await Promise.all(['scmc', 'mfcc'].map(scoresOf));
      const model = parseFusionModel(JSON.parse(String(await bytes(method, 'model.json'))), '');
      const session = await createOnnxNodeBackend().load(await bytes(method, 'model.onnx'));
      const rows = scores.map((_, i) => each.map((list) => list[i]!.score));
      const { score } = await session.run({
        scores: { dims: [rows.length, 2], data: Float32Array.from(rows.flat()) },
      });
      await session.dispose();
      for (const [i, fused] of scores.entries()) {
        expect(fused.score).toBeCloseTo(fuse(model, rows[i]!), 9);
        expect(Number(score!.data[i])).toBeCloseTo(fused.score, 3);
        expect(fused.windows?.length).toBe(each[0]![i]!.windows!.length);
      }
    },
  );

  test('a fusion may be a member; what is missing is told', async () => {
    const settings = { detectors: [join(root, 'logistic'), join(root, 'lpcc')], method: 'mean' };
    await train(fusion, { settings, name: 'nested' });
    expect((await scoresOf('nested')).every(({ score }) => Number.isFinite(score))).toBe(true);
    await rm(join(root, 'nested', 'members', '0', 'members', '1'), { recursive: true });
    await expect(scoresOf('nested')).rejects.toMatchObject({ code: 'models/unknown' });
    expect(() => parseFusionModel({ kind: 'fusion', members: [], map: {} }, 'model.json')).toThrow(
      /members/,
    );
  });
});
