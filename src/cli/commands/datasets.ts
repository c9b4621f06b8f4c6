/**
 * `ringtrue datasets`: which layouts of corpora can be read.
 * @module
 */

import * as z from 'zod';
import { describeFields } from '../../core/schema.ts';
import type { DatasetReader } from '../../datasets/reader.ts';
import { checkCommand, findReader, listReaders, wholeClips } from '../../datasets/readers/index.ts';
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
          [
            { title: 'reader' },
            { title: 'corpus' },
            { title: 'medium' },
            { title: 'languages' },
            { title: 'classes' },
            { title: 'clips', align: 'right' },
          ],
          readers.map((reader) => [
            reader.name,
            reader.title,
            reader.medium,
            reader.languages.join(' '),
            reader.classes,
            String(wholeClips(reader) ?? ''),
          ]),
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
        kind: reader.kind,
        title: reader.title,
        medium: reader.medium,
        languages: [...reader.languages],
        classes: reader.classes,
        clips: wholeClips(reader) ?? null,
        layout: reader.layout,
        licence: reader.licence,
        where: reader.where ?? null,
        howTo: reader.howTo,
        notes: [...(reader.notes ?? [])],
        check: checkCommand(reader),
        options: describeFields(reader.options).map((field) => ({ ...field })),
        ...(reader.expected === undefined ? {} : { expected: { ...reader.expected } }),
        ...(reader.splits === undefined ? {} : { splits: [...reader.splits] }),
        ...(reader.parts === undefined ? {} : { parts: [...reader.parts] }),
      })),
    );
    return 0;
  },
});

function describe(reader: DatasetReader): string {
  const lines = [
    `${reader.name}: ${reader.title}`,
    '',
    `medium:    ${reader.medium}`,
    `languages: ${reader.languages.join(', ') || 'not told'}`,
    `classes:   ${reader.classes}`,
    `clips:     ${wholeClips(reader) ?? 'not told'}`,
    '',
    'layout below the root:',
    ...reader.layout.split('\n').map((line) => `  ${line}`),
    '',
    `licence: ${reader.licence}`,
    `where:   ${reader.where ?? (reader.kind === 'general' ? 'yours' : 'not known to us')}`,
    `use:     ${reader.howTo}`,
  ];
  if (reader.notes !== undefined) lines.push('notes:', ...reader.notes.map((note) => `  ${note}`));
  const fields = describeFields(reader.options);
  if (fields.length > 0) {
    lines.push('options:', ...fields.map((field) => `  ${field.name}: ${field.description}`));
  }
  for (const [split, counts] of Object.entries(reader.expected ?? {})) {
    lines.push(`${split.padEnd(6)} ${counts.bonafide} bonafide, ${counts.spoof} spoof`);
  }
  if (reader.splits !== undefined)
    lines.push(`splits of a whole copy: ${reader.splits.join(', ')}`);
  lines.push(
    '',
    `check a copy: ${checkCommand(reader)}`,
    `in a study:   corpus: {reader: ${reader.name}, root: FOLDER}`,
  );
  return lines.join('\n');
}
