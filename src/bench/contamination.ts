/**
 * Whether the detectors of a study have heard its clips in training.
 * @module
 */

import type { WorkContext } from '../core/progress.ts';
import type { Clip } from '../datasets/clip.ts';
import { type HashedClips, hashClips } from '../datasets/hash-clips.ts';
import {
  type Contamination,
  contamination,
  namedOverlaps,
  whyUnlisted,
} from '../models/contamination.ts';
import type { PlannedClip, PlannedDetector } from './plan.ts';

/** Clips of a study that a detector was trained on. */
export interface HeardClips {
  /** Clips of the study that it has heard: the very files. */
  readonly clips: number;
  /** Clips of the study that were found, or could be compared by their content with all it was trained on. */
  readonly of: number;
  /** Corpora and splits that it has heard them in. */
  readonly trainedOn: readonly string[];
  /**
   * What is known by name only: the clips come from a corpus or a collection that it was trained on, and
   * nobody can say whether it heard these. Absent where there are none.
   */
  readonly named?: {
    readonly clips: number;
    /** Corpora, splits and collections. */
    readonly trainedOn: readonly string[];
  };
  /** Clips that could not be compared, and why in words: nobody looked whether they were heard. Absent where all could. */
  readonly uncompared?: { readonly clips: number; readonly why: string };
}

/** What {@link findHeardClips} compares. */
export interface HeardQuestion {
  /** Name of the corpus that the clips are of. */
  readonly corpus: string;
  readonly clips: readonly PlannedClip[];
  readonly detectors: readonly Pick<PlannedDetector, 'name' | 'card'>[];
  /** What the clips do: they are judged, or they fix the thresholds of the detectors. */
  readonly use: 'judged' | 'threshold';
}

/** Names of the comparison in progress events. */
const TASKS: Readonly<Record<HeardQuestion['use'], string>> = {
  judged: 'compare with training data',
  threshold: 'compare dev clips with training data',
};

/**
 * Compares the clips with the training data on each detector's card: byte for byte (files whose manifest
 * has no hash are read for it), and by the names of corpus and collections where bytes cannot tell. Both are
 * warnings: figures on clips that were heard are too good, on clips of the same name they may be, and a threshold
 * that such clips fix may lie elsewhere than one that is fixed on others.
 * @returns by detector name; null where the card does not say what the detector was trained on
 * @throws RingtrueError `core/cancelled`
 */
export async function findHeardClips(
  { corpus, clips, detectors, use }: HeardQuestion,
  work: WorkContext = {},
): Promise<ReadonlyMap<string, HeardClips | null>> {
  const { clips: known, why }: HashedClips<PlannedClip> = detectors.some(
    ({ card }) => card.trainedOn.length > 0,
  )
    ? await hashClips(clips, TASKS[use], work)
    : { clips };
  const found = new Map<string, HeardClips | null>();
  for (const { name, card } of detectors) {
    if (card.trainedOn.length === 0) {
      found.set(name, null);
      continue;
    }
    const compared = contamination(card, known);
    const named = namedOverlaps(card, { corpus, clips: known });
    const uncompared = uncomparedOf(compared, known, why);
    const heard: HeardClips = {
      clips: compared.heard.size,
      of: known.length - (uncompared?.clips ?? 0),
      trainedOn: compared.overlaps.map(({ trainedOn }) => trainedOn),
      ...(named.length === 0
        ? {}
        : {
            named: {
              clips: Math.max(...named.map((overlap) => overlap.clips)),
              trainedOn: named.map(({ trainedOn }) => trainedOn),
            },
          }),
      ...(uncompared === undefined ? {} : { uncompared }),
    };
    found.set(name, heard);
    for (const warning of warningsOf(name, heard, { use, total: clips.length })) {
      work.onProgress?.({ type: 'warning', ...warning });
    }
  }
  return found;
}

function warningsOf(
  name: string,
  heard: HeardClips,
  { use, total }: { readonly use: HeardQuestion['use']; readonly total: number },
): { readonly code: string; readonly message: string }[] {
  const code = heard.clips > 0 ? 'bench/contaminated' : 'bench/maybe-contaminated';
  if (use === 'threshold') {
    const clause = heardOnDev(heard);
    if (clause === '') return [];
    return [{ code, message: `clean dev clips fix the threshold of ${name}: ${clause}` }];
  }
  const sentence = heardSentence(heard, total);
  const rest = uncomparedSentence(name, heard);
  return [
    ...(sentence === '' ? [] : [{ code, message: `${name} ${sentence}` }]),
    ...(rest === '' ? [] : [{ code: 'bench/maybe-contaminated', message: rest }]),
  ];
}

/** @param unhashed why clips have no hash, where some have none */
function uncomparedOf(
  { heard, unlisted }: Contamination,
  clips: readonly Clip[],
  unhashed: string | undefined,
): HeardClips['uncompared'] {
  const rest = clips.filter((clip) => !heard.has(clip));
  // A clip is unheard only when it was looked for in every set: one without hashes leaves all open.
  const [open, why] =
    unlisted.length > 0
      ? [rest, whyUnlisted(unlisted)]
      : [rest.filter(({ sha256 }) => sha256 === undefined), unhashed];
  return open.length === 0 || why === undefined ? undefined : { clips: open.length, why };
}

/** What follows the name of a detector; empty where nothing is to be said. @param total clips, where it is told */
export function heardSentence({ clips, trainedOn, named }: HeardClips, total?: number): string {
  const of = total === undefined ? 'these clips' : `the ${total} clips`;
  if (clips > 0) {
    return `was trained on ${clips} of ${of} (${trainedOn.join(', ')}): its figures here are too good`;
  }
  if (named === undefined) return '';
  return `was trained on data of the same name as ${named.clips} of ${of} (${named.trainedOn.join(', ')}); whether it has heard them is unknown: its figures here may be too good`;
}

/** Says which clips nobody could look for in a detector's training data; empty where all were looked for. */
export function uncomparedSentence(name: string, { of, uncompared }: HeardClips): string {
  if (uncompared === undefined) return '';
  const { clips, why } = uncompared;
  return `${clips} of ${of + clips} clips could not be compared with what ${name} was trained on: ${why}`;
}

/** What a detector has heard of the dev clips that fix its threshold; empty where nothing is to be said. */
export function heardOnDev(heard: HeardClips | null): string {
  if (heard === null) return 'its card does not say whether it was trained on them';
  const { clips, of, trainedOn, named, uncompared } = heard;
  const total = of + (uncompared?.clips ?? 0);
  const clauses = [
    ...(clips > 0 ? [`it was trained on ${clips} of the ${total} (${trainedOn.join(', ')})`] : []),
    ...(clips === 0 && named !== undefined
      ? [
          `it was trained on data of the same name as ${named.clips} of the ${total} (${named.trainedOn.join(', ')}), perhaps on them`,
        ]
      : []),
    ...(uncompared === undefined
      ? []
      : [
          `${uncompared.clips} of the ${total} could not be compared with what it was trained on (${uncompared.why})`,
        ]),
  ];
  return clauses.join(', and ');
}

/** Mark behind the figures of a detector: ‡ it has heard clips, † it may have, by their names or unlooked-for. */
export function heardMark(heard: HeardClips | null | undefined): '' | '†' | '‡' {
  if (heard === null || heard === undefined) return '';
  if (heard.clips > 0) return '‡';
  return heard.named === undefined && heard.uncompared === undefined ? '' : '†';
}
