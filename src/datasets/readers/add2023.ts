/**
 * ADD 2023, track 1.2.
 * @module
 */

import * as z from 'zod';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { readAdd } from './shared/add.ts';

/** ADD 2023, evaluation sets of track 1.2. */
export const add2023 = defineReader({
  name: 'add2023',
  kind: 'published',
  title: 'ADD 2023, track 1.2',
  medium: 'audio',
  languages: ['zh'],
  classes: 'both',
  layout: [
    '*label*.txt   FILE.wav genuine|fake',
    'ADD2023_T1.2R{1,2}_E_dddddddd.wav   in any folder',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above the label files and the recordings.',
  notes: [
    'The round (R1 or R2) is in group.part. Recordings are found by their names.',
    'Track 2 is the reader add2023-track2. Of track 3 the layout of the labels is not known to us: it has no reader.',
  ],
  options: z.strictObject({}),
  marks: ['ADD2023_T1.2R{1,2}_E_*.wav'],
  read: (tree) =>
    readAdd(tree, {
      domain: 'add2023',
      name: /^ADD2023_T1\.2R/,
      partOf: (file) => /^ADD2023_T1\.2(R\d)_/.exec(file)?.[1] ?? 'unknown',
    }),
});
