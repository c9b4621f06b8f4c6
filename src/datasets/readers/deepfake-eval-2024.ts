/**
 * Deepfake-Eval-2024, audio.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, findFile, indexFiles, makeClip, stemOf, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { badCell, given, labelIn, readTable } from '../tables.ts';

const SPLITS: Readonly<Record<string, 'train' | 'eval'>> = { train: 'train', test: 'eval' };

/** Deepfake-Eval-2024: what circulated on social media in 2024. */
export const deepfakeEval2024 = defineReader({
  name: 'deepfake-eval-2024',
  kind: 'published',
  title: 'Deepfake-Eval-2024, audio',
  medium: 'audio',
  languages: [],
  classes: 'both',
  layout: [
    'audio-metadata-publish.csv   Filename, Ground Truth, Finetuning Set and more',
    'audio-data/*.{mp3,m4a,mp4,wav,dat}',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'the model hub: nuriachandra/Deepfake-Eval-2024',
  howTo: 'Give the folder that holds audio-metadata-publish.csv.',
  notes: [
    'Recordings are found by name without ending: lists say .wav whatever the real one is, and four .dat files are MP4.',
    'Of 1,980 recordings those of unknown truth are left out; how many that are is not known to us. Whole recordings, from seconds to many minutes.',
    'The names of the columns were taken from public readers.',
  ],
  options: z.strictObject({}),
  marks: ['audio-metadata-publish.csv'],
  read: async (tree, _, work) => {
    const table = findFile(tree, 'audio-metadata-publish.csv');
    const folder = `${above(table, 1)}audio-data/`;
    const files = indexFiles(
      tree.files.filter((path) => path.startsWith(folder)),
      'stem',
    );
    const rows = await readTable(tree, table, {
      columns: ['Filename', 'Ground Truth'],
      optional: ['Finetuning Set', 'Language'],
      format: 'csv',
    });
    const clips: Clip[] = [];
    let unknown = 0;
    for (const row of rows) {
      const { Filename: name, 'Ground Truth': truth, 'Finetuning Set': set } = row.cells;
      if (truth.toLowerCase() === 'unknown') {
        unknown += 1;
        continue;
      }
      const word = given(set);
      const split = word === undefined ? undefined : SPLITS[word.toLowerCase()];
      if (word !== undefined && split === undefined) {
        throw badCell(row, `the Finetuning Set is ${JSON.stringify(word)}, expected Train or Test`);
      }
      clips.push(
        makeClip({
          id: name,
          path: tree.path(files.get(stemOf(name)) ?? folder + name),
          label: labelIn(row, truth),
          split,
          domain: 'deepfake-eval-2024',
          group: given(row.cells.Language) === undefined ? {} : { spoken: row.cells.Language },
        }),
      );
    }
    if (unknown > 0) warnAbsent(work, tree, `${unknown} rows of unknown truth are left out`);
    return clips;
  },
});
