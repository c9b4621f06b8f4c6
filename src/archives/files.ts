/**
 * Files that may lie in a folder or in an archive: size, hash, content.
 * @module
 */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashFile as hashPlainFile } from '../core/node/files.ts';
import { locateMember, openMember } from './archive.ts';

const CHUNK = 1 << 20;
/** Tables and manifests are held in memory whole. */
const MAX_TABLE_BYTES = 2 * 2 ** 30;

/** Size and time of change of a file; of a cell of a Parquet file, those of the whole file. */
export interface FileStamp {
  readonly bytes: number;
  /** Of the archive, for a file inside one. */
  readonly changedMs: number;
}

/**
 * Size and time of change of a file, by its path or by its path inside an archive.
 * @throws RingtrueError `core/io-not-found` also for a file that the archive does not have, other
 * `core/io-*`, `archives/*`
 */
export async function stampFile(path: string): Promise<FileStamp> {
  const located = await locateMember(path).catch((error: unknown) => {
    const coded = toRingtrueError(error);
    if (coded.code !== 'archives/no-member') throw error;
    throw new RingtrueError('core/io-not-found', coded.message, { cause: error });
  });
  if (located !== undefined) {
    const { size, changedMs } = located;
    if (size !== null) return { bytes: size, changedMs };
    return { ...(await stampFile(located.archive)) };
  }
  try {
    const { size, mtimeMs } = await stat(path);
    return { bytes: size, changedMs: mtimeMs };
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

/**
 * SHA-256 of a file's content as hex, by its path or by its path inside an archive.
 * @throws RingtrueError `core/io-*`, `archives/*`
 */
export async function hashFile(path: string): Promise<string> {
  const located = await locateMember(path);
  if (located === undefined) return hashPlainFile(path);
  const source = await openMember(located, MAX_TABLE_BYTES);
  try {
    const hash = createHash('sha256');
    for (let at = 0; at < source.size; at += CHUNK) hash.update(source.read(at, CHUNK));
    return hash.digest('hex');
  } finally {
    source.close();
  }
}

/**
 * The content of a file, by its path or by its path inside an archive.
 * @throws RingtrueError `core/io-*`, `archives/*`
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const located = await locateMember(path);
  if (located !== undefined) {
    const source = await openMember(located, MAX_TABLE_BYTES);
    try {
      return source.read(0, source.size);
    } finally {
      source.close();
    }
  }
  try {
    return await readFile(path);
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}
