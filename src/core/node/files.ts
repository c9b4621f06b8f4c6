/**
 * Files on disk in Node: atomic writes, content hashes, the cache folder.
 * @module
 */

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RingtrueError, toRingtrueError } from '../errors.ts';

/**
 * Writes a file so that it is either whole or absent: to a temporary sibling, flushed, then renamed.
 * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed`
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    await makeFolder(dirname(path));
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const error = toRingtrueError(thrown, 'core/io-failed');
    // A file that is open already does not say which it is.
    if (error.message.includes(path)) throw error;
    const { code, details } = error;
    throw new RingtrueError(code, `${path}: ${error.message}`, { details, cause: thrown });
  }
}

/**
 * Makes a folder and those above it, if they are not there. `mkdir` with `recursive` does the same, but
 * calls a read-only disk "not found" and never returns below /proc.
 * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-not-found`, `core/io-failed`
 */
export async function makeFolder(path: string): Promise<void> {
  const make = async (): Promise<'made' | 'no parent'> => {
    try {
      await mkdir(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') return 'no parent';
      // A file of that name makes whatever comes next fail with its own error.
      if (code !== 'EEXIST') throw toRingtrueError(error, 'core/io-failed');
    }
    return 'made';
  };
  if ((await make()) === 'made') return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  if ((await make()) === 'made') return;
  throw new RingtrueError('core/io-not-found', `${path} cannot be made there`);
}

/** SHA-256 of a file's content, as hex, read as a stream. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
  return hash.digest('hex');
}

/**
 * The folder for everything that can be made again: corpora, packages, scores.
 * `RINGTRUE_CACHE`, else `$XDG_CACHE_HOME/ringtrue`, else `~/.cache/ringtrue`.
 */
export function cacheFolder(...parts: string[]): string {
  const root =
    process.env.RINGTRUE_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ringtrue');
  return join(root, ...parts);
}
