/**
 * Bytes to be decoded: a file read piece by piece, or memory.
 * @module
 */

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/progress.ts';

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

/**
 * Opens what is to be decoded; streams, pipes and devices are read into memory, up to the limit.
 * @throws RingtrueError `audio/empty`, `audio/limit-size`, `core/io-*`, `core/cancelled`
 */
export async function openSource(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
  { maxBytes, signal }: { maxBytes: number; signal?: AbortSignal | undefined },
): Promise<ByteSource> {
  throwIfAborted(signal);
  const opened = await open(source, maxBytes, signal);
  const { size, name } = opened;
  if (size > 0 && size <= maxBytes) return opened;
  opened.close();
  if (size === 0) throw new RingtrueError('audio/empty', `${name} has no bytes`);
  throw tooLarge(name, size, maxBytes);
}

async function open(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  if (source instanceof Uint8Array) return fromMemory('the sound', null, source);
  if (typeof source !== 'string') {
    return fromMemory('the sound', null, await collect(source, 'the sound', maxBytes, signal));
  }
  const name = JSON.stringify(source);
  try {
    const found = await stat(source);
    if (found.isFile()) return fromFile(name, source);
    // Reading a folder fails with the system's own error; pipes and devices are read to their end.
    const stream = createReadStream(source, signal === undefined ? {} : { signal });
    return fromMemory(name, source, await collect(stream, name, maxBytes, signal));
  } catch (error) {
    throwIfAborted(signal);
    throw toRingtrueError(error, 'core/io-failed');
  }
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

function fromFile(name: string, path: string): ByteSource {
  const handle = openSync(path, 'r');
  return {
    name,
    path,
    size: fstatSync(handle).size,
    read: (offset, length) => {
      const buffer = Buffer.allocUnsafe(length);
      let filled = 0;
      try {
        while (filled < length) {
          const count = readSync(handle, buffer, filled, length - filled, offset + filled);
          if (count === 0) break;
          filled += count;
        }
      } catch (error) {
        throw toRingtrueError(error, 'core/io-failed');
      }
      return buffer.subarray(0, filled);
    },
    close: () => closeSync(handle),
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
