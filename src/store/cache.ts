/**
 * A content-addressed cache on disk: JSON values under hashes of what made them. Losing it, in part or
 * whole, costs time and nothing else, so a damaged entry is simply absent.
 * @module
 */

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Json, toRingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { makeFolder } from '../core/node/files.ts';

/** What {@link pruneCache} removed and what is left; of a large cache far below its limit an estimate. */
export interface Pruned {
  readonly removed: number;
  readonly kept: number;
  readonly bytes: number;
}

/** A cache in one folder; many processes may use it at once. */
export interface Cache {
  /** The value under a key, or undefined if there is none or it is damaged. */
  get(key: Json): Promise<Json | undefined>;
  /**
   * Stores a value; the last writer wins.
   * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed`
   */
  put(key: Json, value: Json): Promise<void>;
}

/** Opens a cache; the folder is made on the first write. */
export function openCache(folder: string): Cache {
  const pathOf = (key: Json): string => {
    const hash = hashJson(key);
    return join(folder, hash.slice(0, 2), `${hash.slice(2)}.json`);
  };
  return {
    async get(key) {
      try {
        const text = await readFile(pathOf(key), 'utf8');
        const end = text.indexOf('\n');
        const body = text.slice(end + 1);
        if (text.slice(0, end) !== checksum(body)) return undefined;
        // The checksum shows that this is the text that put() wrote.
        return JSON.parse(body) as Json;
      } catch {
        // Absent, unreadable or damaged: all the same to whoever can compute it again.
        return undefined;
      }
    },
    async put(key, value) {
      const path = pathOf(key);
      const body = JSON.stringify(value);
      const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
      try {
        await makeFolder(dirname(path));
        // Not flushed to the disk: after a power cut the checksum tells a torn entry.
        await writeFile(temporary, `${checksum(body)}\n${body}`, { flag: 'wx' });
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw toRingtrueError(error, 'core/io-failed');
      }
    },
  };
}

/** Entries are spread evenly over as many folders as their hash has first bytes. */
const SHARDS = 256;
/** Entries that one folder must have for its size to tell that of all. */
const LEAST_SAMPLE = 100;

/**
 * Removes the entries written longest ago until the rest fits. A large cache whose first folder is well below
 * its share of `maxBytes` is not looked at any further.
 * @param maxBytes size to keep, in bytes
 * @throws RingtrueError `core/io-denied`, `core/io-failed`
 */
export async function pruneCache(folder: string, maxBytes: number): Promise<Pruned> {
  try {
    const sample = await entriesIn(join(folder, '00'));
    const sampled = SHARDS * sample.reduce((sum, entry) => sum + entry.bytes, 0);
    if (sample.length >= LEAST_SAMPLE && sampled < maxBytes / 2)
      return { removed: 0, kept: SHARDS * sample.length, bytes: sampled };
    const files = await entriesIn(folder);
    files.sort((a, b) => b.writtenMs - a.writtenMs);
    let bytes = 0;
    let kept = 0;
    for (const file of files) {
      if (bytes + file.bytes > maxBytes) break;
      bytes += file.bytes;
      kept += 1;
    }
    for (const file of files.slice(kept)) await rm(file.path, { force: true });
    return { removed: files.length - kept, kept, bytes };
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
  readonly writtenMs: number;
}

/** Files in a folder and below. */
async function entriesIn(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const entries: Entry[] = [];
  for (const file of found) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    const status = await stat(path).catch(() => undefined);
    // Another process may have replaced or removed it since the folder was listed.
    if (status !== undefined) entries.push({ path, bytes: status.size, writtenMs: status.mtimeMs });
  }
  return entries;
}

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
