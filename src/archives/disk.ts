/**
 * Bytes of a file on disk by position.
 * @module
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { toRingtrueError } from '../core/errors.ts';

/** An open file. */
export interface DiskFile {
  readonly path: string;
  readonly size: number;
  readonly changedMs: number;
  /** Up to `length` bytes from `offset`, fewer at the end of the file. */
  readonly read: (offset: number, length: number) => Uint8Array;
  close(): void;
}

/**
 * Opens a file for reading by position.
 * @throws RingtrueError `core/io-*`, on opening and on every read
 */
export function openDisk(path: string): DiskFile {
  try {
    const handle = openSync(path, 'r');
    const { size, mtimeMs } = fstatSync(handle);
    return {
      path,
      size,
      changedMs: mtimeMs,
      read: (offset, length) => readFully(handle, offset, length),
      close: () => closeSync(handle),
    };
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

function readFully(handle: number, offset: number, length: number): Uint8Array {
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
}
