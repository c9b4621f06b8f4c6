/**
 * Speech Commands.
 * @module
 */

import * as z from 'zod';
import { above, badLayout, findFileIfAny, findFiles, makeClip } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { readFixed } from '../tables.ts';

/** Speech Commands: single words by many speakers. */
export const speechCommands = defineReader({
  name: 'speech-commands',
  kind: 'published',
  title: 'Speech Commands',
  medium: 'audio',
  languages: ['en'],
  classes: 'bonafide',
  layout: [
    'WORD/SPEAKER_nohash_N.wav',
    'validation_list.txt, testing_list.txt   names of dev and eval; all else is train',
  ].join('\n'),
  licence: 'CC BY 4.0',
  howTo: 'Give the unpacked folder, or the tar.gz archive.',
  notes: [
    'All clips are genuine. The folder `_background_noise_` is left out.',
    'The layout was recalled, not read; versions 1 and 2 have the same.',
  ],
  options: z.strictObject({}),
  marks: ['validation_list.txt', 'testing_list.txt', '*/*_nohash_*.wav'],
  read: async (tree) => {
    const files = findFiles(tree, '*/*_nohash_*.wav');
    if (files.length === 0) throw badLayout(tree, 'no WORD/SPEAKER_nohash_N.wav');
    const splits = new Map<string, 'dev' | 'eval'>();
    let base = above(files[0]!, 2);
    for (const [name, split] of [
      ['validation_list.txt', 'dev'],
      ['testing_list.txt', 'eval'],
    ] as const) {
      const list = findFileIfAny(tree, name);
      if (list === undefined) throw badLayout(tree, `no ${name}: splits cannot be told`);
      base = above(list, 1);
      for (const { cells } of await readFixed(tree, list, ['file'])) splits.set(cells.file, split);
    }
    return files.map((path) => {
      const id = path.slice(base.length);
      const [word, name = ''] = id.split('/');
      return makeClip({
        id,
        path: tree.path(path),
        label: 'bonafide',
        split: splits.get(id) ?? 'train',
        speaker: name.split('_nohash_')[0],
        language: 'en',
        domain: 'speech-commands',
        transcript: word,
      });
    });
  },
});
