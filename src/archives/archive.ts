/**
 * Opening archives, and reading single files out of them without unpacking the rest.
 * @module
 */

import { resolve } from 'node:path';
import { RingtrueError } from '../core/errors.ts';
import type { WorkContext } from '../core/progress.ts';
import { damaged } from './damaged.ts';
import { type DiskFile, openDisk } from './disk.ts';
import { indexGzip, readSpan, stretchesFor } from './gzip.ts';
import { loadIndex, storeIndex } from './index-cache.ts';
import { type ArchiveKind, archiveKind, memberPath, splitMemberPath } from './names.ts';
import { listParquet, readCell } from './parquet.ts';
import { listTar, walkTar } from './tar.ts';
import type { Archive, Located, Place } from './types.ts';
import { listZip, openZipPlace } from './zip.ts';

/** Lists of files that are kept in memory: a study reads thousands of clips from a few archives. */
const KEPT = 8;
const kept = new Map<string, Promise<Archive>>();

/** Bytes of one file of an archive. */
export interface MemberSource {
  readonly size: number;
  /** Up to `length` bytes from `offset`, fewer at the end. */
  readonly read: (offset: number, length: number) => Uint8Array;
  close(): void;
}

/**
 * Lists an archive. Zip and tar are listed by their directories and headers; `tar.gz` is unpacked once to
 * be checked and indexed, in about twice the time of `tar tzf`; the index is kept in the cache folder.
 * @throws RingtrueError `archives/*`, `core/io-*`, `core/cancelled`
 */
export async function openArchive(path: string, work: WorkContext = {}): Promise<Archive> {
  const file = openDisk(path);
  file.close();
  const key = JSON.stringify([resolve(path), file.size, file.changedMs]);
  const known = kept.get(key);
  if (known !== undefined) {
    kept.delete(key);
    kept.set(key, known);
    return known;
  }
  const opening = list(path, work);
  kept.set(key, opening);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
  try {
    return await opening;
  } catch (error) {
    kept.delete(key);
    throw error;
  }
}

async function list(path: string, work: WorkContext): Promise<Archive> {
  const kind = archiveKind(path);
  if (kind === undefined) {
    throw new RingtrueError(
      'archives/unsupported',
      `${path}: archives end in .zip, .tar, .tar.gz, .tgz or .parquet`,
      { details: { archive: path } },
    );
  }
  const file = openDisk(resolve(path));
  try {
    const { size: bytes, changedMs } = file;
    const found = await LISTERS[kind](file, work);
    return { path: file.path, kind, bytes, changedMs, ...found };
  } finally {
    file.close();
  }
}

type Listed = Pick<Archive, 'places' | 'checkpoints'>;

const LISTERS: {
  readonly [K in ArchiveKind]: (file: DiskFile, work: WorkContext) => Promise<Listed>;
} = {
  zip: async (file, work) => ({ places: await listZip(file, work), checkpoints: [] }),
  tar: async (file, work) => ({ places: listTar(file, work), checkpoints: [] }),
  'tar.gz': listTarGz,
  parquet: async (file) => ({ places: await listParquet(file), checkpoints: [] }),
};

async function listTarGz(file: DiskFile, work: WorkContext): Promise<Listed> {
  const stored = await loadIndex(file);
  if (stored !== undefined) return stored;
  const walker = walkTar(file.path);
  let skip = 0;
  let pending = new Uint8Array(0);
  const { checkpoints } = await indexGzip(
    file,
    (bytes) => {
      let at = 0;
      while (at < bytes.length && walker.want !== 'end') {
        const wanted = walker.want;
        if (skip < wanted.skip && pending.length === 0) {
          const passed = Math.min(wanted.skip - skip, bytes.length - at);
          skip += passed;
          at += passed;
          if (skip < wanted.skip) break;
        }
        const part = bytes.subarray(at, at + wanted.take - pending.length);
        at += part.length;
        const joined = new Uint8Array(pending.length + part.length);
        joined.set(pending);
        joined.set(part, pending.length);
        pending = joined;
        if (pending.length < wanted.take) break;
        walker.take(pending);
        pending = new Uint8Array(0);
        skip = 0;
      }
    },
    work,
  );
  if (walker.want !== 'end') throw damaged(file.path, 'it is no whole tar archive');
  const places = new Map<string, Place>(
    [...walker.members].map(([name, { offset, size }]) => [name, { kind: 'gzip', offset, size }]),
  );
  // Without the cache folder the pass is made again next time: slower, not wrong.
  await storeIndex(file, { places, checkpoints }).catch(() => undefined);
  return { places, checkpoints };
}

/**
 * Finds a file of an archive by a path such as `/data/LA.zip!/LA/flac/a.flac`.
 * @returns undefined for the path of an ordinary file
 * @throws RingtrueError `archives/no-member`, and as {@link openArchive}
 */
export async function locateMember(
  path: string,
  work: WorkContext = {},
): Promise<(Located & { readonly size: number | null; readonly changedMs: number }) | undefined> {
  const split = splitMemberPath(path);
  if (split === undefined) return undefined;
  const archive = await openArchive(split.archive, work);
  const place = archive.places.get(split.member);
  if (place === undefined) {
    const details = { archive: archive.path, member: split.member };
    const nested = splitMemberPath(split.member);
    if (nested !== undefined) {
      throw new RingtrueError(
        'archives/unsupported',
        `${path}: an archive inside an archive is not read`,
        { details },
      );
    }
    throw new RingtrueError(
      'archives/no-member',
      `${archive.path}: it has no file ${JSON.stringify(split.member)}`,
      { details },
    );
  }
  return {
    archive: archive.path,
    member: split.member,
    place,
    stretches: place.kind === 'gzip' ? stretchesFor(archive.checkpoints, place, archive.bytes) : [],
    size: place.kind === 'cell' ? null : place.size,
    changedMs: archive.changedMs,
  };
}

/**
 * Opens a file of an archive.
 * @param maxBytes of what must be held in memory: deflated files, files of a `tar.gz`, cells
 * @throws RingtrueError `archives/*`, `core/io-*`
 */
export async function openMember(located: Located, maxBytes: number): Promise<MemberSource> {
  const { archive, member, place } = located;
  const file = openDisk(archive);
  try {
    switch (place.kind) {
      case 'slice': {
        const { offset: start, size } = place;
        if (start + size > file.size) throw damaged(archive, 'it changed since it was listed');
        return {
          size,
          read: (offset, length) =>
            file.read(start + offset, Math.max(0, Math.min(length, size - offset))),
          close: () => file.close(),
        };
      }
      case 'zip': {
        const read = openZipPlace(file, member, place, maxBytes);
        return { size: place.size, read, close: () => file.close() };
      }
      case 'gzip': {
        checkHeld(located, place.size, maxBytes);
        return fromMemory(file, readSpan(file, located.stretches, place));
      }
      case 'cell':
        return fromMemory(file, await readCell(file, place, maxBytes));
    }
  } catch (error) {
    file.close();
    throw error;
  }
}

function fromMemory(file: DiskFile, bytes: Uint8Array): MemberSource {
  file.close();
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    close: () => undefined,
  };
}

function checkHeld({ archive, member }: Located, size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  throw new RingtrueError(
    'archives/too-large',
    `${memberPath(archive, member)} has ${size} bytes, the limit is ${maxBytes}`,
    { details: { archive, member, size, maxBytes } },
  );
}
