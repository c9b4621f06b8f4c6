/**
 * Famous Figures.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { badCell, labelIn } from '../tables.ts';
import { lines } from '../text.ts';

/** The columns by position: their names differ, except for the last. */
const LABEL = 3;
const PATH = 4;

/** Famous Figures: well-known speakers and clones of them. */
export const famousFigures = defineReader({
  name: 'famous-figures',
  kind: 'published',
  title: 'Famous Figures',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'protocol.txt   separated by tabs, with a header; the label is the fourth column, AudioPath the fifth',
    'SPEAKER/SOURCE/*.wav   SOURCE: Bonafide, or what made the fake',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder that holds protocol.txt.',
  notes: [
    'Genuine rows have the source `-`, their files lie in the folder Bonafide.',
    'Absolute paths of the protocol are read by their last three parts.',
    'The positions of the columns were taken from a public reader.',
  ],
  options: z.strictObject({}),
  clips: 348135,
  marks: ['protocol.txt', 'Bonafide/*.wav'],
  read: async (tree) => {
    const table = findFile(tree, 'protocol.txt');
    const file = tree.path(table);
    const [header, ...rows] = lines(await tree.text(table));
    const columns = header?.text.split('\t').map((cell) => cell.trim()) ?? [];
    if (columns[PATH] !== 'AudioPath') {
      const where = { file, line: header?.line ?? 1 };
      throw badCell(where, `the fifth column is ${columns[PATH] ?? 'absent'}, expected AudioPath`);
    }
    return rows.map(({ line, text }) => {
      const row = { file, line };
      const cells = text.split('\t').map((cell) => cell.trim());
      if (cells.length !== columns.length) {
        throw badCell(row, `${cells.length} columns, expected ${columns.length}`);
      }
      const [speaker, source, name] = cells[PATH]!.split('/').slice(-3);
      if (name === undefined || source === undefined || speaker === undefined) {
        throw badCell(row, `AudioPath ${JSON.stringify(cells[PATH])} has no speaker and source`);
      }
      const label = labelIn(row, cells[LABEL]!);
      const folder = source === '-' ? 'Bonafide' : source;
      const id = `${speaker}/${folder}/${name}`;
      return makeClip({
        id,
        path: tree.path(above(table, 1) + id),
        label,
        split: 'eval',
        speaker,
        language: 'en',
        generator: label === 'spoof' ? source : undefined,
        domain: 'famous-figures',
      });
    });
  },
});
