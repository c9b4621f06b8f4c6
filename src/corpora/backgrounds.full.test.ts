import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashFile } from '../core/node/files.ts';
import { clipSchema } from '../datasets/clip.ts';
import { buildCorpus } from './build.ts';

test('backgrounds builds from packages: four kinds, checksums hold, the same bytes twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'backgrounds-'));
  try {
    const manifests: string[] = [];
    for (const name of ['one', 'two']) {
      const out = await buildCorpus('backgrounds', { out: join(folder, name) });
      manifests.push(await readFile(join(out, 'manifest.jsonl'), 'utf8'));
    }
    expect(manifests[1]).toBe(manifests[0]);
    const clips = manifests[0]!
      .trim()
      .split('\n')
      .map((line) => clipSchema.parse(JSON.parse(line)));
    const count = (kind: string): number =>
      clips.filter(({ group }) => group?.kind === kind).length;
    expect(['speech', 'music', 'ambience', 'impulse-response'].map(count)).toEqual([19, 19, 33, 4]);
    for (const { path, sha256, licence } of clips) {
      expect(await hashFile(join(folder, 'one', path))).toBe(sha256);
      expect(licence).toBeTruthy();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
