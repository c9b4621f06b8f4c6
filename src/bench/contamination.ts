/**
 * Whether the detectors of a study have heard its clips in training.
 * @module
 */

import { hashFile } from '../archives/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { contamination } from '../models/contamination.ts';
import type { PlannedClip, PlannedDetector } from './plan.ts';

/** Clips of a study that a detector was trained on. */
export interface HeardClips {
  /** Clips of the study that it has heard. */
  readonly clips: number;
  /** Clips of the study that could be compared: those whose content is known. */
  readonly of: number;
  /** Corpora and splits that it has heard them in. */
  readonly trainedOn: readonly string[];
}

/** More bytes than this are not read only to compare them: clips without a hash then stay unknown. */
const HASHED_BYTES_MAX = 2 * 2 ** 30;

/**
 * Compares the clips with the training data on each detector's card, byte for byte; files whose manifest
 * has no hash are read for it. An overlap is a warning: the figures on such clips are too good.
 * @returns by detector name; null where the card does not say what the detector was trained on
 * @throws RingtrueError `core/cancelled`
 */
export async function findHeardClips(
  clips: readonly PlannedClip[],
  detectors: readonly Pick<PlannedDetector, 'name' | 'card'>[],
  work: WorkContext = {},
): Promise<ReadonlyMap<string, HeardClips | null>> {
  const known = detectors.some(({ card }) => card.trainedOn.length > 0)
    ? await withHashes(clips, work)
    : clips;
  const of = known.filter(({ sha256 }) => sha256 !== undefined).length;
  const found = new Map<string, HeardClips | null>();
  for (const { name, card } of detectors) {
    if (card.trainedOn.length === 0) {
      found.set(name, null);
      continue;
    }
    const overlaps = contamination(card, known);
    const heard = {
      clips: overlaps.reduce((sum, overlap) => sum + overlap.clips, 0),
      of,
      trainedOn: overlaps.map(({ trainedOn }) => trainedOn),
    };
    found.set(name, heard);
    if (heard.clips > 0) {
      work.onProgress?.({
        type: 'warning',
        code: 'bench/contaminated',
        message: `${name} was trained on ${heard.clips} of the ${clips.length} clips (${heard.trainedOn.join(', ')}): its figures here are too good`,
      });
    }
  }
  return found;
}

async function withHashes(
  clips: readonly PlannedClip[],
  { onProgress, signal }: WorkContext,
): Promise<readonly PlannedClip[]> {
  const unknown = clips.filter(({ sha256, file }) => sha256 === undefined && file !== null);
  const bytes = unknown.reduce((sum, { file }) => sum + (file?.bytes ?? 0), 0);
  if (unknown.length === 0 || bytes > HASHED_BYTES_MAX) return clips;
  const task = 'compare with training data';
  onProgress?.({ type: 'start', task, total: unknown.length, unit: 'clips' });
  const hashes = new Map<string, string>();
  for (const [i, { id, path }] of unknown.entries()) {
    throwIfAborted(signal);
    // A file that cannot be read gets its own failure when it is decoded.
    const hash = await hashFile(path).catch(() => undefined);
    if (hash !== undefined) hashes.set(id, hash);
    onProgress?.({ type: 'advance', task, done: i + 1 });
  }
  onProgress?.({ type: 'end', task });
  return clips.map((clip) => {
    const sha256 = clip.sha256 ?? hashes.get(clip.id);
    return sha256 === undefined ? clip : { ...clip, sha256 };
  });
}
