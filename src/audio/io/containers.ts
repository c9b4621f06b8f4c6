/**
 * What the bytes of a file say without decoding: which container it is, and whether its end is missing.
 * @module
 */

import type { ByteSource } from './source.ts';

/** Beginnings of containers: offset and bytes (`.` stands for any). */
const MAGICS: readonly (readonly [offset: number, bytes: string])[] = [
  [0, 'RIFF'],
  [0, 'RF64'],
  [0, 'BW64'],
  [0, 'fLaC'],
  [0, 'OggS'],
  [0, 'ID3'],
  [0, 'FORM'],
  [0, 'caff'],
  [0, '.snd'],
  [0, '#!AMR'],
  [0, '\x1aE\xdf\xa3'],
  [0, '0&\xb2u\x8ef\xcf\x11'],
  [4, 'ftyp'],
];

/** True if the file begins as a container that is told by its first bytes, whatever its name says. */
export function hasMagic(source: ByteSource): boolean {
  const head = latin1(source.read(0, 16));
  return MAGICS.some(([offset, bytes]) => head.startsWith(bytes, offset));
}

/** Longest Ogg page: 27 bytes of header, 255 lengths, 255 · 255 bytes (RFC 3533 §6). */
const MAX_OGG_PAGE = 27 + 255 + 255 * 255;
const OGG_END_OF_STREAM = 4;

/** True if an Ogg file lacks its last page: none ends the stream, or the one that does is cut (RFC 3533 §6). */
export function isTruncatedOgg(source: ByteSource): boolean {
  const tail = source.read(Math.max(0, source.size - 2 * MAX_OGG_PAGE), 2 * MAX_OGG_PAGE);
  const at = latin1(tail).lastIndexOf('OggS');
  if (at < 0 || at + 27 > tail.length) return true;
  const segments = tail[at + 26]!;
  let end = at + 27 + segments;
  for (const length of tail.subarray(at + 27, at + 27 + segments)) end += length;
  return end > tail.length || (tail[at + 5]! & OGG_END_OF_STREAM) === 0;
}

/** True if a top-level box of an MP4 or MOV file goes on after the end of the file (ISO/IEC 14496-12 §4.2). */
export function isTruncatedMp4(source: ByteSource): boolean {
  if (latin1(source.read(4, 4)) !== 'ftyp') return false;
  for (let offset = 0; offset < source.size; ) {
    const head = source.read(offset, 16);
    if (head.length < 8) return true;
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    let size = view.getUint32(0);
    // 0: to the end of the file; 1: the size follows in 64 bits.
    if (size === 0) return false;
    if (size === 1) {
      if (head.length < 16) return true;
      size = Number(view.getBigUint64(8));
    }
    if (size < 8) return false;
    offset += size;
    if (offset > source.size) return true;
  }
  return false;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
