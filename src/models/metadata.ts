/**
 * What every exported detector says of itself in the metadata of its file.
 * @module
 */

import type { Card } from './types.ts';

/** Keys of the metadata of exported files. */
export const METADATA_KEYS = {
  kind: 'ringtrue.kind',
  model: 'ringtrue.model',
  card: 'ringtrue.card',
  licence: 'ringtrue.licence',
  labels: 'ringtrue.labels',
  frontEnd: 'ringtrue.frontEnd',
} as const;

/** Card, licence, and what the score means. */
export function cardMetadata(card: Card): Readonly<Record<string, string>> {
  return {
    [METADATA_KEYS.card]: JSON.stringify(card),
    [METADATA_KEYS.licence]: card.licence,
    [METADATA_KEYS.labels]: 'score: higher is more likely spoof',
  };
}
