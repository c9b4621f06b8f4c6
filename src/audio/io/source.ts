/**
 * Bytes to be decoded: a file read piece by piece, on its own or inside an archive, or memory.
 * @module
 */

import { createReadStream, statSync } from 'node:fs';
import { locateMember, openMember } from '../../archives/archive.ts';
import { openDisk } from '../../archives/disk.ts';
import { memberPath } from '../../archives/names.ts';
import type { Located } from '../../archives/types.ts';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/progress.ts';

/**
 * What is decoded: a path, also one into an archive (`/data/LA.zip!/LA/a.flac`), bytes, a stream of bytes, or
 * a place in an archive that was found before.
 */
export type MediaSource = string | Uint8Array | AsyncIterable<Uint8Array> | Located;

/** True for a place in an archive. */
export function isLocated(source: MediaSource): source is Located {
  return typeof source === 'object' && 'place' in source && 'archive' in source;
}

/** Random access to bytes of known size. */
export interface ByteSource {
  /** How messages call it: the path in quotes, or "the sound". */
  readonly name: string;
  /** The path, if there is one. */
  readonly path: string | null;
  readonly size: number;
  /**
   * Up to `length` bytes from `offset`, fewer at the end.
   * @throws RingtrueError `core/io-*`
   */
  readonly read: (offset: number, length: number) => Uint8Array;
  close(): void;
}

/** Bounds on what is opened. */
export interface SourceLimits {
  readonly maxBytes: number;
  /** Of what an archive holds packed, which is unpacked into memory. @default `maxBytes` */
  readonly maxHeldBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens what is to be decoded; streams, pipes and devices are read into memory, up to the limit.
 * @throws RingtrueError `audio/empty`, `audio/limit-size`, `archives/*`, `core/io-*`, `core/cancelled`
 */
export async function openSource(source: MediaSource, limits: SourceLimits): Promise<ByteSource> {
  const { maxBytes, signal } = limits;
  throwIfAborted(signal);
  const opened = await open(source, limits);
  const { size, name } = opened;
  if (size > 0 && size <= maxBytes) return opened;
  opened.close();
  if (size === 0) throw new RingtrueError('audio/empty', `${name} has no bytes`);
  throw tooLarge(name, size, maxBytes);
}

async function open(
  source: MediaSource,
  { maxBytes, maxHeldBytes = maxBytes, signal }: SourceLimits,
): Promise<ByteSource> {
  if (source instanceof Uint8Array) return fromMemory('the sound', null, source);
  if (isLocated(source)) return fromArchive(source, maxHeldBytes);
  if (typeof source !== 'string') {
    return fromMemory('the sound', null, await collect(source, 'the sound', maxBytes, signal));
  }
  const located = await locateMember(source, { signal });
  if (located !== undefined) return fromArchive(located, maxHeldBytes);
  const name = JSON.stringify(source);
  try {
    if (statSync(source).isFile()) return { name, ...openDisk(source) };
    // Reading a folder fails with the system's own error; pipes and devices are read to their end.
    const stream = createReadStream(source, signal === undefined ? {} : { signal });
    return fromMemory(name, source, await collect(stream, name, maxBytes, signal));
  } catch (error) {
    throwIfAborted(signal);
    throw toRingtrueError(error, 'core/io-failed');
  }
}

async function fromArchive(located: Located, maxHeldBytes: number): Promise<ByteSource> {
  const path = memberPath(located.archive, located.member);
  return { name: JSON.stringify(path), path, ...(await openMember(located, maxHeldBytes)) };
}

function fromMemory(name: string, path: string | null, bytes: Uint8Array): ByteSource {
  return {
    name,
    path,
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    close: () => undefined,
  };
}

async function collect(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    size += chunk.length;
    // Leaving the loop closes the stream.
    if (size > maxBytes) throw tooLarge(name, size, maxBytes);
    parts.push(chunk);
  }
  const joined = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function tooLarge(name: string, size: number, maxBytes: number): RingtrueError {
  return new RingtrueError(
    'audio/limit-size',
    `${name} has ${size} bytes or more, the limit is ${maxBytes}`,
    { details: { size, maxBytes } },
  );
}
