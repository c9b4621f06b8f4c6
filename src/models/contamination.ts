/**
 * Whether a detector has heard the clips that it is to be measured on.
 * @module
 */

import { hashJson } from '../core/hash.ts';
import type { Clip } from '../datasets/clip.ts';
import type { Card } from './types.ts';

/** Hex digits kept of a clip's hash: 64 bits, so a chance match among a million clips is a 1 in 10⁷ event. */
const KEPT_DIGITS = 16;

/** An overlap between what a detector was trained on and the clips of a test. */
export interface Contamination {
  /** Corpus and split that the detector was trained on. */
  readonly trainedOn: string;
  /** Clips of the test that it has heard. */
  readonly clips: number;
}

/** Hash over the sorted clip hashes: says which recordings a model has heard, in any order. */
export function clipsHash(clips: readonly Clip[]): string {
  return hashJson(clips.map((clip) => clip.sha256 ?? clip.id).sort());
}

/** The `clipHashes` of a card: nothing if a clip has no hash of its file. */
export function clipHashes(clips: readonly Clip[]): { clipHashes?: string[] } {
  const hashes: string[] = [];
  for (const { sha256 } of clips) {
    if (sha256 === undefined) return {};
    hashes.push(sha256.slice(0, KEPT_DIGITS));
  }
  return { clipHashes: hashes.sort() };
}

/** Corpora and splits in which a detector has heard a file, by the SHA-256 of the file; mostly none. */
export function heardIn(card: Card, sha256: string): string[] {
  const kept = sha256.slice(0, KEPT_DIGITS);
  return card.trainedOn.flatMap(({ corpus, split, clipHashes: known }) =>
    known?.includes(kept) === true ? [`${corpus} ${split}`] : [],
  );
}

/**
 * Overlaps of a detector's training data with the clips of a test: clip by clip where the card lists
 * hashes, else whole splits only. No overlap found is no proof: a foreign card may list nothing, and the
 * same recording in another encoding has another hash.
 * @param clips of the test, all splits that are scored
 */
export function contamination(card: Card, clips: readonly Clip[]): Contamination[] {
  const splits = new Map<string, Clip[]>();
  for (const clip of clips) {
    const key = clip.split ?? '';
    const group = splits.get(key);
    if (group === undefined) splits.set(key, [clip]);
    else group.push(clip);
  }
  const groups = [clips, ...splits.values()].map((group) => ({
    hash: clipsHash(group),
    clips: group.length,
  }));
  return card.trainedOn.flatMap(({ corpus, split, hash, clipHashes: known }) => {
    const heard = new Set(known);
    const shared = clips.filter(
      ({ sha256 }) => sha256 !== undefined && heard.has(sha256.slice(0, KEPT_DIGITS)),
    ).length;
    const whole = groups.find((group) => group.hash === hash)?.clips ?? 0;
    const count = Math.max(shared, whole);
    return count === 0 ? [] : [{ trainedOn: `${corpus} ${split}`, clips: count }];
  });
}
