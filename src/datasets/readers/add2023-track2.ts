/**
 * ADD 2023, track 2.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { badLayout, findFiles, makeClip, mediaFinder } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { readPartlyFake } from './shared/partly-fake.ts';

const SPLITS = { T: 'train', D: 'dev', E: 'eval' } as const;

/** ADD 2023 track 2: partly fake Mandarin with labelled spans. */
export const add2023Track2 = defineReader({
  name: 'add2023-track2',
  kind: 'published',
  title: 'ADD 2023, track 2 (partly fake)',
  medium: 'audio',
  languages: ['zh'],
  classes: 'both',
  layout: [
    '…/label.txt   STEM BEGIN-END-{T,F}/… {0,1}',
    '…/wav/ADD2023_T2_{T,D,E}_dddddddd.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above train, dev and test, or one of them.',
  notes: [
    'Spans must follow each other from 0 without gap or overlap (0.011 s of rounding is allowed).',
    'About 53,093 training files, 17,800 of dev, 50,000 of the test.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['label.txt', 'wav/ADD2023_T2_{T,D,E}_*.wav'],
  read: async (tree) => {
    const media = mediaFinder(tree);
    const clips: Clip[] = [];
    for (const table of findFiles(tree, 'label.txt')) {
      for (const { stem, label, spans } of await readPartlyFake(tree, table)) {
        const letter = /^ADD2023_T2_([TDE])_/.exec(stem)?.[1] as keyof typeof SPLITS | undefined;
        clips.push(
          makeClip({
            id: stem,
            path: media(posix.join(posix.dirname(table), 'wav', `${stem}.wav`)),
            label,
            split: letter === undefined ? undefined : SPLITS[letter],
            language: 'zh',
            domain: 'add2023-track2',
            segments: [...spans],
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no label.txt');
  },
});
