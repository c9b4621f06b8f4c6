/**
 * UrbanSound8K.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip, makeGroup } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { readTable } from '../tables.ts';

/** UrbanSound8K: ten classes of city sounds in ten folds. */
export const urbansound8k = defineReader({
  name: 'urbansound8k',
  kind: 'published',
  title: 'UrbanSound8K, city sounds',
  medium: 'audio',
  languages: [],
  classes: 'bonafide',
  layout: 'metadata/UrbanSound8K.csv\naudio/fold{1…10}/FILE.wav',
  licence: 'CC BY-NC',
  howTo: 'Give the unpacked folder UrbanSound8K, the folder above it, or the archive.',
  notes: [
    'Recordings of real sounds: all count as genuine. Class, fold and salience are in group.',
    'The source is the Freesound recording; keep the ten folds, random splits leak.',
  ],
  options: z.strictObject({}),
  clips: 8732,
  marks: ['metadata/UrbanSound8K.csv'],
  read: async (tree) => {
    const table = findFile(tree, 'metadata/UrbanSound8K.csv');
    const rows = await readTable(tree, table, {
      columns: ['slice_file_name', 'fsID', 'fold', 'class'],
      optional: ['salience'],
      format: 'csv',
    });
    return rows.map(({ cells }) =>
      makeClip({
        id: cells.slice_file_name,
        path: tree.path(`${above(table, 2)}audio/fold${cells.fold}/${cells.slice_file_name}`),
        label: 'bonafide',
        source: `freesound/${cells.fsID}`,
        domain: 'urbansound8k',
        group: makeGroup({ category: cells.class, fold: cells.fold, salience: cells.salience }),
      }),
    );
  },
});
