import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readWav } from '../audio/io/wav.ts';
import { hashBytes } from '../core/hash.ts';
import { createRng } from '../core/rng.ts';
import { openCorpus } from '../datasets/open.ts';
import { type BackgroundTake, storeTake, writeManifest } from './backgrounds.ts';
import { buildCorpus } from './build.ts';

const folder = await mkdtemp(join(tmpdir(), 'backgrounds-'));
afterAll(() => rm(folder, { recursive: true }));

const rng = createRng('hiss');
const take: BackgroundTake = {
  id: 'ambience-hiss-1',
  kind: 'ambience',
  package: 'none',
  source: 'hiss',
  licence: 'CC0-1.0',
  samples: Float32Array.from({ length: 8000 }, () => 0.001 * rng.normal()),
};

test('a recording is stored at its peak with its checksum, and is not written again', async () => {
  const clip = await storeTake(take, folder);
  const file = join(folder, clip.path);
  const bytes = await readFile(file);
  expect(hashBytes(bytes)).toBe(clip.sha256);
  const { samples, sampleRate } = readWav(bytes);
  expect(sampleRate).toBe(16000);
  expect(Math.max(...samples[0]!.map(Math.abs))).toBeCloseTo(0.9, 3);
  const before = (await stat(file)).ino;
  expect(await storeTake(take, folder)).toEqual(clip);
  expect((await stat(file)).ino).toBe(before);
  await writeFile(file, 'torn');
  await storeTake(take, folder);
  expect(await readFile(file)).toEqual(bytes);
});

test('the manifest opens as a corpus without labels; silence is refused', async () => {
  await writeManifest([await storeTake(take, folder)], folder, []);
  const { clips } = await openCorpus(folder);
  expect(clips.map(({ id, group }) => [id, group])).toEqual([
    ['ambience-hiss-1', { kind: 'ambience', package: 'none' }],
  ]);
  await expect(storeTake({ ...take, samples: new Float32Array(9) }, folder)).rejects.toMatchObject({
    code: 'corpora/incomplete',
  });
});

test('without package tools the error says what could not be had', async () => {
  const { PATH, RINGTRUE_CACHE } = process.env;
  process.env.PATH = folder;
  process.env.RINGTRUE_CACHE = join(folder, 'cache');
  try {
    await expect(buildCorpus('backgrounds')).rejects.toMatchObject({
      code: 'corpora/package-unavailable',
    });
  } finally {
    process.env.PATH = PATH;
    if (RINGTRUE_CACHE === undefined) delete process.env.RINGTRUE_CACHE;
    else process.env.RINGTRUE_CACHE = RINGTRUE_CACHE;
  }
});
