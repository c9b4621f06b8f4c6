import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashBytes } from '../core/hash.ts';
import { hashFile } from '../core/node/files.ts';
import { type Clip, clipSchema } from '../datasets/clip.ts';
import { buildToyCorpus } from './toy.ts';

let folder: string;
let clips: Clip[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-toy-'));
  clips = await buildToyCorpus(join(folder, 'a'), { speakers: 3, clipsPerSpeaker: 3 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the manifest on disk is what was returned, and every hash is that of its file', async () => {
  const text = await readFile(join(folder, 'a', 'manifest.jsonl'), 'utf8');
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => clipSchema.parse(JSON.parse(line)));
  expect(rows).toEqual(clips);
  for (const clip of clips) expect(await hashFile(join(folder, 'a', clip.path))).toBe(clip.sha256);
});

test('the same seed gives the same bytes, on this machine and on every other', async () => {
  const again = await buildToyCorpus(join(folder, 'b'), { speakers: 3, clipsPerSpeaker: 3 });
  expect(again).toEqual(clips);
  // Recorded once: it changes only with the synthesiser, never with the machine or the engine.
  const all = hashBytes(new TextEncoder().encode(clips.map((clip) => clip.sha256).join()));
  expect(all).toBe('00706bd720ec4dfbd2a59bb9c1972d169f6f0de2d3ef421e1bbd1fb77ed956ea');
  const other = await buildToyCorpus(join(folder, 'c'), {
    seed: 2,
    speakers: 3,
    clipsPerSpeaker: 1,
  });
  expect(clips.map((clip) => clip.sha256)).not.toContain(other[0]?.sha256);
});

test('each sentence is there once in each class, equally long, and speakers keep to one split', () => {
  const bySource = groupBy('source');
  expect(bySource.size).toBe(9);
  for (const group of bySource.values()) {
    expect(group.map((clip) => clip.label).sort()).toEqual(['bonafide', 'spoof']);
    expect(group[0]?.durationSec).toBe(group[1]?.durationSec);
  }
  for (const group of groupBy('speaker').values()) {
    expect(new Set(group.map((clip) => clip.split)).size).toBe(1);
  }
  expect(new Set(clips.map((clip) => clip.split)).size).toBe(3);
});

test('cancelling stops the build with a coded error', async () => {
  const signal = AbortSignal.abort();
  await expect(buildToyCorpus(join(folder, 'd'), {}, { signal })).rejects.toMatchObject({
    code: 'core/cancelled',
  });
});

test('fewer than three speakers cannot be split', async () => {
  await expect(buildToyCorpus(join(folder, 'e'), { speakers: 2 })).rejects.toMatchObject({
    code: 'core/invalid-options',
  });
});

function groupBy(key: 'source' | 'speaker'): Map<string | undefined, Clip[]> {
  const groups = new Map<string | undefined, Clip[]>();
  for (const clip of clips) groups.set(clip[key], [...(groups.get(clip[key]) ?? []), clip]);
  return groups;
}
