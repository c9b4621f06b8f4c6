/**
 * ASVspoof 2015.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, mediaFinder, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { labelIn, readFixed } from '../tables.ts';

const PROTOCOLS = { train: 'train.trn', dev: 'develop.ndx', eval: 'evaluation.ndx' } as const;

/** ASVspoof 2015: synthesis and conversion, four-column protocols. */
export const asvspoof2015 = defineReader({
  name: 'asvspoof2015',
  kind: 'published',
  title: 'ASVspoof 2015',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'CM_protocol/cm_{train.trn,develop.ndx,evaluation.ndx}   (also with .txt behind)',
    'wav/SPEAKER/FILE.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above CM_protocol, or an archive of it.',
  notes: [
    'The columns (speaker, file, method, human or spoof) are those that public readers use; the challenge has no description that we have read.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['CM_protocol/cm_*'],
  read: async (tree, _, work) => {
    const media = mediaFinder(tree);
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const name = `CM_protocol/cm_${PROTOCOLS[split]}`;
      const protocol = findFileIfAny(tree, name) ?? findFileIfAny(tree, `${name}.txt`);
      if (protocol === undefined) {
        warnAbsent(work, tree, `no ${name}: no ${split} split`);
        continue;
      }
      const base = above(protocol, 2);
      const columns = ['speaker', 'file', 'method', 'key'] as const;
      for (const row of await readFixed(tree, protocol, columns)) {
        const { speaker, file, method, key } = row.cells;
        const label = labelIn(row, key);
        clips.push(
          makeClip({
            id: file,
            path: media(`${base}wav/${speaker}/${file}.wav`),
            label,
            split,
            speaker,
            language: 'en',
            generator: label === 'spoof' ? method : undefined,
            domain: 'asvspoof2015',
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no CM_protocol with the protocol of any split');
  },
});
