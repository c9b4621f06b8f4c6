import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clip } from './clip.ts';
import { hashClips } from './hash-clips.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-hash-clips-'));
  await writeFile(join(folder, 'small.wav'), 'abc');
  // A hole of 3 GiB: it takes no room, and is not read.
  const large = await open(join(folder, 'large.wav'), 'w');
  await large.truncate(3 * 2 ** 30);
  await large.close();
});
afterAll(() => rm(folder, { recursive: true }));

const clip = (name: string, sha256?: string): Clip => ({
  id: name,
  path: join(folder, name),
  medium: 'audio',
  ...(sha256 === undefined ? {} : { sha256 }),
});

test('files without a hash are read, and it is said why one has none', async () => {
  const { clips, why } = await hashClips([clip('small.wav'), clip('gone.wav')], 'hash');
  // The SHA-256 of `abc` (FIPS 180-2, appendix B.1).
  expect(clips.map(({ sha256 }) => sha256?.slice(0, 16))).toEqual(['ba7816bf8f01cfea', undefined]);
  expect(why).toBe('their files could not be read');
  expect(await hashClips([clip('small.wav')], 'hash')).not.toHaveProperty('why');
});

test('more than 2 GiB are not read, and it is said', async () => {
  const given = [clip('small.wav'), clip('large.wav')];
  const { clips, why } = await hashClips(given, 'hash');
  expect(clips).toEqual(given);
  expect(why).toBe(
    'their files have no listed SHA-256; they are 3.0 GiB, and more than 2 GiB are not read to be compared',
  );
  // What a manifest lists needs no reading.
  const listed = [clip('small.wav'), clip('large.wav', 'ab'.repeat(32))];
  expect((await hashClips(listed, 'hash')).clips[0]).toHaveProperty('sha256');
});
