/**
 * ESC-50.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip, makeGroup } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { readTable } from '../tables.ts';

/** ESC-50: 50 classes of environmental sound. */
export const esc50 = defineReader({
  name: 'esc50',
  kind: 'published',
  title: 'ESC-50, environmental sounds',
  medium: 'audio',
  languages: [],
  classes: 'bonafide',
  layout: 'meta/esc50.csv\naudio/*.wav',
  licence: 'CC BY-NC',
  where: 'github.com/karolpiczak/ESC-50',
  howTo: 'Give the unpacked folder, the folder above it, or the zip archive.',
  notes: [
    'Recordings of real sounds, no speech: all count as genuine. Class and fold are in group.',
    'The source is the Freesound recording: clips of one recording share a fold.',
    'Many clips end in digital silence.',
  ],
  options: z.strictObject({}),
  clips: 2000,
  marks: ['meta/esc50.csv'],
  read: async (tree) => {
    const table = findFile(tree, 'meta/esc50.csv');
    const rows = await readTable(tree, table, {
      columns: ['filename', 'fold', 'category', 'src_file'],
      format: 'csv',
    });
    return rows.map(({ cells: { filename, fold, category, src_file } }) =>
      makeClip({
        id: filename,
        path: tree.path(`${above(table, 2)}audio/${filename}`),
        label: 'bonafide',
        source: `freesound/${src_file}`,
        domain: 'esc50',
        group: makeGroup({ category, fold }),
      }),
    );
  },
});
