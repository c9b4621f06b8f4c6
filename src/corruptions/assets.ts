/**
 * Recordings that corruptions need and the package does not ship: the contract of the corpus `backgrounds`.
 * @module
 */

import type { Audio } from '../audio/audio.ts';
import { RingtrueError } from '../core/errors.ts';

/** What a recording is used for: `group.kind` in the manifest of the corpus. */
export type BackgroundKind = 'speech' | 'music' | 'ambience' | 'impulse-response';

/** The recordings of one kind. */
export interface Shelf {
  /** Number of recordings, at least 1. */
  readonly count: number;
  /** SHA-256 over names and content of all of them. */
  readonly hash: string;
  /**
   * One recording, `0 ≤ index < count`, in the order of the manifest.
   * @throws RingtrueError `corruptions/asset-missing`, `corpora/checksum`
   */
  read(index: number): Promise<Audio>;
}

/** The error for recordings that are not there, with the command that makes them. */
export function assetMissing(message: string, cause?: unknown): RingtrueError {
  return new RingtrueError('corruptions/asset-missing', message, {
    hint: 'Run `ringtrue corpus build backgrounds`.',
    cause,
  });
}
