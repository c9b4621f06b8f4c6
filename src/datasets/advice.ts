/**
 * What to do about a copy of a data set that is not whole: said before a long run starts.
 * @module
 */

import { dirname } from 'node:path';
import type { FileCheck } from './check.ts';
import type { Clip, Corpus } from './clip.ts';
import type { DatasetReader } from './reader.ts';

/** Clips of one split, by label. */
export interface SplitCount {
  /** `all` for clips without a split. */
  readonly split: string;
  readonly bonafide: number;
  readonly spoof: number;
  readonly unlabelled: number;
}

/** Counts clips by split and label, in the order in which splits come. */
export function countClips({ clips }: Corpus): SplitCount[] {
  const counts = new Map<string, { bonafide: number; spoof: number; unlabelled: number }>();
  for (const { split = 'all', label } of clips) {
    const count = counts.get(split) ?? { bonafide: 0, spoof: 0, unlabelled: 0 };
    count[label ?? 'unlabelled'] += 1;
    counts.set(split, count);
  }
  return [...counts].map(([split, count]) => ({ split, ...count }));
}

/** Missing clips of a folder. */
interface Hole {
  readonly folder: string;
  readonly missing: number;
  readonly listed: number;
}

/**
 * Hints for what a check has found, the most telling first; none for a whole copy.
 * @param reader of a published data set, if one was used
 */
export function adviceFor(
  corpus: Corpus,
  found: FileCheck,
  reader: DatasetReader | undefined,
): string[] {
  const hints: string[] = [];
  for (const { folder, missing, listed } of holes(corpus.clips, found.missing)) {
    hints.push(
      missing === listed
        ? `none of the ${listed} recordings in ${folder} is there: is that part fetched, and in its place?`
        : `${missing} of ${listed} recordings in ${folder} are missing: fetch that part again, or leave them out by a manifest`,
    );
  }
  if (found.empty.length > 0) {
    hints.push(`${found.empty.length} recordings have no bytes: an unpacking or a copy broke off`);
  }
  if (found.missing.length > 0 && found.unlisted.length > 0) {
    hints.push(
      `${found.unlisted.length} recordings are there that no list names, such as ${found.unlisted[0]}: compare their place with the layout`,
    );
  }
  if (reader !== undefined) hints.push(...countHints(corpus, reader));
  const lacking = (['bonafide', 'spoof'] as const).filter(
    (label) => !corpus.clips.some((clip) => clip.label === label),
  );
  if (reader !== undefined && lacking.length === 1) {
    const why = reader.classes === 'both' ? 'part of it is missing' : 'it comes from elsewhere';
    hints.push(
      `there is no ${lacking[0]} clip (${why}): a study needs both classes. ${reader.notes?.[0] ?? ''}`.trim(),
    );
  }
  if (reader !== undefined && hints.length > 0) {
    hints.push(`the layout: ringtrue datasets ${reader.name}. ${reader.howTo}`);
    if (reader.where !== undefined) hints.push(`where to obtain it: ${reader.where}`);
  }
  return hints;
}

function countHints(corpus: Corpus, { expected = {}, clips }: DatasetReader): string[] {
  const hints = countClips(corpus).flatMap(({ split, bonafide, spoof }) => {
    const whole = Object.entries(expected).find(([key]) => key === split)?.[1];
    if (whole === undefined || (whole.bonafide === bonafide && whole.spoof === spoof)) return [];
    return [
      `${split} has ${bonafide} bonafide and ${spoof} spoof clips, a whole copy ${whole.bonafide} and ${whole.spoof}`,
    ];
  });
  for (const split of Object.keys(expected)) {
    if (!corpus.clips.some((clip) => clip.split === split))
      hints.push(`there is no ${split} split`);
  }
  if (clips !== undefined && corpus.clips.length !== clips) {
    hints.push(`it has ${corpus.clips.length} clips, a whole copy ${clips}`);
  }
  return hints;
}

/** Folders with missing clips, the largest holes first. */
function holes(clips: readonly Clip[], missing: readonly Clip[]): Hole[] {
  const folders = new Map<string, { missing: number; listed: number }>();
  const gone = new Set(missing);
  for (const clip of clips) {
    const folder = dirname(clip.path);
    const hole = folders.get(folder) ?? { missing: 0, listed: 0 };
    hole.listed += 1;
    if (gone.has(clip)) hole.missing += 1;
    folders.set(folder, hole);
  }
  return [...folders]
    .filter(([, hole]) => hole.missing > 0)
    .map(([folder, hole]) => ({ folder, ...hole }))
    .sort((a, b) => b.missing - a.missing || (a.folder < b.folder ? -1 : 1))
    .slice(0, 5);
}
