/**
 * The error for archives that are not whole.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';

/** An `archives/damaged` error that names the archive. */
export function damaged(archive: string, what: string, cause?: unknown): RingtrueError {
  return new RingtrueError('archives/damaged', `${archive}: ${what}`, {
    details: { archive },
    ...(cause === undefined ? {} : { cause }),
  });
}
