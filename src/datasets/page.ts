/**
 * The page of data sets, from the registry of readers.
 * @module
 */

import { toMarkdownTable } from '../core/schema.ts';
import type { DatasetReader } from './reader.ts';
import { checkCommand, wholeClips } from './readers/index.ts';

/** `docs/datasets/README.md` as Markdown. */
export function datasetsPage(readers: readonly DatasetReader[]): string {
  const published = readers.filter(({ kind }) => kind === 'published');
  const general = readers.filter(({ kind }) => kind === 'general');
  return [
    '# Data sets that can be read',
    '',
    'Generated from the readers by `npm run docs:datasets`; `ringtrue datasets` prints the same.',
    '',
    `There are ${published.length} readers of published sets and ${general.length} of general layouts. Ringtrue ships`,
    'no data: fetch a set where it is published, under its terms, and give its folder, or an archive of it',
    '(.zip, .tar, .tar.gz; nothing is unpacked). Archives that lie in the folder are part of it.',
    '',
    '```sh',
    'ringtrue datasets check /data/LA.zip          # which set is it, is it whole, what to do if not',
    '```',
    '',
    '```yaml',
    'corpus: {reader: asvspoof2019-la, root: /data/LA.zip}     # in a study',
    '```',
    '',
    'Labels are never guessed: a word that is none of the field is an error with its line. A file that is',
    'listed and not there is a failed clip, and `datasets check` names it. Clips carry the published set in',
    '`domain`, and in `source` the recording behind them where it is known (a sentence of LJSpeech is',
    '`ljspeech/LJ001-0001` in LJSpeech and in WaveFake). `corpus verify` names the sources that splits of one corpus',
    'share, also in one manifest of several sets; sets that are opened apart are not compared by source.',
    'What the descriptions do not tell is said under each set and left out of the clips.',
    '',
    'A recording inside an archive has a path of its own, `/data/LA.zip!/LA/a.flac`, which may stand in a',
    'manifest and on the command line. Zip and tar are read by position. A `tar.gz` is unpacked once in memory to',
    'be checked and indexed (twice the time of `tar tzf`); the index is kept in the cache. Parquet files give their rows',
    'as `data.parquet!/audio/12`. Encrypted files, archives inside archives and sparse tar files are refused.',
    '',
    '| reader | set | medium | languages | classes | clips |',
    '|---|---|---|---|---|---:|',
    ...readers.map((reader) => {
      const cells = [
        `[\`${reader.name}\`](#${reader.name})`,
        reader.title,
        reader.medium,
        reader.languages.join(' '),
        reader.classes,
        wholeClips(reader) ?? '',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
    ...readers.flatMap(section),
  ].join('\n');
}

function section(reader: DatasetReader): string[] {
  const hasOptions = Object.keys(reader.options.shape).length > 0;
  const counts = Object.entries(reader.expected ?? {}).map(
    ([split, { bonafide, spoof }]) => `${split} ${bonafide} bonafide and ${spoof} spoof`,
  );
  return [
    `## ${reader.name}`,
    '',
    `${reader.title}. ${reader.howTo}`,
    '',
    '```',
    reader.layout,
    '```',
    '',
    `Licence: ${reader.licence}.${reader.where === undefined ? '' : ` Where: ${reader.where}.`}`,
    ...(counts.length === 0 ? [] : ['', `Whole: ${counts.join('; ')}.`]),
    ...(reader.splits === undefined
      ? []
      : ['', `Splits of a whole copy: ${reader.splits.join(', ')}.`]),
    ...(reader.notes === undefined ? [] : ['', ...reader.notes.map((note) => `- ${note}`)]),
    ...(hasOptions ? ['', toMarkdownTable(reader.options)] : []),
    '',
    `\`${checkCommand(reader)}\``,
    '',
  ];
}
