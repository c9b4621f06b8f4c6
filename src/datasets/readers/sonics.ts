/**
 * SONICS.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, makeGroup, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { badCell, given, positive, type Row, readTable } from '../tables.ts';
import type { Tree } from '../tree.ts';

const SPLITS: Readonly<Record<string, 'train' | 'dev' | 'eval'>> = {
  train: 'train',
  val: 'dev',
  valid: 'dev',
  validation: 'dev',
  test: 'eval',
};

/** SONICS: songs of two vendors, and genuine ones from the web. */
export const sonics = defineReader({
  name: 'sonics',
  kind: 'published',
  title: 'SONICS, synthetic songs',
  medium: 'audio',
  languages: [],
  classes: 'spoof',
  layout: [
    'fake_songs.csv, fake_songs/*.mp3',
    'real_songs.csv, real_songs/*.mp3   the recordings are not shipped: only their YouTube ids',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/awsaf49/sonics',
  howTo:
    'Give the folder of the two tables. Genuine songs that you have go to real_songs/ under the names in real_songs.csv.',
  notes: [
    'Genuine songs count only where their files are there: without them a study has one class only.',
    'The published training takes songs of 30 s and more that have vocals: set the option usable.',
    'group.fakeType is full, half or mostly fake; group.artistOverlap marks genuine artists that are in train and test.',
    'A row without a split has none.',
  ],
  options: z.strictObject({
    usable: z
      .boolean()
      .default(false)
      .describe('only songs of 30 s and more with vocals, as the published training does'),
  }),
  marks: ['fake_songs.csv', 'real_songs.csv'],
  read: async (tree, { usable }, work) => {
    const clips: Clip[] = [];
    for (const kind of ['fake', 'real'] as const) {
      const table = findFileIfAny(tree, `${kind}_songs.csv`);
      if (table === undefined) {
        warnAbsent(work, tree, `no ${kind}_songs.csv`);
        continue;
      }
      const folder = `${above(table, 1)}${kind}_songs/`;
      const rows = await readTable(tree, table, {
        columns: ['filename'],
        optional: [
          ...(['duration', 'algorithm', 'style', 'source', 'genre', 'mood', 'label'] as const),
          ...(['split', 'artist', 'artist_overlap', 'no_vocal', 'lyrics'] as const),
        ],
        format: 'csv',
      });
      let absent = 0;
      for (const row of rows) {
        const { cells } = row;
        const path = songPath(tree, folder, cells.filename);
        if (kind === 'real' && !tree.has(path)) {
          absent += 1;
          continue;
        }
        const durationSec = positive(cells.duration);
        const isUsable = (durationSec ?? 0) >= 30 && cells.no_vocal.toLowerCase() !== 'true';
        if (usable && !isUsable) continue;
        clips.push(
          makeClip({
            id: path.slice(above(table, 1).length),
            path: tree.path(path),
            label: kind === 'fake' ? 'spoof' : 'bonafide',
            split: splitOf(row),
            speaker: given(cells.artist),
            generator: given(cells.algorithm),
            domain: 'sonics',
            durationSec,
            group: makeGroup({
              fakeType: kind === 'fake' ? cells.label : undefined,
              vendor: cells.source,
              style: cells.style,
              genre: cells.genre,
              mood: cells.mood,
              artistOverlap: cells.artist_overlap,
            }),
          }),
        );
      }
      if (absent > 0) {
        warnAbsent(
          work,
          tree,
          `${absent} genuine songs are listed and not there: they are left out`,
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'neither fake_songs.csv nor real_songs.csv with recordings');
  },
});

function songPath(tree: Tree, folder: string, name: string): string {
  const bare = folder + name;
  return tree.has(bare) || /\.\w{2,4}$/.test(name) ? bare : `${bare}.mp3`;
}

function splitOf(row: Row<'split'>): Clip['split'] {
  const word = given(row.cells.split);
  if (word === undefined) return undefined;
  const split = SPLITS[word.toLowerCase()];
  if (split === undefined) throw badCell(row, `the split is ${JSON.stringify(word)}`);
  return split;
}
