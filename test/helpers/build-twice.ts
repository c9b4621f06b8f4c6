import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findLeaks } from '../../src/bench/verify/leaks.ts';
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
 * have their checksums, and nothing in two splits that the corpus promises to be in one.
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
    const { failures, disjoint } = JSON.parse(await readFile(join(folder, 'corpus.json'), 'utf8'));
    for (const { field, promised, shared } of findLeaks(clips, disjoint)) {
      if (promised || field === 'source') expect([field, shared]).toEqual([field, []]);
    }
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
