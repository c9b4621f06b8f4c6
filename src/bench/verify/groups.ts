/**
 * Which clips belong together: those that share a source, and those that share a speaker.
 * @module
 */

import type { Clip, Label } from '../../datasets/clip.ts';

/** Clips in groups that are kept whole in cross-validation. */
export interface Grouping {
  /** `[clips]`, number of the group. */
  readonly groups: Uint32Array;
  readonly count: number;
  /** What made them: the strictest of the three that leaves at least three groups. */
  readonly by: 'speaker' | 'source' | 'clip';
}

/**
 * Groups clips by speaker (with all that shares a source with one of its clips), else by source, else
 * one by one: the first of these that gives three groups or more, and both labels in two at least, so that
 * what is left when one group is taken out still has both. A fake whose real partner is there belongs to the
 * partner's speaker: the voice of a synthesiser that says everybody's sentences would tie all speakers together.
 */
export function groupClips(clips: readonly Clip[]): Grouping {
  const real = new Set(
    clips.flatMap(({ label, source }) => (label === 'bonafide' ? (source ?? []) : [])),
  );
  const bySpeaker = join(clips, [
    ({ label, source, speaker }) =>
      label === 'spoof' && source !== undefined && real.has(source) ? undefined : speaker,
    ({ source }) => source,
  ]);
  const groupsWith = (label: Label): number =>
    new Set(bySpeaker.groups.filter((_, i) => clips[i]!.label === label)).size;
  if (
    clips.some((clip) => clip.speaker !== undefined) &&
    bySpeaker.count >= 3 &&
    groupsWith('bonafide') >= 2 &&
    groupsWith('spoof') >= 2
  ) {
    return { ...bySpeaker, by: 'speaker' };
  }
  return sourceGroups(clips);
}

/** Groups clips by source, or one by one where that leaves fewer than three groups. */
export function sourceGroups(clips: readonly Clip[]): Grouping {
  const bySource = join(clips, [({ source }) => source]);
  if (clips.some((clip) => clip.source !== undefined) && bySource.count >= 3) {
    return { ...bySource, by: 'source' };
  }
  return { groups: Uint32Array.from(clips.keys()), count: clips.length, by: 'clip' };
}

/** Connected components: two clips are connected by an equal value of any of the keys. */
function join(
  clips: readonly Clip[],
  keys: readonly ((clip: Clip) => string | undefined)[],
): { groups: Uint32Array; count: number } {
  const parent = Uint32Array.from(clips.keys());
  const find = (clip: number): number => {
    let root = clip;
    while (parent[root] !== root) root = parent[root]!;
    parent[clip] = root;
    return root;
  };
  for (const key of keys) {
    const first = new Map<string, number>();
    for (const [i, clip] of clips.entries()) {
      const value = key(clip);
      if (value === undefined) continue;
      const seen = first.get(value);
      if (seen === undefined) first.set(value, i);
      else parent[find(i)] = find(seen);
    }
  }
  const numbers = new Map<number, number>();
  const groups = Uint32Array.from(clips, (_, i) => {
    const root = find(i);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
  return { groups, count: numbers.size };
}

/**
 * Deals groups to folds so that the folds are about equally large: the largest group first, each to
 * the fold with the fewest clips.
 * @returns `[clips]`, number of the fold
 */
export function dealFolds({ groups, count }: Grouping, folds: number): Uint8Array {
  const sizes = new Uint32Array(count);
  for (const group of groups) sizes[group]! += 1;
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const load = new Float64Array(folds);
  const foldOf = new Uint8Array(count);
  for (const group of order) {
    const fold = load.indexOf(Math.min(...load));
    foldOf[group] = fold;
    load[fold]! += sizes[group]!;
  }
  return Uint8Array.from(groups, (group) => foldOf[group]!);
}
