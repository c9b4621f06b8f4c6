/**
 * M-AILABS.
 * @module
 */

import * as z from 'zod';
import { badLayout } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { mAilabsClips } from './shared/m-ailabs.ts';

/** M-AILABS: public-domain audio books in nine locales, all genuine. */
export const mAilabs = defineReader({
  name: 'm-ailabs',
  kind: 'published',
  title: 'M-AILABS speech dataset',
  medium: 'audio',
  languages: [],
  classes: 'bonafide',
  layout: [
    'LOCALE/by_book/{female,male}/SPEAKER/BOOK/wavs/*.wav',
    'LOCALE/by_book/mix/BOOK/wavs/*.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo:
    'Give the folder that holds the locales (en_US, de_DE, …); the archives may stay packed in it.',
  notes: [
    'All clips are genuine: read them beside MLAAD, whose texts come from here.',
    'The six macOS side-car files `._*.wav` of the full copy are left out: it has 584,006 recordings.',
  ],
  options: z.strictObject({}),
  clips: 584006,
  marks: ['by_book/{female,male,mix}/**/wavs/*.wav'],
  read: async (tree) => {
    const clips = mAilabsClips(tree, 'm-ailabs');
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no LOCALE/by_book with recordings');
  },
});
