import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { hashFile } from '../../src/core/node/files.ts';
import { buildCorpus } from '../../src/corpora/build.ts';
import { type Clip, clipSchema } from '../../src/datasets/clip.ts';

/** What a small variant of a corpus holds. */
export interface SmallCorpus {
  readonly clips: readonly Clip[];
  /** Of `corpus.json`. */
  readonly failures: readonly unknown[];
  /** Folder with the clips; gone once the work is done. */
  readonly folder: string;
}

/**
 * Builds the smallest variant of a corpus with one worker and with two, and expects the same bytes, files that
 * have their checksums, and no source or generator in two splits.
 */
export async function buildTwice(
  name: string,
  work: (corpus: SmallCorpus) => Promise<void> | void,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), `ringtrue-${name}-`));
  try {
    const texts: string[] = [];
    for (const workers of [1, 2]) {
      const out = await buildCorpus(name, { out: join(root, String(workers)), workers, limit: 1 });
      texts.push(await readFile(join(out, 'manifest.jsonl'), 'utf8'));
    }
    // Hashes of the files are in the manifest.
    expect(texts[1]).toBe(texts[0]);
    const folder = join(root, '2');
    const clips = texts[0]!
      .trim()
      .split('\n')
      .map((line) => clipSchema.parse(JSON.parse(line)));
    for (const { path, sha256, licence } of clips) {
      expect(await hashFile(join(folder, path))).toBe(sha256);
      expect(licence).toBeTruthy();
    }
    for (const field of ['source', 'generator'] as const) {
      const owners = new Map<string, Set<string | undefined>>();
      for (const clip of clips) {
        const value = clip[field];
        if (value !== undefined)
          owners.set(value, (owners.get(value) ?? new Set()).add(clip.split));
      }
      for (const [value, splits] of owners) expect([value, splits.size]).toEqual([value, 1]);
    }
    const { failures } = JSON.parse(await readFile(join(folder, 'corpus.json'), 'utf8'));
    await work({ clips, failures, folder });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** How many clips have each value of something. */
export function tally(clips: readonly Clip[], key: (clip: Clip) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const clip of clips) counts[key(clip)] = (counts[key(clip)] ?? 0) + 1;
  return counts;
}
