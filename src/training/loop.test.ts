import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lineHere } from '../../test/helpers/caught.ts';
import { loadedTiny, tiny } from '../../test/helpers/tiny-recipe.ts';
import { decode } from '../audio/io/decode.ts';
import { hostArray, isHostArray } from '../compiler/arrays.ts';
import { np } from '../compiler/jax.ts';
import { interpret } from '../compiler/trace.ts';
import { leavesOf } from '../compiler/tree.ts';
import type { ProgressEvent } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { parseYaml } from '../core/yaml.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import type { Corpus } from '../datasets/clip.ts';
import { openCorpus } from '../datasets/open.ts';
import { readSafetensors } from '../graph/safetensors.ts';
import { batchNorm, initBatchNormState } from '../models/layers/index.ts';
import { loadDetector } from '../models/registry.ts';
import { DetectorInput } from '../models/types.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { type Batch, createBatches } from './data/batches.ts';
import { isLabelled } from './data/labelled.ts';
import { defineRecipe } from './define-recipe.ts';
import { compileStep, prepareStep } from './engine.ts';
import { statePaths } from './finite.ts';
import { namedRecipe } from './load-recipe.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { withSettings } from './recipe.ts';
import { readLog, type TrainingEntry } from './run-folder.ts';
import { exampleInput, firstState, readMetrics, stepFunction, stepInputs } from './step.ts';
import { trainDetector } from './train.ts';
import { branch, type HostValues, hostLeaf } from './trees.ts';

let root: string;
let corpus: Corpus;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-loop-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 4, clipsPerSpeaker: 4, durationSec: 1 });
  corpus = await openCorpus(join(root, 'toy', 'manifest.jsonl'));
  // What undisturbed trainings leave.
  await train('calm', { dataThreads: 2 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const at = (name: string, ...parts: string[]): string => join(root, name, ...parts);
const train = (
  name: string,
  settings: Record<string, unknown> = {},
  work: Parameters<typeof trainDetector>[3] = {},
) => trainDetector(loadedTiny, corpus, { out: at(name), settings }, work);
const bytesOf = (name: string, ...parts: string[]): Promise<string> =>
  readFile(at(name, ...parts), 'base64');

/** Everything that a training leaves whose bytes must not depend on how it went. */
const RESULTS = [
  ['model.onnx'],
  ['model.json'],
  ['card.json'],
  ['run', 'checkpoints', 'best.safetensors'],
  ['run', 'checkpoints', 'last.safetensors'],
];
const resultsOf = (name: string): Promise<string[]> =>
  Promise.all(RESULTS.map((parts) => bytesOf(name, ...parts)));

/** Aborts a training when it has made some steps. */
function stopAt(step: number): { signal: AbortSignal; onProgress: (event: ProgressEvent) => void } {
  const abort = new AbortController();
  return {
    signal: abort.signal,
    onProgress: (event) => {
      if (event.type === 'advance' && event.task === 'train' && event.done >= step) abort.abort();
    },
  };
}

describe('a training', () => {
  test('leaves a detector, a run folder with settings, log, curves and environment', async () => {
    const events: ProgressEvent[] = [];
    const result = await train('whole', {}, { onProgress: (event) => events.push(event) });
    expect((await readdir(at('whole'))).sort()).toEqual([
      'card.json',
      'card.md',
      'model.json',
      'model.onnx',
      'run',
      'weights.safetensors',
    ]);
    expect((await readdir(at('whole', 'run'))).sort()).toEqual([
      'checkpoints',
      'config.yaml',
      'curves.html',
      'environment.json',
      'log.jsonl',
    ]);
    const config = parseYaml(await readFile(at('whole', 'run', 'config.yaml'), 'utf8'), {
      where: 'config.yaml',
      code: 'core/internal',
    });
    expect(config).toMatchObject({
      recipe: 'tiny',
      corpus: 'toy',
      settings: { epochs: 4, batch: 4 },
    });
    const log = await readLog(at('whole', 'run', 'log.jsonl'));
    const epochs = log.filter((entry) => entry.event === 'epoch');
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    for (const { dev } of epochs) expect(dev.eer.value).toBeGreaterThanOrEqual(0);
    const steps = log.filter((entry) => entry.event === 'step');
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i));
    // A cosine from the peak.
    expect(steps[0]!.learningRate).toBeCloseTo(0.02, 8);
    expect(steps.at(-1)!.learningRate).toBeLessThan(0.001);
    const curves = await readFile(at('whole', 'run', 'curves.html'), 'utf8');
    expect(curves.match(/<svg/g)?.length).toBeGreaterThanOrEqual(5);
    expect(curves).not.toMatch(/(src|href)="http/);
    expect(events.some((e) => e.type === 'advance' && /loss .* dev EER/.test(e.note ?? ''))).toBe(
      true,
    );

    // What was exported scores like the weights that were chosen: the card's dev figure is a detector's.
    const detector = await loadDetector(at('whole'));
    const clips = await Promise.all(
      corpus.clips
        .slice(0, 3)
        .map(async ({ path }) => new DetectorInput((await decode(path)).audio)),
    );
    const together = await detector.score(clips);
    const alone = await Promise.all(clips.map(async (clip) => (await detector.score([clip]))[0]));
    expect(alone).toEqual(together);
    // Stretches of a half, a quarter apart, and one that ends with the clip.
    const windows = together[0]!.windows!;
    expect(windows.slice(0, 3).map(({ startSec }) => startSec)).toEqual([0, 0.25, 0.5]);
    expect(windows.at(-1)!.endSec).toBeCloseTo(clips[0]!.mono(16000).length / 16000, 9);
    const mean = windows.reduce((sum, { score }) => sum + score, 0) / windows.length;
    expect(together[0]!.score).toBeCloseTo(mean, 12);
    await detector.dispose();
    expect(result.trials).toHaveLength(1);
  });

  test('ends in the same bytes whatever the threads, and when it was interrupted', async () => {
    await train('bare', { dataThreads: 0, checkpointSec: 0 });
    expect(await resultsOf('bare')).toEqual(await resultsOf('calm'));
    for (const step of [2, 5, 9]) {
      await expect(train('stopped', {}, stopAt(step))).rejects.toMatchObject({
        code: 'core/cancelled',
      });
    }
    await train('stopped');
    expect(await resultsOf('stopped')).toEqual(await resultsOf('calm'));
    const steps = (entries: TrainingEntry[]) =>
      entries.flatMap((entry) => (entry.event === 'step' ? [[entry.step, entry.loss]] : []));
    const logOf = async (name: string) => steps(await readLog(at(name, 'run', 'log.jsonl')));
    expect(await logOf('stopped')).toEqual(await logOf('calm'));
    // Finished: the same call only exports again.
    await train('stopped');
    expect(await resultsOf('stopped')).toEqual(await resultsOf('calm'));
    await train('other', { learningRate: 0.01 });
    expect(await resultsOf('other')).not.toEqual(await resultsOf('calm'));
  });

  test('stops early when dev makes no progress, and keeps the best weights', async () => {
    await train('early', { epochs: 40, patience: 2, select: 'loss', learningRate: 0.5 });
    const log = await readLog(at('early', 'run', 'log.jsonl'));
    const epochs = log.filter((entry) => entry.event === 'epoch');
    const best = epochs.findLastIndex((epoch) => epoch.best);
    expect(epochs.length).toBeLessThan(40);
    expect(epochs.length - 1 - best).toBe(2);
    for (const { dev } of epochs) expect(dev.loss).toBeGreaterThanOrEqual(epochs[best]!.dev.loss);
    expect(log.at(-2)).toMatchObject({ event: 'end', reason: 'no progress' });
    const { metadata } = readSafetensors(
      await readFile(at('early', 'run', 'checkpoints', 'best.safetensors')),
    );
    expect(JSON.parse(metadata.progress!).best.epoch).toBe(best + 1);
  });

  test('lowers the learning rate on a plateau', async () => {
    const settings = { epochs: 12, plateau: { factor: 0.1, patience: 0 }, learningRate: 0.3 };
    await train('plateau', settings);
    const log = await readLog(at('plateau', 'run', 'log.jsonl'));
    const epochs = log.filter((entry) => entry.event === 'epoch');
    let low = Number.POSITIVE_INFINITY;
    let scale = 1;
    for (const { dev, step, learningRate } of epochs) {
      const cosine = 0.15 * (1 + Math.cos((Math.PI * (step - 1)) / epochs.at(-1)!.step));
      expect(learningRate / cosine / scale).toBeCloseTo(1, 4);
      if (dev.loss >= low * (1 - 1e-4)) scale /= 10;
      low = Math.min(low, dev.loss);
    }
    expect(scale).toBeLessThan(1);
  });
});

describe('micro-batches', () => {
  const networkOf = (settings: Record<string, unknown>) =>
    withSettings(tiny.definition, tiny.definition.settings.parse(settings));
  const preparedStep = async (network: ReturnType<typeof networkOf>, dims: readonly number[]) => {
    const state = firstState(network, { rng: createRng(1), dims, steps: 9 });
    const prepared = await prepareStep(createOnnxNodeBackend(), stepFunction(network, 9), {
      state,
      batch: exampleInput(network, dims),
    });
    return { state, prepared, paths: statePaths(state) };
  };

  test('add up to the step of the whole batch', async () => {
    const resultOf = async (batch: number, accumulate: number) => {
      const network = networkOf({ dropout: 0, norm: false, batch, accumulate });
      const batches = createBatches({
        train: corpus.clips.filter(isLabelled).filter(({ split }) => split === 'train'),
        settings: {
          frontEnd: { ...network.frontEnd, kind: 'log-mel', layout: 'dims-first' } as never,
          length: { sec: 0.5, short: 'repeat' },
          crop: 'random',
          augment: null,
          speed: 0,
          seed: 1,
          keepBytes: 0,
        },
        sampling: 'shuffle',
        batch: batch * accumulate,
        threads: 0,
      });
      const rng = createRng(1);
      const { prepared, paths } = await preparedStep(network, batches.dims);
      const told: number[] = [];
      for (let step = 0; step < 3; step += 1) {
        const inputs = stepInputs(await batches.at(step), { rng, step, scale: 1, accumulate });
        let metrics: HostValues = {};
        for (const input of inputs) metrics = await prepared.step(input);
        const { loss, gradientNorm, learningRate } = readMetrics(metrics, paths);
        told.push(loss, gradientNorm, learningRate);
      }
      const state = await prepared.snapshot();
      await prepared.dispose();
      const numbersOf = (part: string): number[] =>
        leavesOf(branch(state, part), isHostArray).flatMap(({ value }) => [...value.data]);
      return [...numbersOf('parameters'), ...numbersOf('average'), ...told];
    };
    const whole = await resultOf(8, 1);
    // Sums of float32 in another order; three steps of Adam, whose first steps divide by small numbers.
    for (const parts of [await resultOf(4, 2), await resultOf(2, 4)])
      for (const [i, value] of parts.entries())
        expect(Math.abs(value - whole[i]!)).toBeLessThan(2e-5);
  });

  /** Four examples of eight bands. */
  const dims = [8, 51];
  const made = (): Batch => {
    const draw = createRng(3);
    const data = Float32Array.from({ length: 4 * 8 * 51 }, () => draw.uniform());
    return {
      features: hostArray([4, ...dims], data),
      label: hostArray([4], Int32Array.of(0, 1, 0, 1)),
      valid: hostArray([4], new Float32Array(4).fill(1)),
      clips: ['a', 'b', 'c', 'd'],
    };
  };
  const inTwo = { rng: createRng(1), step: 0, scale: 1, accumulate: 2 };

  test('move the statistics of norms one after the other, their average once', async () => {
    const { state, prepared } = await preparedStep(
      networkOf({ dropout: 0, batch: 2, accumulate: 2 }),
      dims,
    );
    const first = initBatchNormState(8);
    let want = first;
    for (const input of stepInputs(made(), inTwo)) {
      await prepared.step(input);
      want = interpret((norm, x) => batchNorm(null, norm, np.mean(x, 2), { train: true })[1], [
        want,
        hostLeaf(branch(input, 'features')),
      ] as const);
    }
    const after = await prepared.snapshot();
    await prepared.dispose();
    const norms = {
      state: branch(branch(after, 'model'), 'norm'),
      average: branch(branch(branch(after, 'average'), 'state'), 'norm'),
    };
    for (const name of ['mean', 'variance'] as const) {
      for (const [i, value] of want[name].data.entries()) {
        const begun = first[name].data[i]!;
        expect(hostLeaf(branch(norms.state, name)).data[i]).toBeCloseTo(value, 6);
        // In the first step the average keeps a tenth of what it was.
        const average = begun + 0.9 * (value - begun);
        expect(hostLeaf(branch(norms.average, name)).data[i]).toBeCloseTo(average, 6);
      }
    }
    expect(branch(after, 'sum')).toEqual(branch(state, 'sum'));
  });

  test('have a key each', () => {
    const keys = [0, 1].flatMap((step) =>
      stepInputs(made(), { ...inTwo, step, accumulate: 4 }).map((input) =>
        hostLeaf(branch(input, 'key')).data.join(),
      ),
    );
    expect(new Set(keys).size).toBe(8);
  });

  test('that are not finite are told of at the end of the step', async () => {
    const { prepared, paths } = await preparedStep(networkOf({ batch: 2, accumulate: 2 }), dims);
    const batch = made();
    batch.features.data[0] = Number.NaN;
    let metrics: HostValues = {};
    for (const input of stepInputs(batch, inTwo)) metrics = await prepared.step(input);
    await prepared.dispose();
    expect(readMetrics(metrics, paths)).toMatchObject({ loss: Number.NaN, bad: { what: 'loss' } });
  });

  test('end in the same bytes when a training was interrupted; checkpoints hold no sum', async () => {
    const settings = { batch: 2, accumulate: 2 };
    await train('parts', settings);
    for (const step of [1, 4]) {
      await expect(train('parts stopped', settings, stopAt(step))).rejects.toMatchObject({
        code: 'core/cancelled',
      });
    }
    await train('parts stopped', settings);
    expect(await resultsOf('parts stopped')).toEqual(await resultsOf('parts'));
    const last = await readFile(at('parts', 'run', 'checkpoints', 'last.safetensors'));
    const parts = Object.keys(readSafetensors(last).tensors).map((name) => name.split('.')[0]);
    expect([...new Set(parts)].sort()).toEqual(['average', 'model', 'optimiser', 'parameters']);
  });
});

test('the graph of a step does not grow with the micro-batches', () => {
  const size = (accumulate: number) => {
    const settings = tiny.definition.settings.parse({ batch: 2, accumulate });
    const network = withSettings(tiny.definition, settings);
    const dims = [8, 51];
    const state = firstState(network, { rng: createRng(1), dims, steps: 9 });
    const batch = exampleInput(network, dims);
    return compileStep(stepFunction(network, 9), { state, batch }).model.length;
  };
  expect(size(64)).toBe(size(16));
});

test('each part of the state is looked at, integers and parts without arrays aside', () => {
  const array = (...values: number[]) => hostArray([values.length], Float32Array.from(values));
  const state = {
    parameters: { w: array(1) },
    optimiser: { count: hostArray([1], Int32Array.of(1)), second: array(1) },
    model: { mean: array(1), variance: array(1) },
    average: {},
  };
  const paths = statePaths(state);
  const good = {
    loss: array(1),
    gradientNorm: array(1),
    learningRate: array(1),
    gradients: array(1),
    parameters: array(1),
    optimiser: array(1),
    model: array(1, 1),
    average: array(0),
  };
  const badOf = (more: Partial<typeof good>) => readMetrics({ ...good, ...more }, paths).bad;
  expect(badOf({})).toBeNull();
  const [no, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
  expect(badOf({ gradientNorm: array(inf) })).toEqual({ what: 'gradient norm', paths: [] });
  expect(badOf({ optimiser: array(inf) })).toEqual({ what: 'optimiser', paths: ['second'] });
  expect(badOf({ model: array(1, no) })).toEqual({ what: 'model', paths: ['variance'] });
  expect(badOf({ model: array(no, 1), parameters: array(no) })).toEqual({
    what: 'parameters',
    paths: ['w'],
  });
});

describe('what goes wrong is told by its code', () => {
  test.each([
    // Weights of 1e30 are numbers; their product in the next step is none.
    ['loss', 1e30, /^step 1: the loss is NaN; .*first\.bias, first\.weight/],
    ['parameters', 1e39, /^step 0: loss and gradients are finite, but first\.bias/],
  ])('numbers that are not finite, first of all the %s', async (what, learningRate, message) => {
    const name = `diverged by ${what}`;
    await expect(train(name, { learningRate, checkpointSec: 0 })).rejects.toMatchObject({
      code: 'training/diverged',
      message: expect.stringMatching(message),
      details: { what, paths: expect.arrayContaining(['second.weight']) },
    });
    const last = await readFile(at(name, 'run', 'checkpoints', 'last.safetensors'));
    for (const { data } of Object.values(readSafetensors(last).tensors))
      expect([...data].every((value) => Number.isFinite(Number(value)))).toBe(true);
    expect(await readdir(at(name))).toEqual(['run']);
  });

  test('a gradient whose square is no number any more', async () => {
    const steep = namedRecipe(
      defineRecipe({
        ...tiny.definition,
        loss: (logits, { label }) => crossEntropy(logits, label).mul(1e21),
      }),
    );
    await expect(
      trainDetector(steep, corpus, { out: at('steep'), settings: { checkpointSec: 0 } }),
    ).rejects.toMatchObject({
      code: 'training/diverged',
      message: expect.stringMatching(/^step 0: .*the norm of the gradients is Infinity/),
      details: { what: 'gradient norm' },
    });
  });

  test.each(['loss', 'auc'] as const)(
    'a dev loss that is not finite, chosen by %s',
    async (select) => {
      const name = `lost by ${select}`;
      // The training batches have four examples, the dev split more.
      const lost = namedRecipe(
        defineRecipe({
          ...tiny.definition,
          loss: (logits, { label }, { batch }) =>
            crossEntropy(logits, label).mul(
              label.shape[0] === batch ? 1 : Number.POSITIVE_INFINITY,
            ),
        }),
      );
      await expect(
        trainDetector(lost, corpus, { out: at(name), settings: { select } }),
      ).rejects.toMatchObject({
        code: 'training/diverged',
        message: 'the loss over the dev clips is Infinity',
      });
      expect(await readdir(at(name, 'run', 'checkpoints'))).toEqual(['last.safetensors']);
      const last = await readFile(at(name, 'run', 'checkpoints', 'last.safetensors'));
      expect(JSON.parse(readSafetensors(last).metadata.progress!)).toMatchObject({ best: null });
    },
  );

  test('a checkpoint with a flipped bit, cut off, or no checkpoint at all', async () => {
    await expect(train('damaged', {}, stopAt(3))).rejects.toMatchObject({ code: 'core/cancelled' });
    const path = at('damaged', 'run', 'checkpoints', 'last.safetensors');
    const whole = await readFile(path);
    const flipped = Uint8Array.from(whole);
    flipped[flipped.length - 3]! ^= 4;
    for (const bytes of [flipped, whole.subarray(0, 500), new Uint8Array(0)]) {
      await writeFile(path, bytes);
      await expect(train('damaged')).rejects.toMatchObject({
        code: 'training/bad-checkpoint',
        message: expect.stringContaining(path),
      });
    }
    await rm(path);
    await train('damaged');
    expect(await resultsOf('damaged')).toEqual(await resultsOf('calm'));
  });

  test('a folder of another training', async () => {
    await expect(train('calm', { epochs: 5 })).rejects.toMatchObject({
      code: 'training/run-mismatch',
    });
  });

  test('code that has changed beside the recipe', async () => {
    // As a module would that the recipe imports: neither settings nor the recipe's own file tell of it.
    const grown = (factor: number) =>
      namedRecipe(
        defineRecipe({
          ...tiny.definition,
          loss: (logits, { label }) => crossEntropy(logits, label).mul(factor),
        }),
      );
    const options = { out: at('grown') };
    await expect(trainDetector(grown(2), corpus, options, stopAt(3))).rejects.toMatchObject({
      code: 'core/cancelled',
    });
    await expect(trainDetector(grown(3), corpus, options)).rejects.toMatchObject({
      code: 'training/run-mismatch',
      message: expect.stringContaining('was trained by other code'),
      hint: expect.stringContaining('--out'),
    });
    await trainDetector(grown(2), corpus, options);
    await expect(trainDetector(grown(3), corpus, options)).rejects.toMatchObject({
      code: 'training/run-mismatch',
    });
  });

  test('scores that cannot be exported, before the first step', async () => {
    let line = 0;
    const crowd = namedRecipe(
      defineRecipe({
        ...tiny.definition,
        // The score of a clip would depend on its neighbours.
        score(logits) {
          line = lineHere() + 1;
          return logits.slice([], 1).sub(np.mean(logits));
        },
      }),
    );
    const error = await trainDetector(crowd, corpus, { out: at('crowd') }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'compiler/unsupported',
      message: expect.stringMatching(
        /loop\.test\.ts:\d+:\d+: mul\(float32\[\], float32\[\]\) depends on the size of the leading axis batch/,
      ),
      details: { primitive: 'mul', line: expect.stringContaining(`loop.test.ts:${line}:`) },
    });
    const log = await readLog(at('crowd', 'run', 'log.jsonl'));
    expect(log.map(({ event }) => event)).toEqual(['stopped']);
  });

  test('a setting that does not exist, or has a wrong value', async () => {
    await expect(train('never', { epoch: 5 })).rejects.toMatchObject({
      code: 'training/bad-recipe',
      message: expect.stringMatching(/settings of tiny.*epoch/),
    });
    await expect(train('never', { batch: 0 })).rejects.toMatchObject({
      code: 'training/bad-recipe',
      message: expect.stringMatching(/settings of tiny\.batch/),
    });
  });

  test('memory that does not suffice', async () => {
    await expect(train('vast', { width: 1e6 })).rejects.toMatchObject({
      code: 'training/out-of-memory',
    });
  });

  test('classes that cannot be read', async () => {
    const path = join(root, 'none.wav');
    const clips = corpus.clips.map((clip) =>
      clip.split === 'train' && clip.label === 'bonafide' ? { ...clip, path } : clip,
    );
    await expect(
      trainDetector(loadedTiny, { ...corpus, clips }, { out: at('unread') }),
    ).rejects.toMatchObject({
      code: 'training/class-missing',
      message: expect.stringContaining('bonafide'),
    });
  });
});
