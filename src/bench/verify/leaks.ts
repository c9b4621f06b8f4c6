/**
 * Speakers, texts, sources and generators that several splits share, and what parts share with train that
 * promised to be new to it.
 * @module
 */

import type { Clip, DisjointField, PartPromise, SplitPromise } from '../../datasets/clip.ts';
import { DISJOINT_FIELDS } from '../../datasets/clip.ts';

/** A field that is looked into. */
type Field = DisjointField | PartPromise['field'];

/** A value that several splits, or a part and train, share. */
export interface SharedValue {
  readonly value: string;
  readonly splits: readonly string[];
  readonly clips: number;
}

/** What splits share of one field, or a part shares with train. */
export interface FieldLeak {
  readonly field: Field;
  /** The part (`group.part`) that is held against train; absent where all splits are held against each other. */
  readonly part?: string;
  /** True where the corpus says, or the caller asks, that none is shared: sharing is then a fault. */
  readonly promised: boolean;
  /** Clips of which the field is known, of all that could have it; 0 where nothing can be compared. */
  readonly known: number;
  readonly of: number;
  /** Why a promise on a part cannot be checked, in words; absent where it can. */
  readonly unchecked?: string;
  /** Number of different values, in the part where there is one. */
  readonly values: number;
  /** Most clips first. */
  readonly shared: readonly SharedValue[];
}

/** Looks for values that are in more than one split, field by field, then into each promise on parts. */
export function findLeaks(
  clips: readonly Clip[],
  promised: readonly SplitPromise[],
): readonly FieldLeak[] {
  const ofParts = promised.flatMap((promise) => (typeof promise === 'string' ? [] : promise));
  return [
    ...DISJOINT_FIELDS.map((field) => betweenSplits(clips, field, promised.includes(field))),
    ...ofParts.flatMap(({ field, parts }) => parts.map((part) => withTrain(clips, field, part))),
  ];
}

function betweenSplits(clips: readonly Clip[], field: DisjointField, promised: boolean): FieldLeak {
  const { of, known, groups } = groupBy(clips, field);
  const shared = groups.filter(([, same]) => splitsOf(same).length > 1);
  return { field, promised, known, of, values: groups.length, shared: describe(shared) };
}

/** A clip of the part that lies in the train split itself breaks the promise too. */
function withTrain(clips: readonly Clip[], field: Field, part: string): FieldLeak {
  const isNew = ({ group }: Clip): boolean => group?.part === part;
  const isTrain = ({ split }: Clip): boolean => split === 'train';
  const { of, known, groups } = groupBy(
    clips.filter((clip) => isNew(clip) || isTrain(clip)),
    field,
  );
  const ofPart = groups.filter(([, same]) => same.some(isNew));
  const ofTrain = groups.filter(([, same]) => same.some(isTrain));
  const unchecked = whyUnchecked(field, {
    part: ofPart.length,
    train: ofTrain.length,
    clips: clips.filter(isNew).length,
  });
  return {
    field,
    part,
    promised: true,
    known: unchecked === undefined ? known : 0,
    of,
    ...(unchecked === undefined ? {} : { unchecked }),
    values: ofPart.length,
    shared: describe(ofPart.filter((group) => ofTrain.includes(group))),
  };
}

/** @param found clips of the part, and different values of the part and of train */
function whyUnchecked(
  field: Field,
  found: { readonly clips: number; readonly part: number; readonly train: number },
): string | undefined {
  if (found.clips === 0) return 'no clip is in that part';
  if (found.part > 0 && found.train > 0) return undefined;
  const who = field === 'generator' ? 'spoof' : 'clip';
  return `no ${who} of ${found.part === 0 ? 'that part' : 'train'} says its ${field}`;
}

type ValueGroup = readonly [value: string, clips: readonly Clip[]];

/** Clips by value, with how many could have one and how many do. */
function groupBy(
  clips: readonly Clip[],
  field: Field,
): { readonly of: number; readonly known: number; readonly groups: readonly ValueGroup[] } {
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
  return { of: could.length, known, groups: [...groups] };
}

function describe(groups: readonly ValueGroup[]): SharedValue[] {
  return groups
    .map(([value, same]) => ({ value, splits: splitsOf(same), clips: same.length }))
    .sort((a, b) => b.clips - a.clips || (a.value < b.value ? -1 : 1));
}

/** Only spoofs have a generator; the voice of a synthesiser (a speaker of its name) is a generator, no speaker. */
function couldHave({ label, speaker, generator }: Clip, field: Field): boolean {
  if (field === 'generator') return label === 'spoof';
  return field !== 'speaker' || speaker === undefined || speaker !== generator;
}

/** Splits of some clips, in order. */
export function splitsOf(clips: readonly Clip[]): string[] {
  return [...new Set(clips.flatMap(({ split }) => split ?? []))].sort();
}

function fieldOf(clip: Clip, field: Field): string | undefined {
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
