/**
 * `ringtrue datasets`: which layouts of corpora can be read.
 * @module
 */

import * as z from 'zod';
import { describeFields } from '../../core/schema.ts';
import type { DatasetReader } from '../../datasets/reader.ts';
import { findReader, listReaders } from '../../datasets/readers/index.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `datasets` command. */
export const command = defineCommand({
  name: 'datasets',
  summary: 'List the corpora and layouts that can be read, or show one of them',
  arguments: [
    { name: 'READER', description: 'show only this one, in full', required: false, many: false },
  ],
  options: z.object({}),
  examples: [
    { line: 'ringtrue datasets', does: 'lists the readers' },
    {
      line: 'ringtrue datasets asvspoof2019-la',
      does: 'shows the layout, licence and use of one reader',
    },
  ],
  async run(_options, { args, print, result }) {
    const [name] = args;
    const readers = name === undefined ? listReaders() : [findReader(name)];
    if (name === undefined) {
      print(
        formatTable(
          [{ title: 'reader' }, { title: 'corpus' }, { title: 'licence' }],
          readers.map((reader) => [reader.name, reader.title, reader.licence]),
        ),
      );
      print(
        '\nBuilt corpora and manifests (.jsonl, .csv) need no reader: give their name or path.',
      );
      print(
        '`ringtrue datasets READER` shows one; in a study: corpus: {reader: READER, root: FOLDER}',
      );
    } else for (const reader of readers) print(describe(reader));
    result(
      readers.map((reader) => ({
        name: reader.name,
        title: reader.title,
        layout: reader.layout,
        licence: reader.licence,
        howTo: reader.howTo,
        options: describeFields(reader.options).map((field) => ({ ...field })),
        ...(reader.expected === undefined ? {} : { expected: { ...reader.expected } }),
      })),
    );
    return 0;
  },
});

function describe(reader: DatasetReader): string {
  const lines = [
    `${reader.name}: ${reader.title}`,
    '',
    'layout below the root:',
    ...reader.layout.split('\n').map((line) => `  ${line}`),
    '',
    `licence: ${reader.licence}`,
    `use:     ${reader.howTo}`,
  ];
  const fields = describeFields(reader.options);
  if (fields.length > 0) {
    lines.push('options:', ...fields.map((field) => `  ${field.name}: ${field.description}`));
  }
  for (const [split, counts] of Object.entries(reader.expected ?? {})) {
    lines.push(`${split.padEnd(6)} ${counts.bonafide} bonafide, ${counts.spoof} spoof`);
  }
  lines.push('', `check a copy: ringtrue datasets check FOLDER --reader ${reader.name}`);
  return lines.join('\n');
}
