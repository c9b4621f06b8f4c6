import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCrashingFile } from '../../test/helpers/crashing-file.ts';
import { loadedTiny } from '../../test/helpers/tiny-recipe.ts';
import { decode } from '../audio/io/decode.ts';
import type { ProgressEvent } from '../core/progress.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import type { Clip, Corpus } from '../datasets/clip.ts';
import { openCorpus } from '../datasets/open.ts';
import { cllr } from '../metrics/cllr.ts';
import { calibratedLlr } from '../models/calibrated-llr.ts';
import { contamination } from '../models/contamination.ts';
import { loadDetector } from '../models/registry.ts';
import { cardSchema, DetectorInput } from '../models/types.ts';
import { namedRecipe } from './load-recipe.ts';
import { acousticLogistic } from './recipes/acoustic-logistic.ts';
import { lfccGmm } from './recipes/lfcc-gmm.ts';
import { readLog } from './run-folder.ts';
import { trainDetector } from './train.ts';

let root: string;
let corpus: Corpus;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-train-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 4, clipsPerSpeaker: 4, durationSec: 1 });
  corpus = await openCorpus(join(root, 'toy', 'manifest.jsonl'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const filesOf = async (folder: string): Promise<string[]> =>
  Promise.all(
    ['card.json', 'card.md', 'model.json', 'model.onnx'].map((name) =>
      readFile(join(folder, name), 'base64'),
    ),
  );

describe.each([lfccGmm, acousticLogistic].map(namedRecipe))('$ref', (recipe) => {
  const name = recipe.ref;

  test('the same seed gives the same files, whatever the order of the manifest', async () => {
    const first = join(root, name, 'first');
    const second = join(root, name, 'second');
    const events: ProgressEvent[] = [];
    const trained = await trainDetector(
      recipe,
      corpus,
      { out: first },
      { onProgress: (event) => events.push(event) },
    );
    const turned = { ...corpus, clips: [...corpus.clips].reverse() };
    await trainDetector(recipe, turned, { out: second });
    expect(await readdir(first)).toEqual([
      'card.json',
      'card.md',
      'model.json',
      'model.onnx',
      'run',
    ]);
    expect(await filesOf(second)).toEqual(await filesOf(first));
    expect(trained.trials.filter(({ kept }) => kept)).toHaveLength(1);
    expect(events.some(({ type }) => type === 'advance')).toBe(true);

    const card = cardSchema.parse(JSON.parse(await readFile(join(first, 'card.json'), 'utf8')));
    const of = (split: string) => corpus.clips.filter((clip) => clip.split === split);
    const { overlaps } = contamination(card, of('train'));
    expect(overlaps).toMatchObject([{ clips: of('train').length }]);
    expect(card.trainedOn).toMatchObject([{ collections: ['toy'], licences: ['CC0-1.0'] }]);
    expect(contamination(card, [...of('dev'), ...of('eval')]).overlaps).toEqual([]);

    const detector = await loadDetector(first);
    const dev = of('dev');
    const scored = await detector.score(
      await Promise.all(dev.map(async ({ path }) => new DetectorInput((await decode(path)).audio))),
    );
    const point = card.operatingPoints.find((p) => p.name === 'FPR 5 %')!;
    const called = dev.filter(
      ({ label }, i) => label === 'bonafide' && scored[i]!.score >= point.threshold,
    );
    expect(called.length).toBeLessThanOrEqual(0.05 * dev.length);
    expect(scored.every(({ score }) => Number.isFinite(score))).toBe(true);
  });
});

const logistic = namedRecipe(acousticLogistic);

describe('Cllr', () => {
  test('judges the bounded ratios that a scan tells', async () => {
    const out = join(root, 'ratios');
    const { dev: figures, card } = await trainDetector(logistic, corpus, { out });
    const detector = await loadDetector(out);
    const dev = corpus.clips.filter(({ split }) => split === 'dev');
    const scored = await detector.score(
      await Promise.all(dev.map(async ({ path }) => new DetectorInput((await decode(path)).audio))),
    );
    const llrs = scored.map(({ score }) => calibratedLlr(card, score)!);
    const of = (label: string) => Float64Array.from(llrs.filter((_, i) => dev[i]!.label === label));
    expect(figures.cllr?.value).toBeCloseTo(
      cllr({ bonafide: of('bonafide'), spoof: of('spoof') }),
      12,
    );
    const { scale, offset } = card.calibration!;
    expect(scored.some(({ score }, i) => llrs[i] !== scale * score + offset)).toBe(true);
  });

  test('is left out where there is no calibration', async () => {
    const fit: typeof logistic.recipe.fit = async (settings, context) =>
      (await logistic.recipe.fit(settings, context)).map((fitted) => ({
        ...fitted,
        create: async (card) => {
          const detector = await fitted.create(card);
          const score: typeof detector.score = async (batch) =>
            (await detector.score(batch)).map((one) => ({ ...one, score: -one.score }));
          return { ...detector, score };
        },
      }));
    const out = join(root, 'turned');
    const turned = { ...logistic, recipe: { ...logistic.recipe, fit } };
    const { dev, card } = await trainDetector(turned, corpus, { out });
    expect(card.calibration).toBeUndefined();
    expect(dev.cllr).toBeNull();
    expect(await readFile(join(out, 'card.md'), 'utf8')).toMatch(/^\| dev .* \| – \|$/m);
  });
});

describe('what cannot be trained is told by code, and no detector is written', () => {
  const out = (): string => join(root, 'never');
  const refused = async (clips: Corpus['clips'], code: string, message: RegExp): Promise<void> => {
    await expect(
      trainDetector(logistic, { ...corpus, clips }, { out: out() }),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(out()).catch(() => ['run'])).toEqual(['run']);
  };

  test('a class that is missing from train or dev', async () => {
    for (const split of ['train', 'dev']) {
      await refused(
        corpus.clips.filter((clip) => !(clip.split === split && clip.label === 'spoof')),
        'training/class-missing',
        new RegExp(`the ${split} split of toy has no spoof clip$`),
      );
    }
  });

  test('clips for evaluation only, in whatever split', async () => {
    for (const split of ['train', 'eval']) {
      const at = corpus.clips.findIndex((clip) => clip.split === split);
      await refused(
        corpus.clips.map((clip, i) => (i === at ? { ...clip, use: 'evaluation-only' } : clip)),
        'datasets/evaluation-only',
        new RegExp(`^toy: 1 of ${corpus.clips.length} clips are for evaluation only`),
      );
    }
  });

  test('a class whose files cannot be read', async () => {
    const broken = join(root, 'broken.wav');
    await writeFile(broken, 'no sound');
    await refused(
      corpus.clips.map((clip) => (clip.label === 'bonafide' ? { ...clip, path: broken } : clip)),
      'training/class-missing',
      /no bonafide clip that can be read/,
    );
  });

  test('a cancelled training', async () => {
    const stopped = AbortSignal.abort();
    await expect(
      trainDetector(
        namedRecipe(lfccGmm),
        corpus,
        { out: join(root, 'cancelled') },
        { signal: stopped },
      ),
    ).rejects.toMatchObject({ code: 'core/cancelled' });
    await expect(readdir(join(root, 'cancelled'))).rejects.toThrow('ENOENT');
  });
});

test.each(['labels', 'splits'])('a folder of the same recordings under other %s', async (what) => {
  const out = join(root, `other-${what}`);
  await trainDetector(logistic, corpus, { out });
  const swapped = (['bonafide', 'spoof'] as const).map(
    (label) => corpus.clips.find((clip) => clip.split === 'train' && clip.label === label)!,
  );
  const moved = corpus.clips.find(({ split }) => split === 'dev')!;
  const clips = corpus.clips.map((clip): Clip => {
    if (what === 'splits') return clip === moved ? { ...clip, split: 'train' } : clip;
    const at = swapped.indexOf(clip);
    return at < 0 ? clip : { ...clip, label: swapped[1 - at]!.label };
  });
  await expect(trainDetector(logistic, { ...corpus, clips }, { out })).rejects.toMatchObject({
    code: 'training/run-mismatch',
  });
});

test.each([
  ['a network', loadedTiny],
  ['a classical detector', logistic],
])('clips without a label are left out of %s, and that is said', async (name, recipe) => {
  const [plain, more] = ['plain', 'more'].map((part) => join(root, `${part} ${name}`));
  await trainDetector(recipe, corpus, { out: plain! });
  const unlabelled = (['train', 'dev', 'eval'] as const).map((split): Clip => {
    const { label: _, ...clip } = corpus.clips.find((one) => one.split === split)!;
    return { ...clip, id: `unlabelled ${split}` };
  });
  const warnings: string[] = [];
  await trainDetector(
    recipe,
    { ...corpus, clips: [...unlabelled, ...corpus.clips] },
    { out: more! },
    { onProgress: (event) => event.type === 'warning' && warnings.push(event.message) },
  );
  expect(await filesOf(more!)).toEqual(await filesOf(plain!));
  expect(warnings).toEqual(
    ['train', 'dev', 'eval'].map(
      (split) => `the ${split} split of toy has 1 clip without a label: left out`,
    ),
  );
  const log = await readLog(join(more!, 'run', 'log.jsonl'));
  expect(log.filter(({ event }) => event === 'left-out')).toHaveLength(3);
});

test('one bad file of many is a recorded failure', async () => {
  const broken = join(root, 'one-broken.wav');
  await writeFile(broken, 'no sound');
  const index = corpus.clips.findIndex((clip) => clip.split === 'train');
  const clips = corpus.clips.map((clip, i) => (i === index ? { ...clip, path: broken } : clip));
  const trained = await trainDetector(
    logistic,
    { ...corpus, clips },
    { out: join(root, 'one-bad') },
  );
  expect(trained.failures).toHaveLength(1);
  expect(trained.failures[0]!.clip).toBe(corpus.clips[index]!.id);
});

test('a file that crashes its decoder is a recorded failure', async () => {
  const hostile = await makeCrashingFile(join(root, 'hostile'));
  const index = corpus.clips.findIndex((clip) => clip.split === 'train');
  const clips = corpus.clips.map((clip, i) =>
    i === index ? { ...clip, path: hostile.path } : clip,
  );
  try {
    const out = join(root, 'one-hostile');
    const { failures } = await trainDetector(logistic, { ...corpus, clips }, { out });
    expect(failures).toEqual([{ clip: corpus.clips[index]!.id, code: 'audio/decoder-crashed' }]);
  } finally {
    await hostile.stop();
  }
});

test('a card that lists no hashes is told', async () => {
  const gone = join(root, 'gone.wav');
  const index = corpus.clips.findIndex((clip) => clip.split === 'train');
  await copyFile(corpus.clips[index]!.path, gone);
  const clips = corpus.clips.map(({ sha256, ...clip }, i) =>
    i === index ? { ...clip, path: gone } : { ...clip, sha256 },
  );
  // The file is there to be learnt from, and no longer when it is to be hashed.
  const fit: typeof logistic.recipe.fit = async (settings, context) => {
    const fitted = await logistic.recipe.fit(settings, context);
    await rm(gone);
    return fitted;
  };
  const events: ProgressEvent[] = [];
  const out = join(root, 'unhashed');
  await trainDetector(
    { ...logistic, recipe: { ...logistic.recipe, fit } },
    { ...corpus, clips },
    { out },
    { onProgress: (event) => event.type === 'warning' && events.push(event) },
  );
  expect(events).toMatchObject([
    { code: 'training/unhashed', message: expect.stringContaining('could not be read') },
  ]);
  const card = cardSchema.parse(JSON.parse(await readFile(join(out, 'card.json'), 'utf8')));
  expect(card.trainedOn[0]).not.toHaveProperty('clipHashes');
});

test('weights that are given take the place of a training: the same model; classical recipes take none', async () => {
  const out = (name: string) => join(root, 'weights', name);
  const trained = await trainDetector(loadedTiny, corpus, { out: out('trained') });
  const weights = join(out('trained'), 'weights.safetensors');
  const given = await trainDetector(loadedTiny, corpus, { out: out('given'), weights });
  const model = (name: string) => readFile(join(out(name), 'model.onnx'), 'base64');
  expect(await model('given')).toBe(await model('trained'));
  expect(given.trials).toMatchObject([{ setting: 'given weights' }]);
  expect(given.dev).toEqual(trained.dev);
  expect(given.card.recipe).toBe(`${trained.card.recipe} --weights ${weights}`);
  await expect(
    trainDetector(namedRecipe(lfccGmm), corpus, { out: out('gmm'), weights }),
  ).rejects.toMatchObject({ code: 'training/bad-recipe' });
  await expect(
    trainDetector(loadedTiny, corpus, { out: out('none'), weights: out('none.safetensors') }),
  ).rejects.toMatchObject({ code: 'core/io-not-found' });
});
