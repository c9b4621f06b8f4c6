import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildToyCorpus } from '../corpora/toy.ts';
import { openCorpus } from '../datasets/open.ts';
import { readTrials } from '../store/trials.ts';
import { checkBenchmark, parseBenchmark } from './benchmark-file.ts';
import { modelShelf } from './models.ts';
import { runBenchmark } from './run.ts';
import { titleOfCorpora } from './summary.ts';

let root: string;
let known: string | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-benchmark-'));
  known = process.env.RINGTRUE_CACHE;
  process.env.RINGTRUE_CACHE = join(root, 'cache');
  for (const [i, name] of ['a', 'b', 'c'].entries())
    await buildToyCorpus(join(root, name), {
      seed: i + 1,
      speakers: 3,
      clipsPerSpeaker: 10,
      durationSec: 1.5,
    });
});
afterAll(async () => {
  if (known === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = known;
  await rm(root, { recursive: true, force: true });
});

function file(more: Record<string, unknown> = {}) {
  return checkBenchmark({
    benchmark: 'cross-domain',
    corpora: { a: './a', b: './b', c: './c' },
    domains: {
      a: { corpus: 'a', generator: ['toy-pulse', 'toy-smooth'] },
      b: { corpus: 'b', generator: 'toy-flat' },
      c: { corpus: 'c' },
    },
    hold: 'source',
    recipes: ['acoustic-logistic'],
    seeds: [1, 2],
    sizes: { train: 8, dev: 4, test: 8, least: 2 },
    interval: { replicates: 100 },
    ...more,
  });
}

async function modelTimes(): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const name of await readdir(modelShelf()).catch(() => [])) {
    const card = await stat(join(modelShelf(), name, 'card.json')).catch(() => null);
    if (card !== null) times.set(name, card.mtimeMs);
  }
  return times;
}

describe('a cross-domain benchmark', () => {
  test('stopped midway it goes on; every cell is there; a second run trains nothing and gives the same', async () => {
    const out = join(root, 'run');
    const abort = new AbortController();
    const stopped = runBenchmark(
      file(),
      { out, cwd: root, workers: 1 },
      {
        signal: abort.signal,
        onProgress: (event) => {
          if (event.type === 'advance' && event.task === 'train detectors' && event.done === 2)
            abort.abort();
        },
      },
    );
    await expect(stopped).rejects.toMatchObject({ code: 'core/cancelled' });
    const before = await modelTimes();
    expect(before.size).toBeGreaterThanOrEqual(2);
    const left = 6 - before.size;

    const { summary, trained, folder } = await runBenchmark(
      file(),
      { out, cwd: root, workers: 1 },
      {},
    );
    expect(trained).toBe(left);
    for (const [name, time] of before) expect((await modelTimes()).get(name)).toBe(time);

    const main = summary.cells.filter(
      ({ kind }) => kind === 'in-domain' || kind === 'cross-domain',
    );
    expect(main.map(({ train, test }) => `${train} ${test}`)).toEqual(
      ['a', 'b', 'c'].flatMap((train) => ['a', 'b', 'c'].map((test) => `${train} ${test}`)),
    );
    for (const { test: name, n, figures } of main) {
      expect(n).toEqual(summary.testSets.find((set) => set.name === name)?.n);
      expect(n.bonafide).toBe(n.spoof);
      expect(n.bonafide).toBeGreaterThanOrEqual(2);
      expect(figures?.eer.values).toHaveLength(2);
      for (const { value, low, high } of Object.values(figures!)) {
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }
    }
    expect(summary.sources.map(({ held }) => held)).toEqual(['source', 'source', 'source']);
    expect(summary.audit).toMatchObject({ broken: [] });
    expect(summary.notes.join(' ')).toContain('c names no generators');

    // Trial rows say which training set, recipe and seed they are of.
    const rows = await readTrials(folder);
    expect(new Set(rows.map(({ detector }) => detector))).toEqual(
      new Set(summary.models.map(({ detector }) => detector)),
    );
    expect(summary.models[0]).toMatchObject({
      detector: 'a/acoustic-logistic/1',
      trainSet: 'a',
      recipe: 'acoustic-logistic',
      seed: 1,
    });
    expect(rows[0]).toMatchObject({ corpus: 'a+b+c', split: 'test', group: { corpus: 'a' } });

    expect((await readdir(folder)).sort()).toEqual([
      ...['benchmark.yaml', 'environment.json', 'log.jsonl', 'report.html', 'summary.json'],
      'trials',
    ]);
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('Leakage audit');
    expect(page).toContain('cross-domain on a 1 + b 1 + c 1:');
    for (const { corpus, ...identity } of summary.opened ?? []) {
      const { fingerprint } = await openCorpus(join(root, corpus));
      expect(identity).toEqual({ name: corpus, version: '1', fingerprint });
    }
    expect(summary.opened).toHaveLength(3);
    const { opened: _, ...earlier } = summary;
    const renamed = { ...earlier, opened: [{ corpus: 'base', name: 'speech-base', version: '4' }] };
    expect(titleOfCorpora(renamed)).toBe('base (speech-base 4)');
    expect(titleOfCorpora(earlier)).toBe('a+b+c');
    // The file as resolved gives the same run from anywhere.
    const resolved = parseBenchmark(await readFile(join(folder, 'benchmark.yaml'), 'utf8'));
    const again = await runBenchmark(resolved, { out, workers: 1 });
    expect(again.trained).toBe(0);
    expect(again.summary).toEqual(summary);
    expect(JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(summary)),
    );
  });

  test('a training that did not finish is made again', async () => {
    const [name] = [...(await modelTimes()).keys()];
    await rm(join(modelShelf(), name!, 'card.json'));
    const { trained } = await runBenchmark(file(), {
      out: join(root, 'run'),
      cwd: root,
      workers: 1,
    });
    expect(trained).toBe(1);
  });

  test('diversity, and a control that treats training and test clips alike', async () => {
    const { summary } = await runBenchmark(
      file({
        variants: false,
        seeds: [1],
        diversity: { k: [1, 2, 3], train: 4 },
        control: { levelDb: -26, chain: ['quantize@2'] },
      }),
      { out: join(root, 'more'), cwd: root, workers: 1 },
    );
    const diverse = summary.cells.filter(({ kind }) => kind === 'diversity');
    expect(diverse.map(({ train, test }) => `${train} → ${test}`)).toEqual([
      ...['a (4 clips) → b', 'a (4 clips) → c', 'b (4 clips) → a'],
      ...['b (4 clips) → c', 'c (4 clips) → a', 'c (4 clips) → b'],
      ...['a+b (4 clips) → c', 'b+c (4 clips) → a', 'c+a (4 clips) → b'],
    ]);
    expect(summary.notes).toContain(
      'Diversity with 3 domains was left out: 3 domains leave none that is unseen.',
    );
    for (const { name, n } of summary.trainSets.filter((set) => set.name.includes('clips')))
      expect({ name, n }).toEqual({ name, n: { bonafide: 2, spoof: 2 } });
    const treated = summary.cells.filter((cell) => cell.treated.test);
    expect(treated).toHaveLength(2 * 9);
    expect(treated.every(({ figures }) => figures !== undefined)).toBe(true);
  });
});

describe('a leave-one-out benchmark', () => {
  test('leaves domains, languages and systems out, and says which it could not', async () => {
    const { summary } = await runBenchmark(
      checkBenchmark({
        benchmark: 'leave-one-out',
        corpora: { a: './a', b: './b', c: './c' },
        domains: { a: { corpus: 'a' }, b: { corpus: 'b' }, c: { corpus: 'c' } },
        hold: 'source',
        recipes: ['acoustic-logistic'],
        seeds: [1],
        sizes: { train: 12, dev: 6, test: 12, least: 2 },
        vintage: { order: ['toy-pulse', 'toy-smooth', 'toy-flat'], easiest: 'toy-pulse' },
        interval: { replicates: 100 },
      }),
      { out: join(root, 'left'), cwd: root, workers: 1 },
    );
    const left = summary.cells.filter(({ kind }) => kind === 'left-out');
    expect(left.map(({ value }) => value)).toEqual(
      expect.arrayContaining([
        ...['domain a', 'domain b', 'domain c', 'language qaa', 'language qab'],
        ...['generator toy-pulse', 'generator toy-smooth', 'generator toy-flat'],
      ]),
    );
    for (const { value } of left)
      expect(summary.cells).toContainEqual(expect.objectContaining({ kind: 'heard', value }));
    const without = summary.trainSets.find(({ name }) => name === 'all but generator toy-pulse');
    expect(without?.generators).not.toHaveProperty('toy-pulse');
    expect(without?.n).toEqual({ bonafide: 6, spoof: 6 });
    expect(summary.audit.broken).toEqual([]);
    expect(summary.cells.filter(({ kind }) => kind === 'union')).toHaveLength(9);
    const ids = summary.claims.map(({ id }) => id.split(' ')[0]);
    expect(ids).toEqual([
      ...['off-diagonal', 'complementarity', 'left-out', 'vintage'],
      ...['leakage', 'spoof-only', 'control'],
    ]);
  });
});

describe('what cannot be run', () => {
  test.each([
    ['an unknown key', { colour: 'red' }, 'benchmarks/bad-file'],
    ['no corpus', { corpora: undefined }, 'benchmarks/bad-file'],
    ['one domain', { domains: { a: { corpus: 'a' } } }, 'benchmarks/bad-file'],
    ['an unknown value', { domains: { a: { corpus: 'x' }, b: {} } }, 'benchmarks/unknown-value'],
    ['too few clips', { sizes: { train: 400, least: 100 } }, 'benchmarks/too-few-clips'],
    ['an unknown recipe', { recipes: ['nobody'] }, 'training/bad-recipe'],
    [
      'an unknown setting',
      { recipes: [{ recipe: 'acoustic-logistic', settings: { depth: 3 } }] },
      'training/bad-recipe',
    ],
    ['a recipe twice', { recipes: ['lfcc-gmm', 'lfcc-gmm'] }, 'benchmarks/bad-file'],
    [
      'an unknown field to leave out',
      { benchmark: 'leave-one-out', leave: ['hue'] },
      'benchmarks/unknown-value',
    ],
  ])('%s', async (_, more, code) => {
    const run = async () => runBenchmark(file(more), { cwd: root, out: join(root, 'never') });
    await expect(run()).rejects.toMatchObject({ code });
  });

  test('a corpus of fakes alone is refused: one class is missing', async () => {
    const rows = (await readFile(join(root, 'a', 'manifest.jsonl'), 'utf8')).trim().split('\n');
    const fakes = rows.filter((row) => JSON.parse(row).label === 'spoof');
    await writeFile(join(root, 'a', 'fakes.jsonl'), `${fakes.join('\n')}\n`);
    const run = runBenchmark(file({ corpora: { a: './a/fakes.jsonl', b: './b', c: './c' } }), {
      cwd: root,
      out: join(root, 'never'),
    });
    await expect(run).rejects.toMatchObject({
      code: 'datasets/class-missing',
      details: { label: 'bonafide' },
    });
  });

  test('the example of the guide is a whole file', async () => {
    const guide = await readFile(
      new URL('../../docs/guide/benchmarks.md', import.meta.url),
      'utf8',
    );
    const [, text] = /```yaml\n([\s\S]*?)```/.exec(guide)!;
    expect(parseBenchmark(text!)).toMatchObject({ benchmark: 'cross-domain' });
  });
});
