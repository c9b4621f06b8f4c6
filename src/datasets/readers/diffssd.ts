/**
 * DiffSSD.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { badCell, labelIn, readTable } from '../tables.ts';

const SPLITS: Readonly<Record<string, 'train' | 'dev' | 'eval'>> = {
  train: 'train',
  val: 'dev',
  validation: 'dev',
  test: 'eval',
};

/** DiffSSD: diffusion-based synthesisers beside LibriSpeech and LJSpeech. */
export const diffssd = defineReader({
  name: 'diffssd',
  kind: 'published',
  title: 'DiffSSD',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'train_val_test_splits.csv',
    'generated_speech/GENERATOR/…',
    'real_speech/LJSpeech-1.1/wavs/…   real_speech/LibriSpeech/…   genuine, downloads of their own',
  ].join('\n'),
  licence: 'no derivatives (the exact terms are not known to us)',
  where: 'the model hub: purdueviperlab/diffssd',
  howTo: 'Give the folder that holds train_val_test_splits.csv.',
  notes: [
    'The table says `librispeech` and `ljspeech` where the folders are called LibriSpeech and LJSpeech-1.1/wavs: both are translated.',
  ],
  options: z.strictObject({}),
  marks: ['train_val_test_splits.csv'],
  read: async (tree) => {
    const table = findFile(tree, 'train_val_test_splits.csv');
    const columns = ['filename', 'label', 'set'] as const;
    const rows = await readTable(tree, table, { columns, format: 'csv' });
    return rows.map((row) => {
      const { filename, label, set } = row.cells;
      const split = SPLITS[set.toLowerCase()];
      if (split === undefined) throw badCell(row, `the set is ${JSON.stringify(set)}`);
      const path = filename
        .replace(/^\.\//, '')
        .replace(/(^|\/)librispeech(?=\/)/, '$1LibriSpeech')
        .replace(/(^|\/)ljspeech(?=\/)/, '$1LJSpeech-1.1/wavs');
      const generator = /(?:^|\/)generated_speech\/([^/]+)\//.exec(path)?.[1];
      const reader = /LibriSpeech\/(?:[^/]+\/)*?(\d+)\/\d+\//.exec(path)?.[1];
      const isLj = path.includes('LJSpeech-1.1/');
      return makeClip({
        id: path,
        path: tree.path(above(table, 1) + path),
        label: labelIn(row, label, { '0': 'bonafide', '1': 'spoof' }),
        split,
        speaker: isLj ? 'ljspeech' : reader === undefined ? undefined : `librispeech/${reader}`,
        language: 'en',
        generator,
        domain: 'diffssd',
      });
    });
  },
});
