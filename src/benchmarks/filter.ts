/**
 * Filters over clips: how a domain, a language or a system is named.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../core/errors.ts';
import { ATTRIBUTE_FIELDS, attributeOf } from '../datasets/attributes.ts';
import type { Clip } from '../datasets/clip.ts';

/** `{field: value or values}`; a field of the manifest, or of its `group`. */
export const filterSchema = z
  .record(
    z.string().min(1),
    z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).describe('value or values'),
  )
  .describe('which clips: `{domain: prompts, generator: [espeak, flite]}`; all fields must fit');

/** A filter: every field must have one of its values. */
export type Filter = z.output<typeof filterSchema>;

/** Fields that say how a fake was made: bona fide clips are not filtered by them. */
export const SPOOF_FIELDS: readonly string[] = ['generator', 'family', 'kind'];

/** A clip with the name of the corpus it comes from. */
export type CorpusClip = Clip & { readonly corpus?: string };

/** Value of a field of a clip: its own, else that of its `group`; undefined if it has neither. */
export function fieldOf(clip: CorpusClip, field: string): string | undefined {
  return (field === 'corpus' ? clip.corpus : undefined) ?? attributeOf(clip, field);
}

/** Whether a clip passes; a bona fide clip passes whatever is asked of fakes alone. */
export function matches(clip: CorpusClip, filter: Filter): boolean {
  return Object.entries(filter).every(([field, wanted]) => {
    if (clip.label === 'bonafide' && SPOOF_FIELDS.includes(field)) return true;
    const value = fieldOf(clip, field);
    return value !== undefined && [wanted].flat().includes(value);
  });
}

/** The part of a filter that is about recordings, and the part that is about fakes. */
export function splitFilter(filter: Filter): { readonly source: Filter; readonly spoof: Filter } {
  const part = (spoof: boolean): Filter =>
    Object.fromEntries(
      Object.entries(filter).filter(([field]) => SPOOF_FIELDS.includes(field) === spoof),
    );
  return { source: part(false), spoof: part(true) };
}

/**
 * Checks that every value of a filter occurs.
 * @param where names the filter in messages
 * @throws RingtrueError `benchmarks/unknown-value`, with the values that there are
 */
export function checkFilter(
  filter: Filter,
  { clips, where }: { readonly clips: readonly CorpusClip[]; readonly where: string },
): void {
  for (const [field, wanted] of Object.entries(filter)) {
    const known = valuesOf(clips, field);
    for (const value of [wanted].flat()) {
      if (known.includes(value)) continue;
      throw new RingtrueError(
        'benchmarks/unknown-value',
        known.length === 0
          ? `${where}.${field}: no clip has the field ${field}; there are ${fieldsOf(clips).join(', ')}`
          : `${where}.${field}: no clip has ${JSON.stringify(value)}; there are ${known.join(', ')}`,
        { details: { path: `${where}.${field}`, value, known } },
      );
    }
  }
}

/** Every value of a field, sorted. */
export function valuesOf(clips: readonly CorpusClip[], field: string): string[] {
  return [...new Set(clips.flatMap((clip) => fieldOf(clip, field) ?? []))].sort();
}

function fieldsOf(clips: readonly CorpusClip[]): string[] {
  const own = ['corpus', ...ATTRIBUTE_FIELDS].filter((field) =>
    clips.some((clip) => fieldOf(clip, field) !== undefined),
  );
  const groups = clips.flatMap(({ group }) => Object.keys(group ?? {}));
  return [...new Set([...own, ...groups])].sort();
}
