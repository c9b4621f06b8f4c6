/**
 * Recordings of people who consented to measurement, not to training, stay out of every training.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Corpus } from './clip.ts';

/** Clips that a message names at most. */
const NAMED = 3;

/**
 * Refuses a corpus for training if any clip, of whatever split, is tagged evaluation-only: what such a
 * corpus is split into does not change what its owners allow.
 * @throws RingtrueError `datasets/evaluation-only`
 */
export function requireTrainable({ name, clips }: Pick<Corpus, 'name' | 'clips'>): void {
  const tagged = clips.filter(({ use }) => use === 'evaluation-only').map(({ id }) => id);
  if (tagged.length === 0) return;
  const named = `${tagged.slice(0, NAMED).join(', ')}${tagged.length > NAMED ? ', …' : ''}`;
  throw new RingtrueError(
    'datasets/evaluation-only',
    `${name}: ${tagged.length} of ${clips.length} clips are for evaluation only (${named}); a training may not read them`,
    { details: { corpus: name, clips: tagged.length } },
  );
}
