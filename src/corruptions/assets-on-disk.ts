/**
 * The corpus `backgrounds` as it lies in the cache folder (docs/corpora/backgrounds.md).
 * @module
 */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { readWav } from '../audio/io/wav.ts';
import { RingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { cacheFolder } from '../core/node/files.ts';
import { assetMissing, type BackgroundKind, type Shelf } from './assets.ts';

/** What is read of a manifest row. */
const rowSchema = z.object({
  id: z.string(),
  path: z.string(),
  sha256: z.string(),
  group: z.object({ kind: z.string() }),
});

type Row = z.output<typeof rowSchema>;

/** As `openShelf`; every recording is held against its checksum as it is read. */
export async function openShelfOnDisk(kind: BackgroundKind): Promise<Shelf> {
  const folder = cacheFolder('corpora', 'backgrounds');
  const rows = (await readRows(folder)).filter(({ group }) => group.kind === kind);
  if (rows.length === 0) {
    throw assetMissing(`the corpus backgrounds with ${kind} recordings is not built in ${folder}`);
  }
  return {
    count: rows.length,
    hash: hashJson(rows.map(({ id, sha256 }) => [id, sha256])),
    read: async (index) => {
      const { path, sha256 } = rows[index]!;
      const file = join(folder, path);
      const bytes = await readFile(file).catch((error: unknown) => {
        throw assetMissing(`${file} cannot be read`, error);
      });
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
        throw new RingtrueError('corpora/checksum', `${file} is not what its manifest says`);
      }
      return readWav(bytes);
    },
  };
}

/** Rows of the manifest; none if there is no manifest or it is not one. */
async function readRows(folder: string): Promise<readonly Row[]> {
  try {
    const text = await readFile(join(folder, 'manifest.jsonl'), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => rowSchema.parse(JSON.parse(line)));
  } catch {
    return [];
  }
}
