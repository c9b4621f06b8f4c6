/**
 * HAD, half-truth audio.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, indexFiles, makeClip, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { isMediaName } from '../walk.ts';
import { readPartlyFake } from './shared/partly-fake.ts';

const PARTS = { train: 'HAD_train', dev: 'HAD_dev', eval: 'HAD_test' } as const;

/** HAD: Mandarin in which words were replaced. */
export const had = defineReader({
  name: 'had',
  kind: 'published',
  title: 'HAD, half-truth audio detection',
  medium: 'audio',
  languages: ['zh'],
  classes: 'both',
  layout: [
    'HAD_{train,dev,test}/HAD_{train,dev,test}_label.txt   STEM BEGIN-END-{T,F}/… {0,1}',
    'HAD_{train,dev,test}/**/STEM.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'zenodo.org/records/10377492',
  howTo: 'Give HAD.zip, or the unpacked folder above HAD_train, HAD_dev and HAD_test.',
  notes: [
    'The layout was taken from public readers. Copies call the folders of recordings differently (conbine, test): recordings are found by name inside their part.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['HAD_{train,dev,test}/HAD_*_label.txt'],
  read: async (tree, _, work) => {
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const part = PARTS[split];
      const table = findFileIfAny(tree, `${part}/${part}_label.txt`);
      if (table === undefined) {
        warnAbsent(work, tree, `no ${part}_label.txt: no ${split} split`);
        continue;
      }
      const folder = above(table, 1);
      const files = indexFiles(
        tree.files.filter((path) => path.startsWith(folder) && isMediaName(path)),
        'stem',
      );
      for (const { stem, label, spans } of await readPartlyFake(tree, table)) {
        clips.push(
          makeClip({
            id: `${part}/${stem}`,
            path: tree.path(files.get(stem) ?? `${folder}${stem}.wav`),
            label,
            split,
            language: 'zh',
            domain: 'had',
            segments: [...spans],
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no label file of HAD_train, HAD_dev or HAD_test');
  },
});
