/**
 * The log of a run: one JSON object a line, appended to over all its sittings.
 * @module
 */

import { appendFile, open } from 'node:fs/promises';
import { type ErrorData, toRingtrueError } from '../core/errors.ts';

/** A line of `log.jsonl`. */
export type LogEntry =
  | {
      readonly event: 'start';
      readonly unitsDone: number;
      readonly unitsLeft: number;
      readonly workers: number;
    }
  | {
      readonly event: 'unit';
      readonly unit: number;
      readonly trials: number;
      readonly cached: number;
      readonly failed: number;
      readonly refused: number;
      /** Seconds of corrupted sound that detectors heard; cached trials add nothing. */
      readonly scoredSec: number;
      readonly sec: number;
    }
  | {
      readonly event: 'failure';
      readonly clip: string;
      readonly condition: string | null;
      readonly detector: string | null;
      readonly error: ErrorData;
    }
  | { readonly event: 'damaged'; readonly unit: number; readonly message: string }
  | { readonly event: 'end'; readonly trials: number; readonly sec: number }
  | { readonly event: 'stopped'; readonly error: ErrorData };

/** Appends entries in order. */
export interface Log {
  /** @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed` */
  write(...entries: readonly LogEntry[]): Promise<void>;
}

/**
 * Opens a log for appending; a line that a killed process left unfinished is closed first.
 * @param now gives the time of an entry
 */
export async function openLog(path: string, now: () => Date): Promise<Log> {
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
