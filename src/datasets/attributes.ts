/**
 * Attributes of clips: fields of the manifest, or keys of its `group`.
 * @module
 */

import type { Clip } from './clip.ts';

/** Fields of a clip that are an attribute; everything else is looked for in `group`. */
export const ATTRIBUTE_FIELDS = [
  'generator',
  'speaker',
  'language',
  'domain',
  'source',
  'licence',
  'split',
  'medium',
] as const;

/** Value of an attribute: the clip's own field, else that of its `group`; undefined if it has neither. */
export function attributeOf(clip: Clip, name: string): string | undefined {
  const field = ATTRIBUTE_FIELDS.find((known) => known === name);
  return (field === undefined ? undefined : clip[field]) ?? clip.group?.[name];
}
