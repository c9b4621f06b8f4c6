/**
 * CtrSVDD.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, mediaFinder, warnAbsent } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { given, labelIn, readFixed } from '../tables.ts';

const PARTS = { train: 'train', dev: 'dev', eval: 'test' } as const;
const COLUMNS = ['corpus', 'singer', 'file', 'filler', 'attack', 'key'] as const;

/** CtrSVDD: singing, synthesised and converted. */
export const ctrsvdd = defineReader({
  name: 'ctrsvdd',
  kind: 'published',
  title: 'CtrSVDD, singing voice deepfakes (SVDD challenge 2024)',
  medium: 'audio',
  languages: [],
  classes: 'both',
  layout: '{train,dev,test}.txt\n{train,dev,test}_set/CtrSVDD_dddd_{T,D,E}_ddddddd.flac',
  licence: 'CC BY-NC-ND 4.0; some genuine recordings have narrower terms',
  where: 'github.com/SVDDChallenge/CtrSVDD_Utils',
  howTo: 'Give the folder of the lists; train_set.zip and the others may stay packed in it.',
  notes: [
    'Not all genuine recordings are in the archives: the lists name them, and they are to be made from their own corpora. Until then they are missing.',
    'The corpus that a singer comes from is in group.corpus.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['{train,dev,test}.txt', 'CtrSVDD_*.flac'],
  read: async (tree, _, work) => {
    const media = mediaFinder(tree);
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const list = findFileIfAny(tree, `${PARTS[split]}.txt`);
      if (list === undefined) {
        warnAbsent(work, tree, `no ${PARTS[split]}.txt: no ${split} split`);
        continue;
      }
      for (const row of await readFixed(tree, list, COLUMNS)) {
        const { corpus, singer, file, attack, key } = row.cells;
        const label = labelIn(row, key, { deepfake: 'spoof' });
        clips.push(
          makeClip({
            id: file,
            path: media(`${above(list, 1)}${PARTS[split]}_set/${file}.flac`),
            label,
            split,
            speaker: given(singer),
            generator: label === 'spoof' ? given(attack) : undefined,
            domain: 'ctrsvdd',
            group: { corpus },
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'none of train.txt, dev.txt, test.txt');
  },
});
