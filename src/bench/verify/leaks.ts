/**
 * Speakers, texts, sources and generators that several splits share.
 * @module
 */

import type { Clip, DisjointField } from '../../datasets/clip.ts';
import { DISJOINT_FIELDS } from '../../datasets/clip.ts';

/** A value that several splits share. */
export interface SharedValue {
  readonly value: string;
  readonly splits: readonly string[];
  readonly clips: number;
}

/** What splits share of one field. */
export interface FieldLeak {
  readonly field: DisjointField;
  /** True where the corpus says, or the caller asks, that no two splits share any: sharing is then a fault. */
  readonly promised: boolean;
  /** Clips of which the field is known, of all that could have it. */
  readonly known: number;
  readonly of: number;
  /** Number of different values. */
  readonly values: number;
  /** Most clips first. */
  readonly shared: readonly SharedValue[];
}

/** Looks for values that are in more than one split, field by field. */
export function findLeaks(
  clips: readonly Clip[],
  promised: readonly DisjointField[],
): readonly FieldLeak[] {
  return DISJOINT_FIELDS.map((field) => {
    const could = clips.filter((clip) => couldHave(clip, field));
    const groups = new Map<string, Clip[]>();
    let known = 0;
    for (const clip of could) {
      const value = fieldOf(clip, field);
      if (value === undefined) continue;
      known += 1;
      const group = groups.get(value);
      if (group === undefined) groups.set(value, [clip]);
      else group.push(clip);
    }
    return {
      field,
      promised: promised.includes(field),
      known,
      of: could.length,
      values: groups.size,
      shared: [...groups]
        .map(([value, same]) => ({ value, splits: splitsOf(same), clips: same.length }))
        .filter(({ splits }) => splits.length > 1)
        .sort((a, b) => b.clips - a.clips || (a.value < b.value ? -1 : 1)),
    };
  });
}

/** Only spoofs have a generator; the voice of a synthesiser (a speaker of its name) is a generator, no speaker. */
function couldHave({ label, speaker, generator }: Clip, field: DisjointField): boolean {
  if (field === 'generator') return label === 'spoof';
  return field !== 'speaker' || speaker === undefined || speaker !== generator;
}

/** Splits of some clips, in order. */
export function splitsOf(clips: readonly Clip[]): string[] {
  return [...new Set(clips.flatMap(({ split }) => split ?? []))].sort();
}

function fieldOf(clip: Clip, field: DisjointField): string | undefined {
  return field === 'text' ? normaliseText(clip.transcript) : clip[field];
}

/** What two transcripts of one sentence share: letters and digits in lower case, single spaces. */
export function normaliseText(text: string | undefined): string | undefined {
  const plain = text
    ?.normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
  return plain === '' ? undefined : plain;
}
