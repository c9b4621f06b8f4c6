/**
 * Any Parquet files with recordings inside.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import type { Clip } from '../clip.ts';
import { parseLabel } from '../labels.ts';
import { badLayout, findFiles, makeClip } from '../layout.ts';
import { type ParquetRow, readParquetTable, splitOfName } from '../parquet-table.ts';
import { defineReader } from '../reader.ts';

const LABEL_COLUMNS = ['label', 'key', 'target', 'class'];

/** Parquet files with embedded recordings, as the model hub ships them. */
export const parquet = defineReader({
  name: 'parquet',
  kind: 'general',
  title: 'Parquet files with recordings inside, as the model hub ships them',
  medium: 'audio',
  languages: [],
  classes: 'any',
  layout: [
    '**/*.parquet   a column audio {bytes, path}, or a column of bytes called audio, wav, flac, …',
    '               label, key, target or class: the label; speaker, language, generator, system: as named',
    '               train, dev, validation, test or eval in the file name: the split',
  ].join('\n'),
  licence: 'yours',
  howTo: 'Give the folder, or one Parquet file.',
  options: z.strictObject({
    label: z.string().optional().describe('column of the label, if it has another name'),
    bonafide: z.string().optional().describe('value of a genuine clip, if it is no usual word'),
    spoof: z.string().optional().describe('value of a fake clip, if it is no usual word'),
  }),
  marks: [],
  read: async (tree, options) => {
    const files = findFiles(tree, '*.parquet');
    if (files.length === 0) throw badLayout(tree, 'no Parquet file');
    const clips: Clip[] = [];
    for (const file of files) {
      const needed = options.label === undefined ? [] : [options.label];
      const split = splitOfName(file);
      for (const row of await readParquetTable(tree, file, needed)) {
        const { cells } = row;
        const column = options.label ?? LABEL_COLUMNS.find((name) => cells[name] !== undefined);
        clips.push(
          makeClip({
            id: `${file}/${row.row}`,
            path: row.audio,
            label: column === undefined ? undefined : labelOf(row, column, options),
            split,
            speaker: cells.speaker ?? cells.speaker_id,
            language: cells.language,
            generator: cells.generator ?? cells.system,
          }),
        );
      }
    }
    return clips;
  },
});

function labelOf(
  { cells, where }: ParquetRow,
  column: string,
  words: { bonafide?: string | undefined; spoof?: string | undefined },
): Clip['label'] {
  const word = cells[column] ?? '';
  if (word === words.bonafide) return 'bonafide';
  if (word === words.spoof) return 'spoof';
  const label = parseLabel(word);
  if (label !== undefined || word === '') return label;
  throw new RingtrueError(
    'datasets/bad-manifest',
    `${where}: ${column} is ${JSON.stringify(word)}, expected bonafide or spoof`,
    { hint: 'Say what the values mean by the options bonafide and spoof of the reader.' },
  );
}
