/**
 * The JSON that other programs read: more fields are welcome, these keep their names.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { runRingtrue } from '../helpers/command-line.ts';

let folder: string;
let clips: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shapes-'));
  const built = await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 6 });
  clips = built.map(({ path }) => join('toy', path));
});
afterAll(() => rm(folder, { recursive: true }));

/** Standard output must be one JSON document of the shape, whatever the exit code. */
function read<T>(shape: z.ZodType<T>, ...args: string[]): T {
  const { stdout } = runRingtrue([...args, '--json', '--quiet'], { cwd: folder });
  return shape.parse(JSON.parse(stdout));
}

const figure = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  rule: z.string().optional(),
});
const counts = z.object({ bonafide: z.int(), spoof: z.int() });
const level = z.object({ level: z.int(), value: z.number(), unit: z.string() });

test('metrics', async () => {
  const rows = Array.from(
    { length: 40 },
    (_, i) => `c${i},${i % 2 === 0 ? 'spoof' : 'bonafide'},${Math.sin(i) + (i % 2 === 0 ? 1 : 0)}`,
  );
  await writeFile(join(folder, 'scores.csv'), `clip,label,score\n${rows.join('\n')}\n`);
  const names = ['eer', 'auc', 'minDcf', 'actDcf', 'cllr', 'minCllr'];
  const shape = z.object({ n: counts, metrics: z.record(z.string(), figure) });
  const { n, metrics } = read(shape, 'metrics', 'scores.csv');
  expect(n).toEqual({ bonafide: 20, spoof: 20 });
  for (const name of names) expect(metrics[name], name).toBeDefined();
  expect(metrics.eer?.rule).toBe('interpolated');
});

test('corruptions, and a corrupted file', () => {
  const shape = z.array(
    z.object({ name: z.string(), family: z.string(), levels: z.array(level).min(5) }),
  );
  const list = read(shape, 'corruptions');
  for (const name of (
    'gaussian-noise background-noise smooth echo high-pass low-pass pitch-shift time-stretch quantize ' +
    'opus mp3 aac vorbis g711-mulaw g711-alaw g722 g726 packet-loss reverb clip autotune'
  ).split(' '))
    expect(
      list.find((each) => each.name === name)?.levels.map((each) => each.level),
      name,
    ).toEqual(expect.arrayContaining([1, 2, 3, 4, 5]));
  const corrupted = z.object({ condition: z.string(), seed: z.int(), effect: z.object({}) });
  const args = ['corrupt', clips[0]!, 'out.wav', '--with', 'mp3@3', '--seed', '7'];
  expect(read(corrupted, ...args)).toMatchObject({ condition: 'mp3@3', seed: 7 });
});

test('scan, in the order given', () => {
  const shape = z.array(
    z.object({
      file: z.string(),
      status: z.enum(['scored', 'refused', 'failed']),
      code: z.string().optional(),
      hint: z.string().optional(),
      detectors: z.array(
        z.object({ id: z.string(), score: z.number(), llr: z.number().nullable() }),
      ),
      verdict: z.object({ decision: z.string() }).nullable(),
    }),
  );
  const files = [clips[1]!, 'nothing.wav', clips[0]!];
  const results = read(shape, 'scan', ...files);
  expect(results.map(({ file }) => file)).toEqual(files);
  expect(results[1]).toMatchObject({ status: 'failed', code: 'core/io-not-found', verdict: null });
  expect(results[0]?.detectors.map(({ id }) => id)).toEqual(['lfcc-gmm', 'acoustic-logistic']);
});

test('study run, the summary of its folder, and corpus verify', () => {
  const shape = z.object({
    detectors: z.array(z.object({ name: z.string(), id: z.string() })),
    conditions: z.array(z.object({ id: z.string() })),
    results: z.array(
      z.object({
        detector: z.string(),
        condition: z.string(),
        n: counts,
        eer: figure,
        auc: figure,
        failed: z.int(),
        refused: z.int(),
      }),
    ),
  });
  const args = ['study', 'run', './toy', '--split', 'all', '-d', 'lfcc-gmm'];
  const { results } = read(shape, ...args, '-c', 'clean,mp3@1', '--out', 'run');
  expect(results.map(({ condition }) => condition)).toEqual(['clean', 'mp3@1']);
  const verified = z.object({
    features: z.array(z.object({ name: z.string(), auc: z.number() })).min(7),
    bound: z.number(),
    ok: z.boolean(),
  });
  read(verified, 'corpus', 'verify', './toy', '--no-save');
});

test('a failure is one JSON document too', () => {
  const shape = z.object({
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
  });
  expect(read(shape, 'metrics', 'nothing.csv').error.code).toBe('core/io-not-found');
});
