/**
 * Zip archives (APPNOTE 6.3.10, ZIP64 too): listing by the central directory, reading one file by its own
 * header. Stored files are read where they lie, deflated ones are inflated in memory.
 * @module
 */

import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { damaged } from './damaged.ts';
import { type DiskFile, openDisk } from './disk.ts';
import { cleanName } from './names.ts';
import type { Place } from './types.ts';

const STORED = 0;
const DEFLATED = 8;
const MAX_MEMBERS = 5_000_000;
/** Deflate cannot pack tighter (zlib's own documentation: 1032 to 1). */
const MAX_RATIO = 1032;
const LOCAL_HEADER = 30;
const LOCAL_SIGNATURE = 0x04034b50;
const CHUNK = 1 << 20;
/** Of a single file that {@link unzip} unpacks. */
const MAX_UNPACKED = 2 ** 30;

type ZipPlace = Extract<Place, { kind: 'zip' }>;

/**
 * Files of a zip archive, by its central directory.
 * @throws RingtrueError `archives/damaged`, `archives/unsafe-name`, `archives/too-large`, `core/io-*`,
 * `core/cancelled`
 */
export async function listZip(
  file: DiskFile,
  { signal }: WorkContext = {},
): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  let zip: ZipFile | undefined;
  try {
    const options = { lazyEntries: true, autoClose: false, strictFileNames: false };
    zip = await fromRandomAccessReaderPromise(new ChunkedReader(file), file.size, options);
    for await (const entry of zip.eachEntry()) {
      throwIfAborted(signal);
      const name = cleanName(entry.fileName, file.path);
      if (name === undefined) continue;
      if (places.has(name)) throw damaged(file.path, `it holds ${JSON.stringify(name)} twice`);
      places.set(name, placeOf(file.path, name, entry));
      if (places.size > MAX_MEMBERS) throw tooLarge(file.path, `more than ${MAX_MEMBERS} files`);
    }
  } catch (error) {
    if (error instanceof RingtrueError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    // The library refuses such names before we see them.
    if (/^(?:absolute path|invalid relative path|invalid characters)/.test(message)) {
      throw new RingtrueError('archives/unsafe-name', `${file.path}: ${message}`, {
        details: { archive: file.path },
        cause: error,
      });
    }
    const coded = toRingtrueError(error, 'archives/damaged');
    if (coded.code !== 'archives/damaged') throw coded;
    throw damaged(file.path, `it is no whole zip archive (${message})`, error);
  } finally {
    zip?.close();
  }
  return places;
}

function placeOf(archive: string, name: string, entry: Entry): ZipPlace {
  const { compressedSize, uncompressedSize } = entry;
  if (uncompressedSize > MAX_RATIO * compressedSize + 64 && entry.compressionMethod === DEFLATED) {
    throw tooLarge(
      archive,
      `${JSON.stringify(name)} of ${compressedSize} bytes is said to unpack to ${uncompressedSize}`,
    );
  }
  return {
    kind: 'zip',
    header: entry.relativeOffsetOfLocalHeader,
    packedSize: compressedSize,
    size: uncompressedSize,
    method: entry.compressionMethod,
    crc: entry.crc32,
    encrypted: entry.isEncrypted(),
  };
}

function tooLarge(archive: string, what: string): RingtrueError {
  return new RingtrueError('archives/too-large', `${archive}: ${what}`, { details: { archive } });
}

/**
 * Opens one file of a zip archive; its checksum is compared before anything of it is given out.
 * @param maxBytes of a deflated file, which is held in memory
 * @throws RingtrueError `archives/damaged`, `archives/checksum`, `archives/encrypted`,
 * `archives/unsupported`, `archives/too-large`, `core/io-*`
 */
export function openZipPlace(
  file: DiskFile,
  member: string,
  place: ZipPlace,
  maxBytes: number,
): (offset: number, length: number) => Uint8Array {
  const { packedSize, size, method, crc } = place;
  const name = JSON.stringify(member);
  if (place.encrypted) {
    throw new RingtrueError('archives/encrypted', `${file.path}: ${name} is encrypted`, {
      details: { archive: file.path, member },
    });
  }
  if (method !== STORED && method !== DEFLATED) {
    throw new RingtrueError(
      'archives/unsupported',
      `${file.path}: ${name} is packed by method ${method}; stored (0) and deflated (8) files are read`,
      { details: { archive: file.path, member, method } },
    );
  }
  const start = contentStart(file, name, place.header);
  if (start + packedSize > file.size) throw damaged(file.path, `${name} reaches beyond its end`);
  if (method === STORED) {
    if (packedSize !== size) throw damaged(file.path, `${name} has two sizes`);
    let sum = 0;
    for (let at = 0; at < size; at += CHUNK) {
      sum = crc32(file.read(start + at, Math.min(CHUNK, size - at)), sum);
    }
    checkSum(file.path, name, sum, crc);
    return (offset, length) =>
      file.read(start + offset, Math.max(0, Math.min(length, size - offset)));
  }
  if (size > maxBytes) {
    throw tooLarge(file.path, `${name} unpacks to ${size} bytes, the limit is ${maxBytes}`);
  }
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(file.read(start, packedSize), { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw damaged(file.path, `${name} cannot be unpacked`, error);
  }
  if (bytes.length !== size) {
    throw damaged(file.path, `${name} unpacks to ${bytes.length} bytes, not to ${size}`);
  }
  checkSum(file.path, name, crc32(bytes), crc);
  return (offset, length) => bytes.subarray(offset, offset + length);
}

/**
 * Files of a zip archive that are asked for, whatever the archive's own name ends in.
 * @param wanted true for the names to unpack
 * @returns contents by name
 * @throws RingtrueError as {@link listZip} and {@link openZipPlace}
 */
export async function unzip(
  path: string,
  wanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const file = openDisk(path);
  try {
    const found = new Map<string, Uint8Array>();
    for (const [name, place] of await listZip(file)) {
      if (place.kind !== 'zip' || !wanted(name)) continue;
      found.set(name, openZipPlace(file, name, place, MAX_UNPACKED)(0, place.size));
    }
    return found;
  } finally {
    file.close();
  }
}

function contentStart(file: DiskFile, name: string, at: number): number {
  const header = file.read(at, LOCAL_HEADER);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < LOCAL_HEADER || view.getUint32(0, true) !== LOCAL_SIGNATURE) {
    throw damaged(file.path, `${name} has no header where the directory says`);
  }
  return at + LOCAL_HEADER + view.getUint16(26, true) + view.getUint16(28, true);
}

function checkSum(archive: string, name: string, found: number, expected: number): void {
  if (found === expected) return;
  const [a, b] = [found, expected].map((sum) => sum.toString(16).padStart(8, '0'));
  throw new RingtrueError(
    'archives/checksum',
    `${archive}: ${name} has the CRC-32 ${a}, its directory says ${b}`,
    { details: { archive } },
  );
}

/** Gives the library its many small reads out of few large ones. */
class ChunkedReader extends RandomAccessReader {
  readonly #file: DiskFile;
  #at = 0;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(file: DiskFile) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let failure: Error | null = null;
    try {
      if (position < this.#at || position + length > this.#at + this.#chunk.length) {
        this.#at = position;
        this.#chunk = this.#file.read(position, Math.max(length, CHUNK));
      }
      const from = position - this.#at;
      const part = this.#chunk.subarray(from, from + length);
      if (part.length < length) failure = new Error('unexpected end of file');
      buffer.set(part, offset);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    queueMicrotask(() => callback(failure));
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}
