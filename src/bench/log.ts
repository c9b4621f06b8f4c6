/**
 * What the log of a study's run says.
 * @module
 */

import type { ErrorData } from '../core/errors.ts';

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
