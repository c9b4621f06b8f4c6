/**
 * Recordings that are in several splits, or under both labels: bit for bit, or in another encoding.
 * @module
 */

import type { WorkContext } from '../../core/progress.ts';
import type { Clip } from '../../datasets/clip.ts';
import type { ClipAnalysis } from './analyse.ts';
import { splitsOf } from './leaks.ts';
import { findSamePairs, LEAST_PRINT_FRAMES, soundFrames } from './near-duplicates.ts';

/** Clips with the same samples. */
export interface Duplicate {
  readonly ids: readonly string[];
  readonly splits: readonly string[];
  readonly labels: readonly string[];
}

/** Two clips with the same recording in them. */
export interface NearDuplicate {
  readonly ids: readonly [string, string];
  readonly splits: readonly string[];
  readonly labels: readonly string[];
  /** What is at 0 s in the first is so many seconds later in the second. */
  readonly shiftSec: number;
  /** Sound that the two share, pauses aside. */
  readonly overlapSec: number;
  /** Share of the strong bits of the prints that differ: 0 to 0.12. */
  readonly bitErrors: number;
}

/** What recordings are there more than once. */
export interface Duplicates {
  /** The same samples in several splits or under both labels: a fault. */
  readonly exact: readonly Duplicate[];
  /** The same recording in several splits, or in two sources of different labels: a fault. */
  readonly near: readonly NearDuplicate[];
  /**
   * Pairs of a real clip and a fake one that sound like one recording, where nobody knows the sources: copies
   * by a vocoder look like that. Told, not judged.
   */
  readonly maybeCopies: readonly NearDuplicate[];
  /** Pairs in one split, of one label, from different or unknown sources: told, not judged. */
  readonly withinSplit: readonly NearDuplicate[];
  /** Clips with too little sound to be told from others by their prints. */
  readonly tooShort: number;
}

/**
 * Finds recordings that should not be there twice. A real clip and its copy by a vocoder are the same
 * recording by design, so clips of one source are compared across splits only, where they are a leak of that
 * source and not told again.
 * @param analyses `[clips]`; undefined where a clip could not be decoded
 * @throws RingtrueError `core/cancelled`
 */
export function findDuplicates(
  clips: readonly Clip[],
  analyses: readonly (ClipAnalysis | undefined)[],
  work: WorkContext,
): Duplicates {
  const bySound = new Map<string, number[]>();
  for (const [i, analysis] of analyses.entries()) {
    if (analysis === undefined) continue;
    const same = bySound.get(analysis.sound);
    if (same === undefined) bySound.set(analysis.sound, [i]);
    else same.push(i);
  }
  const exact = [...bySound.values()]
    .map((same) => same.map((i) => clips[i]!))
    .map((same) => ({
      ids: same.map(({ id }) => id),
      splits: splitsOf(same),
      labels: labelsOf(same),
    }))
    .filter(({ splits, labels }) => splits.length > 1 || labels.length > 1);
  const near: NearDuplicate[] = [];
  const maybeCopies: NearDuplicate[] = [];
  const withinSplit: NearDuplicate[] = [];
  const wanted = (a: number, b: number): boolean => {
    const [one, other] = [clips[a]!, clips[b]!];
    return (
      analyses[a]!.sound !== analyses[b]!.sound &&
      (one.source === undefined || one.source !== other.source)
    );
  };
  const prints = analyses.map((analysis) => analysis?.print);
  for (const { a, b, ...pair } of findSamePairs(prints, { wanted }, work)) {
    const both = [clips[a]!, clips[b]!];
    const found: NearDuplicate = {
      ids: [clips[a]!.id, clips[b]!.id],
      splits: splitsOf(both),
      labels: labelsOf(both),
      ...pair,
    };
    const sourcesKnown = both.every(({ source }) => source !== undefined);
    if (found.splits.length > 1 || (found.labels.length > 1 && sourcesKnown)) near.push(found);
    else (found.labels.length > 1 ? maybeCopies : withinSplit).push(found);
  }
  const tooShort = prints.filter(
    (print) => print !== undefined && soundFrames(print) < LEAST_PRINT_FRAMES,
  ).length;
  return { exact, near, maybeCopies, withinSplit, tooShort };
}

function labelsOf(clips: readonly Clip[]): string[] {
  return [...new Set(clips.flatMap(({ label }) => label ?? []))].sort();
}
