/**
 * What one pass over a `tar.gz` found, kept on disk, so that the pass is made once and not by every process.
 * @module
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { cacheFolder, writeFileAtomic } from '../core/node/files.ts';
import type { DiskFile } from './disk.ts';
import { WINDOW_BYTES } from './inflate.ts';
import type { Checkpoint, Place } from './types.ts';

const VERSION = 1;
const HASH_BYTES = 32;

const headerSchema = z.object({
  members: z.array(z.tuple([z.string(), z.number(), z.number()])),
  checkpoints: z.array(z.object({ bit: z.number(), offset: z.number(), bytes: z.number() })),
});

/** The files of a `tar.gz` and the points to start from. */
export interface StoredIndex {
  readonly places: ReadonlyMap<string, Place>;
  readonly checkpoints: readonly Checkpoint[];
}

/** The stored index of an archive, if there is a whole one of the archive as it is now. */
export async function loadIndex(file: DiskFile): Promise<StoredIndex | undefined> {
  const stored = await readFile(indexPath(file)).catch(() => undefined);
  if (stored === undefined || stored.length < HASH_BYTES + 4) return undefined;
  const body = stored.subarray(HASH_BYTES);
  const hash = createHash('sha256').update(body).digest();
  if (!hash.equals(stored.subarray(0, HASH_BYTES))) return undefined;
  const headerBytes = body.readUInt32LE(0);
  const text = inflateRawSync(body.subarray(4, 4 + headerBytes)).toString();
  const { members, checkpoints } = headerSchema.parse(JSON.parse(text));
  let at = 4 + headerBytes;
  return {
    places: new Map(
      members.map(([name, offset, size]) => [name, { kind: 'gzip', offset, size } as const]),
    ),
    checkpoints: checkpoints.map(({ bit, offset, bytes }) => {
      const window =
        bytes === 0
          ? new Uint8Array(0)
          : inflateRawSync(body.subarray(at, at + bytes), { maxOutputLength: WINDOW_BYTES });
      at += bytes;
      return { bit, offset, window };
    }),
  };
}

/**
 * Keeps an index.
 * @throws RingtrueError `core/io-*`
 */
export async function storeIndex(
  file: DiskFile,
  { places, checkpoints }: StoredIndex,
): Promise<void> {
  const windows = checkpoints.map(({ window }) =>
    window.length === 0 ? new Uint8Array(0) : deflateRawSync(window, { level: 1 }),
  );
  const header = deflateRawSync(
    JSON.stringify({
      members: [...places].flatMap(([name, place]) =>
        place.kind === 'gzip' ? [[name, place.offset, place.size]] : [],
      ),
      checkpoints: checkpoints.map(({ bit, offset }, i) => ({
        bit,
        offset,
        bytes: windows[i]!.length,
      })),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const body = Buffer.concat([length, header, ...windows]);
  const hash = createHash('sha256').update(body).digest();
  await writeFileAtomic(indexPath(file), Buffer.concat([hash, body]));
}

function indexPath({ path, size, changedMs }: DiskFile): string {
  const key = JSON.stringify([VERSION, path, size, changedMs]);
  const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return cacheFolder('archives', `${name}.index`);
}
