/**
 * Whether a detector has heard the clips that it is to be measured on.
 * @module
 */

import { hashJson } from '../core/hash.ts';
import type { Clip } from '../datasets/clip.ts';
import type { Card } from './types.ts';

/** Hex digits kept of a clip's hash: 64 bits, so a chance match among a million clips is a 1 in 10⁷ event. */
const KEPT_DIGITS = 16;

/** What comparing a detector's training data with the clips of a test tells. */
export interface Contamination {
  /** Sets that it was trained on and that share clips with the test. */
  readonly overlaps: readonly {
    /** Corpus and split that the detector was trained on. */
    readonly trainedOn: string;
    /** Clips of the test that it has heard in them. */
    readonly clips: number;
  }[];
  /** Clips of the test that it has heard, in whichever set. */
  readonly heard: ReadonlySet<Clip>;
  /** Corpora and splits that clips could not be compared with: the card lists no hashes of theirs. */
  readonly unlisted: readonly string[];
}

/** What a detector was trained on and the clips of a test have in common by name. */
export interface NamedOverlap {
  /** Corpus and split that the detector was trained on, and the collection where it is that. */
  readonly trainedOn: string;
  /** Clips of the test with that name. */
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
 * Compares a detector's training data with the clips of a test: clip by clip where the card lists hashes, else
 * whole splits only. No overlap found is no proof: a foreign card may list nothing, and the same recording in
 * another encoding has another hash.
 * @param clips of the test, all splits that are scored
 */
export function contamination(card: Card, clips: readonly Clip[]): Contamination {
  const splits = new Map<string, Clip[]>();
  for (const clip of clips) {
    const key = clip.split ?? '';
    const group = splits.get(key);
    if (group === undefined) splits.set(key, [clip]);
    else group.push(clip);
  }
  const groups = [clips, ...splits.values()].map((group) => ({
    hash: clipsHash(group),
    clips: group,
  }));
  const overlaps: Contamination['overlaps'][number][] = [];
  const heard = new Set<Clip>();
  const unlisted: string[] = [];
  for (const { corpus, split, hash, clipHashes: known } of card.trainedOn) {
    const trainedOn = `${corpus} ${split}`;
    const whole = groups.find((group) => group.hash === hash);
    const found = new Set([...(whole?.clips ?? []), ...sharedClips(clips, known)]);
    for (const clip of found) heard.add(clip);
    if (found.size > 0) overlaps.push({ trainedOn, clips: found.size });
    // A set that was found whole needs no list: nothing else was in it.
    if (known === undefined && whole === undefined) unlisted.push(trainedOn);
  }
  return { overlaps, heard, unlisted };
}

/** Corpora and splits that a detector was trained on and of which its card lists no hashes of clips. */
export function unlistedSets({ trainedOn }: Card): string[] {
  return trainedOn.flatMap(({ corpus, split, clipHashes: known }) =>
    known === undefined ? [`${corpus} ${split}`] : [],
  );
}

/** Why recordings cannot be compared with sets that a detector was trained on, in words. */
export function whyUnlisted(sets: readonly string[]): string {
  return `its card lists no hashes of clips of ${sets.join(', ')}`;
}

/** Names of the collections that clips come from, their packages or domains, sorted. */
export function collectionsOf(clips: readonly Clip[]): string[] {
  return [...new Set(clips.flatMap(collectionNames))].sort();
}

/**
 * Overlaps by name, where content cannot tell. Of the same corpus those clips count that have no hash, or all where
 * the card lists none; where hashes can be compared and none is shared, the same split counts still, for it may be
 * another version or form of the same recordings. The same collection in another corpus always counts, for that reason.
 * @param test name of the corpus of the test, and its clips
 */
export function namedOverlaps(
  card: Card,
  test: { readonly corpus: string; readonly clips: readonly Clip[] },
): NamedOverlap[] {
  const hashed = test.clips.filter(({ sha256 }) => sha256 !== undefined);
  return card.trainedOn.flatMap(
    ({ corpus, split, clipHashes: known, collections = [] }): NamedOverlap[] => {
      if (plain(corpus) === plain(test.corpus)) {
        const clips =
          known === undefined
            ? test.clips.length
            : test.clips.length -
              hashed.length +
              clipsOfSplit({ split, clipHashes: known }, hashed);
        return clips === 0 ? [] : [{ trainedOn: `${corpus} ${split}`, clips }];
      }
      const heard = new Set([corpus, ...collections].map(plain));
      const shared = test.clips.filter((clip) =>
        collectionNames(clip).some((name) => heard.has(plain(name))),
      );
      if (shared.length === 0) return [];
      const names = collectionsOf(shared).filter((name) => heard.has(plain(name)));
      return [{ trainedOn: `${corpus} ${split}: ${names.join(', ')}`, clips: shared.length }];
    },
  );
}

/** Clips whose hash is one of those that a card lists; none where it lists none. */
function sharedClips(clips: readonly Clip[], known: readonly string[] = []): Clip[] {
  const heard = new Set(known);
  return clips.filter(
    ({ sha256 }) => sha256 !== undefined && heard.has(sha256.slice(0, KEPT_DIGITS)),
  );
}

/**
 * Clips of a test that are in the split that was trained on, or may be for they name none; 0 where any hash is
 * shared, for then hashes tell.
 */
function clipsOfSplit(
  { split, clipHashes: known }: { readonly split: string; readonly clipHashes: readonly string[] },
  clips: readonly Clip[],
): number {
  if (sharedClips(clips, known).length > 0) return 0;
  // Cards of others may say `all`, or `train and dev`: that may be any clip.
  const only = (['train', 'dev', 'eval'] as const).find((name) => name === plain(split));
  if (only === undefined) return clips.length;
  return clips.filter((clip) => clip.split === undefined || clip.split === only).length;
}

/** The package that a recording comes from says more than a domain, which is a kind of speech where there is one. */
function collectionNames({ domain, group }: Clip): string[] {
  const name = group?.package ?? domain;
  return name === undefined ? [] : [name];
}

/** Names are compared without case, spaces and signs: ASVspoof 2019 LA is asvspoof2019-la. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
