/**
 * Attributes that clips are grouped by.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { ATTRIBUTE_FIELDS, attributeOf } from '../datasets/attributes.ts';
import type { Clip } from '../datasets/clip.ts';
import { UNKNOWN_GROUP } from '../metrics/fairness-groups.ts';

/** Attributes that a study groups by if it does not say: those that clips lack are left out. */
export const DEFAULT_ATTRIBUTES: readonly string[] = ['generator', 'speaker', 'language'];

/** The values of one attribute. */
export interface Attribute {
  readonly name: string;
  /** True for what only spoofs have (a generator): bona fide clips are in none of its groups. */
  readonly spoofOnly: boolean;
  /**
   * Value by clip id. A clip whose value is not known is in a group of its own, never in a guessed one;
   * null for bona fide clips of a `spoofOnly` attribute.
   */
  readonly values: ReadonlyMap<string, string | null>;
}

/** An attribute of these clips; undefined if none of them has it. */
export function readAttribute(clips: readonly Clip[], name: string): Attribute | undefined {
  const known = clips.map((clip) => attributeOf(clip, name));
  if (known.every((value) => value === undefined)) return undefined;
  const spoofOnly = clips.every(({ label }, i) => label === 'spoof' || known[i] === undefined);
  const groupOf = ({ label }: Clip, i: number): string | null =>
    known[i] ?? (spoofOnly && label === 'bonafide' ? null : UNKNOWN_GROUP);
  return {
    name,
    spoofOnly,
    values: new Map(clips.map((clip, i) => [clip.id, groupOf(clip, i)])),
  };
}

/**
 * Refuses names that no clip has a value for, but for those that every study asks for.
 * @throws RingtrueError `bench/bad-study`
 */
export function checkAttributes(names: readonly string[], clips: readonly Clip[]): void {
  for (const name of names) {
    if (DEFAULT_ATTRIBUTES.includes(name)) continue;
    if (clips.some((clip) => attributeOf(clip, name) !== undefined)) continue;
    const fields = ATTRIBUTE_FIELDS.filter((field) =>
      clips.some((clip) => clip[field] !== undefined),
    );
    const keys = new Set(clips.flatMap(({ group }) => Object.keys(group ?? {})));
    const there = [...fields, ...[...keys].sort()];
    throw new RingtrueError(
      'bench/bad-study',
      `study.groups: no clip has ${JSON.stringify(name)}; there are ${there.join(', ')}`,
      { details: { path: 'groups', name, there } },
    );
  }
}
