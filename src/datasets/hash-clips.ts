/**
 * Content hashes for clips whose manifest gives none.
 * @module
 */

import { hashFile, stampFile } from '../archives/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Clip } from './clip.ts';

/** More bytes than this are not read only to be compared: the clips then stay unknown. */
const MOST_BYTES = 2 * 2 ** 30;

/** Clips, with all hashes that could be had. */
export interface HashedClips<C extends Clip> {
  readonly clips: readonly C[];
  /** Why some have no hash, in words; absent where all have one. */
  readonly why?: string;
}

/**
 * Reads the files of clips without `sha256` and fills it in; a file that cannot be read stays unknown, and so
 * do all if they have more than 2 GiB.
 * @param task what progress calls it
 * @throws RingtrueError `core/cancelled`
 */
export async function hashClips<C extends Clip>(
  clips: readonly C[],
  task: string,
  { onProgress, signal }: WorkContext = {},
): Promise<HashedClips<C>> {
  const unknown: C[] = [];
  let bytes = 0;
  for (const clip of clips) {
    if (clip.sha256 !== undefined) continue;
    throwIfAborted(signal);
    unknown.push(clip);
    // A file that is not there counts nothing: it has no bytes to read.
    bytes += (await stampFile(clip.path).catch(() => ({ bytes: 0 }))).bytes;
  }
  if (unknown.length === 0) return { clips };
  if (bytes > MOST_BYTES) {
    const gib = (bytes / 2 ** 30).toFixed(1);
    return {
      clips,
      why: `their files have no listed SHA-256; they are ${gib} GiB, and more than 2 GiB are not read to be compared`,
    };
  }
  onProgress?.({ type: 'start', task, total: unknown.length, unit: 'clips' });
  const hashes = new Map<string, string>();
  for (const [i, { id, path }] of unknown.entries()) {
    throwIfAborted(signal);
    // A file that cannot be read gets its own failure when it is decoded.
    const hash = await hashFile(path).catch(() => undefined);
    if (hash !== undefined) hashes.set(id, hash);
    onProgress?.({ type: 'advance', task, done: i + 1 });
  }
  onProgress?.({ type: 'end', task });
  return {
    clips: clips.map((clip) => {
      const sha256 = clip.sha256 ?? hashes.get(clip.id);
      return sha256 === undefined ? clip : { ...clip, sha256 };
    }),
    ...(hashes.size === unknown.length ? {} : { why: 'their files could not be read' }),
  };
}
