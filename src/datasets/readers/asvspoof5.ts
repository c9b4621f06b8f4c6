/**
 * ASVspoof 5, track 1.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import {
  above,
  badLayout,
  findFileIfAny,
  makeClip,
  makeGroup,
  mediaFinder,
  warnAbsent,
} from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { given, labelIn, readFixed } from '../tables.ts';

const PARTS = {
  train: { protocol: 'ASVspoof5.train.tsv', folder: 'flac_T' },
  dev: { protocol: 'ASVspoof5.dev.track_1.tsv', folder: 'flac_D' },
  eval: { protocol: 'ASVspoof5.eval.track_1.tsv', folder: 'flac_E_eval' },
} as const;
const COLUMNS = [
  ...(['speaker', 'file', 'gender', 'codec', 'quality'] as const),
  ...(['seed', 'attackTag', 'attack', 'key', 'tmp'] as const),
] as const;

/** ASVspoof 5: crowd-sourced speech, 32 attacks, ten-column protocols. */
export const asvspoof5 = defineReader({
  name: 'asvspoof5',
  kind: 'published',
  title: 'ASVspoof 5, track 1',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'ASVspoof5_protocols/ASVspoof5.train.tsv',
    'ASVspoof5_protocols/ASVspoof5.{dev,eval}.track_1.tsv',
    'flac_T/T_dddddddddd.flac   flac_D/D_dddddddddd.flac   flac_E_eval/E_dddddddddd.flac',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/asvspoof-challenge/asvspoof5',
  howTo:
    'Give the folder above the protocols; the parts of the FLAC files may stay archives in it.',
  notes: [
    'The protocols are called .tsv and are separated by spaces.',
    'eval has 680,774 rows; codec C01 to C11, its quality 0 to 5, gender and attack tag (AC1 to AC3) are in group.',
    'C04 and C07 contain a neural codec.',
    'The source of a coded clip is the utterance that it was made from.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['ASVspoof5.*.tsv'],
  read: async (tree, _, work) => {
    const media = mediaFinder(tree);
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const { protocol: name, folder } = PARTS[split];
      const protocol = findFileIfAny(tree, name);
      if (protocol === undefined) {
        warnAbsent(work, tree, `no ${name}: no ${split} split`);
        continue;
      }
      const base = above(protocol, 2);
      for (const row of await readFixed(tree, protocol, COLUMNS)) {
        const { speaker, file, gender, codec, quality, seed, attackTag, attack, key } = row.cells;
        const label = labelIn(row, key);
        clips.push(
          makeClip({
            id: file,
            path: media(`${base}${folder}/${file}.flac`),
            label,
            split,
            speaker: given(speaker),
            language: 'en',
            generator: label === 'spoof' ? given(attack) : undefined,
            source: given(seed) === undefined ? undefined : `asvspoof5/${seed}`,
            domain: 'asvspoof5',
            group: makeGroup({ gender, codec, quality, attackTag }),
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no protocol of track 1 (ASVspoof5.*.tsv)');
  },
});
