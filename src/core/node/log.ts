/**
 * The log of a run: one JSON object a line, appended to over all its sittings.
 * @module
 */

import { appendFile, open } from 'node:fs/promises';
import { toRingtrueError } from '../errors.ts';

/** Appends entries in order. */
export interface Log<E> {
  /** @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed` */
  write(...entries: readonly E[]): Promise<void>;
}

/**
 * Opens a log for appending; a line that a killed process left unfinished is closed first.
 * @param now gives the time of an entry
 */
export async function openLog<E extends object>(path: string, now: () => Date): Promise<Log<E>> {
  let pending = '';
  try {
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(new Uint8Array(1), 0, 1, Math.max(0, size - 1));
      if (size > 0 && buffer[0] !== 0x0a) pending = '\n';
    } finally {
      await file.close();
    }
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
  return {
    async write(...entries) {
      const lines = entries.map((entry) => {
        return `${JSON.stringify({ time: now().toISOString(), ...entry })}\n`;
      });
      const text = pending + lines.join('');
      pending = '';
      try {
        await appendFile(path, text);
      } catch (error) {
        throw toRingtrueError(error, 'core/io-failed');
      }
    },
  };
}
