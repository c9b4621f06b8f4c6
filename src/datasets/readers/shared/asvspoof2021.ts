/**
 * What the three tracks of ASVspoof 2021 share.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../../clip.ts';
import { above, findFile, findFileIfAny, makeClip, mediaFinder } from '../../layout.ts';
import { given, labelIn, type Row, readFixed } from '../../tables.ts';
import type { Tree } from '../../tree.ts';

/** Columns that every track has. */
export type CommonColumn = 'speaker' | 'utterance' | 'key' | 'trim' | 'subset';

/** Options of every track. */
export const options2021 = z.strictObject({
  subset: z
    .enum(['eval', 'progress', 'hidden', 'all'])
    .default('eval')
    .describe('phase of the challenge; results are compared on eval'),
});

/**
 * Clips of a track.
 * @param options.columns of `trial_metadata.txt`, in its order
 * @param options.more fields of a clip that come from this track's own columns
 * @throws RingtrueError `datasets/bad-layout`, `datasets/bad-manifest`
 */
export async function readAsvspoof2021<const C extends string>(
  tree: Tree,
  {
    track,
    subset,
    columns,
    more,
  }: {
    track: 'LA' | 'PA' | 'DF';
    subset: z.output<typeof options2021>['subset'];
    columns: readonly (C | CommonColumn)[];
    more: (row: Row<C | CommonColumn>) => Partial<Clip>;
  },
): Promise<Clip[]> {
  const media = mediaFinder(tree);
  const keys =
    findFileIfAny(tree, `keys/${track}/CM/trial_metadata.txt`) ??
    findFileIfAny(tree, `${track}/CM/trial_metadata.txt`) ??
    findFileIfAny(tree, `ASVspoof2021_${track}_eval/trial_metadata.txt`) ??
    findFile(tree, `${track}/**/trial_metadata.txt`);
  const base = above(keys, keys.includes('keys/') ? 4 : 3);
  const rows = await readFixed(tree, keys, columns);
  return rows
    .filter((row) => subset === 'all' || row.cells.subset === subset)
    .map((row) => {
      const { utterance, key, trim, speaker } = row.cells;
      const { group, ...fields } = more(row);
      return makeClip({
        id: utterance,
        path: media(`${base}ASVspoof2021_${track}_eval/flac/${utterance}.flac`),
        label: labelIn(row, key),
        split: 'eval',
        speaker: given(speaker),
        language: 'en',
        domain: `asvspoof2021-${track.toLowerCase()}`,
        ...fields,
        group: { ...group, trim, subset: row.cells.subset },
      });
    });
}

/** The attack of a row: bona fide rows hold `-` or the word `bonafide` there. */
export function attackOf(cell: string): { generator?: string } {
  const attack = given(cell);
  return attack === undefined || attack === 'bonafide' ? {} : { generator: attack };
}
