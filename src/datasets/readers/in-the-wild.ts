/**
 * In-the-Wild.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { given, labelIn, readTable } from '../tables.ts';

/** In-the-Wild: public figures, collected from the web. */
export const inTheWild = defineReader({
  name: 'in-the-wild',
  kind: 'published',
  title: 'In-the-Wild',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: 'release_in_the_wild/meta.csv\nrelease_in_the_wild/{0…31778}.wav',
  licence: UNKNOWN_LICENCE,
  where: 'deepfake-total.com',
  howTo: 'Give the folder release_in_the_wild, the folder above it, or the zip archive.',
  notes: ['There is no split: all clips are eval. What made the fakes is not known.'],
  options: z.strictObject({}),
  expected: { eval: { bonafide: 19963, spoof: 11816 } },
  marks: ['release_in_the_wild/meta.csv'],
  read: async (tree) => {
    const table = findFile(tree, 'meta.csv');
    const rows = await readTable(tree, table, {
      columns: ['file', 'speaker', 'label'],
      format: 'csv',
    });
    return rows.map((row) =>
      makeClip({
        id: row.cells.file,
        path: tree.path(`${above(table, 1)}${row.cells.file}`),
        label: labelIn(row, row.cells.label),
        split: 'eval',
        speaker: given(row.cells.speaker),
        language: 'en',
        domain: 'in-the-wild',
      }),
    );
  },
});
