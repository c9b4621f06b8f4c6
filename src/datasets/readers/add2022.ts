/**
 * ADD 2022.
 * @module
 */

import * as z from 'zod';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { readAdd } from './shared/add.ts';

/** ADD 2022, evaluation sets of tracks 1 and 3.2. */
export const add2022 = defineReader({
  name: 'add2022',
  kind: 'published',
  title: 'ADD 2022, tracks 1 and 3.2',
  medium: 'audio',
  languages: ['zh'],
  classes: 'both',
  layout: [
    '*label*.txt   such as track3_R1_label.txt: FILE.wav genuine|fake',
    'ADD_E1_dddddddd.wav (track 1), ADD_E3_dddddddd.wav (track 3.2)   in any folder',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above the label files and the recordings.',
  notes: [
    'Recordings are found by their names. Speakers and what made the fakes are not told.',
    'Track 2 (partly fake) has labels of whole clips only, in the same form.',
  ],
  options: z.strictObject({}),
  marks: ['ADD_E{1,2,3}_*.wav'],
  read: (tree) =>
    readAdd(tree, {
      domain: 'add2022',
      name: /^ADD_E\d_/,
      partOf: (file) => `track ${/^ADD_E(\d)_/.exec(file)?.[1] ?? 'unknown'}`,
    }),
});
