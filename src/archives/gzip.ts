/**
 * Random access to a gzip stream (RFC 1952): one pass notes points to start from, every few megabytes;
 * later reads unpack from the nearest one with zlib. The way of Mark Adler's zran.c, except that zlib
 * in Node cannot start inside a byte: an empty block of the right length is put in front instead.
 * @module
 */

import { constants, crc32, inflateRawSync } from 'node:zlib';
import { RingtrueError } from '../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { damaged } from './damaged.ts';
import type { DiskFile } from './disk.ts';
import { createInflater, InflateError } from './inflate.ts';
import type { Checkpoint, Located } from './types.ts';

/** Unpacked bytes between two points to start from. */
const SPACING = 4 << 20;
const CHUNK = 1 << 20;
/** After this many unpacked bytes other work gets a turn, and a cancel is noticed. */
const TURN = 8 << 20;
/** A stream that unpacks to more than this and so many times its size is made to harm. */
const BOMB_BYTES = 256 << 20;
const BOMB_RATIO = 400;
const MAGIC = [0x1f, 0x8b, 8];

/** What one pass over a gzip stream found. */
export interface GzipIndex {
  readonly checkpoints: readonly Checkpoint[];
  /** Unpacked bytes. */
  readonly size: number;
}

/**
 * Unpacks a gzip stream once, checks every checksum, and notes points to start from.
 * @param take sees the unpacked bytes in order; the array is reused after it returns.
 * @throws RingtrueError `archives/damaged`, `archives/too-large`, `core/io-*`, `core/cancelled`, and what
 * `take` throws
 */
export async function indexGzip(
  file: DiskFile,
  take: (bytes: Uint8Array) => void,
  { onProgress, signal }: WorkContext = {},
): Promise<GzipIndex> {
  const checkpoints: Checkpoint[] = [];
  const task = `list ${file.path}`;
  onProgress?.({ type: 'start', task, total: file.size, unit: 'bytes' });
  let position = 0;
  let size = 0;
  let sum = 0;
  let memberSize = 0;
  const inflater = createInflater(
    {
      next() {
        const chunk = file.read(position, CHUNK);
        position += chunk.length;
        return chunk;
      },
    },
    (bytes) => {
      sum = crc32(bytes, sum);
      memberSize += bytes.length;
      size += bytes.length;
      take(bytes);
    },
  );
  try {
    let turn = 0;
    while (readHeader(file.path, inflater, checkpoints.length === 0)) {
      inflater.restart();
      sum = 0;
      memberSize = 0;
      checkpoints.push({
        bit: inflater.bitPosition(),
        offset: size,
        window: new Uint8Array(0),
      });
      for (let isLast = false; !isLast; ) {
        isLast = inflater.block();
        inflater.flush();
        if (!isLast && size - checkpoints.at(-1)!.offset >= SPACING) {
          checkpoints.push({
            bit: inflater.bitPosition(),
            offset: size,
            window: inflater.window(),
          });
        }
        if (size - turn >= TURN) {
          turn = size;
          checkRatio(file, size, inflater.bitPosition() / 8);
          onProgress?.({ type: 'advance', task, done: Math.ceil(inflater.bitPosition() / 8) });
          await new Promise((go) => setImmediate(go));
          throwIfAborted(signal);
        }
      }
      inflater.align();
      if (readNumber(inflater) !== sum) throw damaged(file.path, 'its checksum does not match');
      if (readNumber(inflater) !== memberSize % 2 ** 32) {
        throw damaged(file.path, 'it does not have the size that it says');
      }
    }
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    const at = Math.ceil(inflater.bitPosition() / 8);
    throw damaged(file.path, `${error.message} (at byte ${at} of ${file.size})`, error);
  }
  onProgress?.({ type: 'end', task });
  return { checkpoints, size };
}

function checkRatio(file: DiskFile, size: number, packed: number): void {
  if (size < BOMB_BYTES || size < BOMB_RATIO * packed) return;
  throw new RingtrueError(
    'archives/too-large',
    `${file.path}: ${Math.round(packed)} bytes of it unpack to ${size}`,
    { details: { archive: file.path } },
  );
}

interface ByteReader {
  byte(): number | undefined;
}

/** Reads the header of a member. @returns false at the end of the stream */
function readHeader(path: string, input: ByteReader, isFirst: boolean): boolean {
  let first = input.byte();
  if (!isFirst) {
    while (first === 0) first = input.byte();
    if (first === undefined) return false;
  }
  if (first !== MAGIC[0] || input.byte() !== MAGIC[1] || input.byte() !== MAGIC[2]) {
    throw damaged(path, isFirst ? 'it is no gzip file' : 'something else follows its end');
  }
  const need = (): number => {
    const byte = input.byte();
    if (byte === undefined) throw damaged(path, 'it ends inside a header: it is truncated');
    return byte;
  };
  const skip = (count: number): void => {
    for (let i = 0; i < count; i += 1) need();
  };
  const flags = need();
  if ((flags & 0xe0) !== 0) throw damaged(path, 'its header has unknown flags');
  skip(6);
  if ((flags & 4) !== 0) skip(need() | (need() << 8));
  for (const flag of [8, 16]) {
    if ((flags & flag) !== 0) while (need() !== 0);
  }
  if ((flags & 2) !== 0) skip(2);
  return true;
}

function readNumber(input: ByteReader): number {
  let value = 0;
  for (let i = 0; i < 4; i += 1) {
    const byte = input.byte();
    if (byte === undefined) throw new InflateError('it ends inside its checksum');
    value += byte * 256 ** i;
  }
  return value;
}

/**
 * What must be unpacked for a span of a stream.
 * @param fileBytes size of the archive
 */
export function stretchesFor(
  checkpoints: readonly Checkpoint[],
  { offset, size }: { offset: number; size: number },
  fileBytes: number,
): Located['stretches'] {
  let first = 0;
  let high = checkpoints.length;
  while (high - first > 1) {
    const middle = (first + high) >> 1;
    if (checkpoints[middle]!.offset <= offset) first = middle;
    else high = middle;
  }
  const stretches: Located['stretches'][number][] = [];
  for (let i = first; i < checkpoints.length; ) {
    const start = checkpoints[i]!;
    if (stretches.length > 0 && start.offset >= offset + size) break;
    // A stretch goes on to the first point at or after the span's end, or to where a new member begins.
    let end = i + 1;
    while (end < checkpoints.length) {
      const point = checkpoints[end]!;
      if (point.offset >= offset + size || point.window.length === 0) break;
      end += 1;
    }
    const next = checkpoints[end];
    stretches.push({ ...start, endByte: next === undefined ? fileBytes : Math.ceil(next.bit / 8) });
    i = end;
  }
  return stretches;
}

/**
 * Unpacks a span.
 * @throws RingtrueError `archives/damaged`, `core/io-*`
 */
export function readSpan(
  file: DiskFile,
  stretches: Located['stretches'],
  { offset, size }: { offset: number; size: number },
): Uint8Array {
  const bytes = new Uint8Array(size);
  let filled = 0;
  for (const { bit, offset: from, window, endByte } of stretches) {
    const packed = file.read(Math.floor(bit / 8), endByte - Math.floor(bit / 8));
    let unpacked: Uint8Array;
    try {
      unpacked = inflateRawSync(startAtBit(packed, bit % 8), {
        ...(window.length === 0 ? {} : { dictionary: window }),
        // The stretch may end inside a block.
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: offset + size - from + 2 * SPACING + (64 << 20),
      });
    } catch (error) {
      throw damaged(file.path, `it cannot be unpacked from byte ${Math.floor(bit / 8)}`, error);
    }
    const part = unpacked.subarray(Math.max(0, offset + filled - from), offset + size - from);
    bytes.set(part.subarray(0, size - filled), filled);
    filled += Math.min(part.length, size - filled);
  }
  if (filled < size) throw damaged(file.path, 'it changed since it was listed');
  return bytes;
}

/** An empty block with fixed codes: 3 bits of header, 7 of end. */
const EMPTY_FIXED = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

/**
 * An empty block with codes of its own, which has an odd number of bits: a code of length 1 for the end,
 * two for distances, so that both sets are ones that zlib takes.
 */
const EMPTY_DYNAMIC = emptyDynamicBlock();

function emptyDynamicBlock(): number[] {
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let i = 0; i < count; i += 1) bits.push((value >> i) & 1);
  };
  put(0, 1);
  put(2, 2);
  put(0, 5);
  put(1, 5);
  put(14, 4);
  // In the order of RFC 1951: 18 and 1 have codes of length 1, all else has none.
  for (let i = 0; i < 18; i += 1) put(i === 2 || i === 17 ? 1 : 0, 3);
  // Code 0 is the symbol 1, code 1 is 18 (repeat zero): 256 literals have none, the end has one.
  put(1, 1);
  put(138 - 11, 7);
  put(1, 1);
  put(118 - 11, 7);
  put(0, 1);
  put(0, 1);
  put(0, 1);
  put(0, 1);
  return bits;
}

/** The stream that begins at a bit of the first byte, moved so that it begins at a whole byte. */
function startAtBit(packed: Uint8Array, bit: number): Uint8Array {
  if (bit === 0) return packed;
  const prefix: number[] = [];
  if (bit % 2 === 1) prefix.push(...EMPTY_DYNAMIC);
  while (prefix.length % 8 !== bit) prefix.push(...EMPTY_FIXED);
  const whole = Math.floor(prefix.length / 8);
  const moved = new Uint8Array(whole + packed.length);
  moved.set(packed, whole);
  moved[whole]! &= 0xff << bit;
  for (const [i, value] of prefix.entries()) moved[i >> 3]! |= value << (i & 7);
  return moved;
}
