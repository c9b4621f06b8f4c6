/**
 * Compares a corpus with the files that are there.
 * @module
 */

import { stat } from 'node:fs/promises';
import { hashFile, stampFile } from '../archives/files.ts';
import { splitMemberPath } from '../archives/names.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Clip, Corpus } from './clip.ts';
import { openTree } from './tree.ts';
import { isMediaName } from './walk.ts';

/** What was found wrong with the files of a corpus. */
export interface FileCheck {
  /** Clips whose file is not there, is a folder or may not be read. */
  readonly missing: readonly Clip[];
  /** Clips whose file has no bytes. */
  readonly empty: readonly Clip[];
  /** Clips whose file differs from the recorded SHA-256 (only with `hashes: 'check'`). */
  readonly changed: readonly Clip[];
  /** Media files below the root that no clip names, relative to the root. */
  readonly unlisted: readonly string[];
}

/** Requests to the file system at a time. */
const PARALLEL = 64;

/**
 * Looks for every file of a corpus, and for files that no clip names.
 * @param options.hashes `check` reads all files and compares their SHA-256 where the manifest has one
 * @throws RingtrueError `core/cancelled`, `core/io-denied` where a folder cannot be listed
 */
export async function checkFiles(
  corpus: Corpus,
  { hashes = 'skip' }: { hashes?: 'check' | 'skip' } = {},
  work: WorkContext = {},
): Promise<FileCheck> {
  const states = new Array<'missing' | 'empty' | 'changed' | 'whole'>(corpus.clips.length);
  const task = `files of ${corpus.name}`;
  work.onProgress?.({ type: 'start', task, total: corpus.clips.length, unit: 'files' });
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const i = next;
      next += 1;
      const clip = corpus.clips[i];
      if (clip === undefined) return;
      throwIfAborted(work.signal);
      states[i] = await stateOf(clip, hashes);
      done += 1;
      work.onProgress?.({ type: 'advance', task, done });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  work.onProgress?.({ type: 'end', task });
  const named = new Set(corpus.clips.map((clip) => clip.path));
  // Archives count as part of the folder where clips lie in them.
  const archives = corpus.clips.some(({ path }) => splitMemberPath(path) !== undefined)
    ? 'open'
    : 'closed';
  const tree = await openTree(corpus.root.replace(/!$/, ''), { archives }, work);
  return {
    missing: corpus.clips.filter((_, i) => states[i] === 'missing'),
    empty: corpus.clips.filter((_, i) => states[i] === 'empty'),
    changed: corpus.clips.filter((_, i) => states[i] === 'changed'),
    unlisted: tree.files.filter((path) => isMediaName(path) && !named.has(tree.path(path))),
  };
}

async function stateOf(
  clip: Clip,
  hashes: 'check' | 'skip',
): Promise<'missing' | 'empty' | 'changed' | 'whole'> {
  const bytes = await sizeOf(clip.path);
  if (bytes === undefined) return 'missing';
  if (bytes === 0) return 'empty';
  if (hashes === 'skip' || clip.sha256 === undefined) return 'whole';
  const hash = await hashFile(clip.path).catch(() => undefined);
  if (hash === undefined) return 'missing';
  return hash === clip.sha256 ? 'whole' : 'changed';
}

/** Size of a file, undefined if it is not there, is a folder or may not be read. */
async function sizeOf(path: string): Promise<number | undefined> {
  if (splitMemberPath(path) !== undefined) {
    return stampFile(path).then(
      ({ bytes }) => bytes,
      () => undefined,
    );
  }
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.isDirectory() ? undefined : found.size;
}
