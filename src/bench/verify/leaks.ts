/**
 * What is in more than one split, or in both classes, and should not be.
 * @module
 */

import type { Clip } from '../../datasets/clip.ts';

/** A value that several splits share. */
export interface SharedValue {
  readonly value: string;
  readonly splits: readonly string[];
  readonly clips: number;
}

/** Clips with the same sound. */
export interface Duplicate {
  readonly ids: readonly string[];
  readonly splits: readonly string[];
  readonly labels: readonly string[];
}

/** What splits share. Recordings and sources are faults; speakers and generators are told, not judged. */
export interface Leaks {
  /** The same sound in several splits or under both labels. */
  readonly recordings: readonly Duplicate[];
  readonly sources: readonly SharedValue[];
  readonly speakers: readonly SharedValue[];
  readonly generators: readonly SharedValue[];
}

/**
 * Looks for recordings, sources, speakers and generators that are in more than one split.
 * @param sounds `[clips]`, hash of the decoded sound; undefined where a clip could not be decoded
 */
export function findLeaks(clips: readonly Clip[], sounds: readonly (string | undefined)[]): Leaks {
  const bySound = groupBy(clips, (_, i) => sounds[i]);
  const recordings = [...bySound.values()]
    .filter((same) => same.length > 1)
    .map((same) => ({
      ids: same.map((clip) => clip.id),
      splits: distinct(same.map((clip) => clip.split)),
      labels: distinct(same.map((clip) => clip.label)),
    }))
    .filter(({ splits, labels }) => splits.length > 1 || labels.length > 1);
  return {
    recordings,
    sources: shared(clips, 'source'),
    speakers: shared(clips, 'speaker'),
    generators: shared(clips, 'generator'),
  };
}

function shared(clips: readonly Clip[], key: 'source' | 'speaker' | 'generator'): SharedValue[] {
  return [...groupBy(clips, (clip) => clip[key])]
    .map(([value, same]) => ({
      value,
      splits: distinct(same.map((clip) => clip.split)),
      clips: same.length,
    }))
    .filter(({ splits }) => splits.length > 1);
}

function groupBy(
  clips: readonly Clip[],
  key: (clip: Clip, i: number) => string | undefined,
): Map<string, Clip[]> {
  const groups = new Map<string, Clip[]>();
  for (const [i, clip] of clips.entries()) {
    const value = key(clip, i);
    if (value === undefined) continue;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [clip]);
    else group.push(clip);
  }
  return groups;
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}
