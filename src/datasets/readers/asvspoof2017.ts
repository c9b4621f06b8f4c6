/**
 * ASVspoof 2017, version 2.
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
  stemOf,
  warnAbsent,
} from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { labelIn, readFixed } from '../tables.ts';

const PROTOCOLS = { train: 'train.trn', dev: 'dev.trl', eval: 'eval.trl' } as const;
const COLUMNS = [
  ...(['file', 'key', 'speaker', 'phrase'] as const),
  ...(['environment', 'playback', 'recording'] as const),
] as const;

/** ASVspoof 2017 version 2: real replays of RedDots phrases, seven-column protocols. */
export const asvspoof2017 = defineReader({
  name: 'asvspoof2017',
  kind: 'published',
  title: 'ASVspoof 2017, version 2 (replay)',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'protocol_V2/ASVspoof2017_V2_{train.trn,dev.trl,eval.trl}.txt',
    'ASVspoof2017_V2_{train,dev,eval}/{T,D,E}_1ddddddd.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above protocol_V2, or an archive of it.',
  notes: ['The replay set-up (environment, playback and recording device) is in group.'],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['ASVspoof2017_V2_*.{trn,trl}.txt'],
  read: async (tree, _, work) => {
    const media = mediaFinder(tree);
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const name = `ASVspoof2017_V2_${PROTOCOLS[split]}.txt`;
      const protocol = findFileIfAny(tree, name);
      if (protocol === undefined) {
        warnAbsent(work, tree, `no ${name}: no ${split} split`);
        continue;
      }
      const base = above(protocol, 2);
      for (const row of await readFixed(tree, protocol, COLUMNS)) {
        const { file, key, speaker, phrase, environment, playback, recording } = row.cells;
        clips.push(
          makeClip({
            id: stemOf(file),
            path: media(`${base}ASVspoof2017_V2_${split}/${file}`),
            label: labelIn(row, key),
            split,
            speaker,
            language: 'en',
            domain: 'asvspoof2017',
            group: makeGroup({ phrase, environment, playback, recording }),
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no protocol_V2 with the protocol of any split');
  },
});
