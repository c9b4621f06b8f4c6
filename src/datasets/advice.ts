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

/** The class that a set does not have itself; a general layout may have any. */
const OTHER_CLASS = {
  bonafide: 'spoof',
  spoof: 'bonafide',
  both: undefined,
  any: undefined,
} as const;

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
  if (reader !== undefined) hints.push(...shortfalls(corpus, reader));
  const other = reader === undefined ? undefined : OTHER_CLASS[reader.classes];
  if (reader !== undefined && other !== undefined && !hasClass(corpus, other)) {
    hints.push(
      `there is no ${other} clip (it comes from elsewhere): a study needs both classes. ${reader.notes?.[0] ?? ''}`.trim(),
    );
  }
  if (reader !== undefined && hints.length > 0) {
    hints.push(`the layout: ringtrue datasets ${reader.name}. ${reader.howTo}`);
    if (reader.where !== undefined) hints.push(`where to obtain it: ${reader.where}`);
  }
  return hints;
}

/** Whether a reader says how many clips a whole copy has. */
export function knowsCounts({ expected, clips }: DatasetReader): boolean {
  return expected !== undefined || clips !== undefined;
}

/**
 * What a copy does not have of what its reader knows of a whole one: counts, splits, folders, classes. Nothing
 * found is no proof of a whole copy unless the reader {@link knowsCounts}.
 */
export function shortfalls(corpus: Corpus, reader: DatasetReader): string[] {
  const { expected = {}, clips, splits = [], parts = [], classes } = reader;
  const found = countClips(corpus).flatMap(({ split, bonafide, spoof }) => {
    const whole = Object.entries(expected).find(([key]) => key === split)?.[1];
    if (whole === undefined || (whole.bonafide === bonafide && whole.spoof === spoof)) return [];
    return [
      `${split} has ${bonafide} bonafide and ${spoof} spoof clips, a whole copy ${whole.bonafide} and ${whole.spoof}`,
    ];
  });
  for (const split of new Set([...Object.keys(expected), ...splits])) {
    if (!corpus.clips.some((clip) => clip.split === split))
      found.push(`there is no ${split} split`);
  }
  for (const part of parts) {
    if (!corpus.clips.some(({ id }) => id.startsWith(`${part}/`)))
      found.push(`there is nothing of ${part}`);
  }
  if (clips !== undefined && corpus.clips.length !== clips) {
    found.push(`it has ${corpus.clips.length} clips, a whole copy ${clips}`);
  }
  for (const label of ['bonafide', 'spoof'] as const) {
    const isPart = classes === 'both' || classes === label;
    if (isPart && !hasClass(corpus, label)) {
      found.push(`there is no ${label} clip: part of it is missing`);
    }
  }
  return found;
}

function hasClass({ clips }: Corpus, label: 'bonafide' | 'spoof'): boolean {
  return clips.some((clip) => clip.label === label);
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
