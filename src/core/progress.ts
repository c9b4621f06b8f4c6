/**
 * Progress as typed events: libraries emit them, the command line, the server and the page render them.
 * @module
 */

import { RingtrueError } from './errors.ts';

/** Something happened in a piece of long work. `task` names the piece, stably within one run. */
export type ProgressEvent =
  | {
      readonly type: 'start';
      readonly task: string;
      readonly total?: number;
      readonly unit?: string;
      /** Done before it started: work that continues. @default 0 */
      readonly done?: number;
    }
  | {
      readonly type: 'advance';
      readonly task: string;
      readonly done: number;
      readonly note?: string;
    }
  | { readonly type: 'end'; readonly task: string; readonly note?: string }
  | { readonly type: 'warning'; readonly message: string; readonly code?: string };

/** Receives progress events; must not throw. */
export type OnProgress = (event: ProgressEvent) => void;

/** What long work takes besides its options. */
export interface WorkContext {
  /** Where progress goes; silent by default. */
  readonly onProgress?: OnProgress | undefined;
  /** Cancels the work at the next safe point with `core/cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** Throws `core/cancelled` if the signal was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RingtrueError('core/cancelled', 'cancelled');
}
