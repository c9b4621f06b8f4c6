/**
 * The words that corpora use for the two labels.
 * @module
 */

import type { Label } from './clip.ts';

const SYNONYMS: ReadonlyMap<string, Label> = new Map([
  ...['bonafide', 'bona-fide', 'bona_fide', 'bona fide', 'genuine', 'real', 'human', 'natural'].map(
    (word) => [word, 'bonafide'] as const,
  ),
  ...['spoof', 'spoofed', 'fake', 'synthetic'].map((word) => [word, 'spoof'] as const),
]);

/** The label that a word stands for, in upper or lower case; undefined for any other word, never a guess. */
export function parseLabel(word: string): Label | undefined {
  return SYNONYMS.get(word.trim().toLowerCase());
}
