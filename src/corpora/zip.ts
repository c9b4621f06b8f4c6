/**
 * Reading single files out of a ZIP archive (APPNOTE 6.3.10, stored and deflated entries, no ZIP64):
 * games keep their recordings in such archives.
 * @module
 */

import { inflateRawSync } from 'node:zlib';
import { RingtrueError } from '../core/errors.ts';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_SIZE = 22;
const STORED = 0;
const DEFLATED = 8;

/**
 * Files of a ZIP archive that are asked for.
 * @param bytes the whole archive
 * @param wanted true for the names to unpack
 * @returns contents by name
 * @throws RingtrueError `corpora/incomplete` if it is no ZIP archive or an entry cannot be unpacked
 */
export function unzip(
  bytes: Uint8Array,
  wanted: (name: string) => boolean,
): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_SIZE;
  while (end >= 0 && view.getUint32(end, true) !== END_SIGNATURE) end -= 1;
  if (end < 0) throw new RingtrueError('corpora/incomplete', 'the archive is no ZIP file');
  const found = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (at + 46 > end || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw new RingtrueError('corpora/incomplete', 'the list of files of the archive is damaged');
    }
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (wanted(name)) {
      const local = view.getUint32(at + 42, true);
      const start =
        local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const packed = bytes.subarray(start, start + view.getUint32(at + 20, true));
      found.set(name, unpack(name, packed, view.getUint16(at + 10, true)));
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return found;
}

function unpack(name: string, packed: Uint8Array, method: number): Uint8Array {
  if (method === STORED) return packed;
  try {
    if (method === DEFLATED) return inflateRawSync(packed);
  } catch (error) {
    throw new RingtrueError('corpora/incomplete', `${name} in the archive is damaged`, {
      cause: error,
    });
  }
  throw new RingtrueError('corpora/incomplete', `${name} is packed by method ${method}`);
}
