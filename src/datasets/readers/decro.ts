/**
 * DECRO.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, warnAbsent } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { given, labelIn, readFixed } from '../tables.ts';

const COLUMNS = ['speaker', 'file', 'filler', 'system', 'key'] as const;

/** DECRO: the same kinds of synthesis in English and Chinese. */
export const decro = defineReader({
  name: 'decro',
  kind: 'published',
  title: 'DECRO, deepfake cross-lingual evaluation dataset',
  medium: 'audio',
  languages: ['en', 'zh'],
  classes: 'both',
  layout: '{ch,en}_{train,dev,eval}.txt\n{ch,en}_{train,dev,eval}/FILE.wav',
  licence: 'CC BY 4.0',
  where: 'github.com/petrichorwq/DECRO-dataset, doi.org/10.5281/zenodo.7603208',
  howTo: 'Give the folder of the six protocols, the folder above it, or the archive.',
  notes: [
    'Genuine English speech is that of ASVspoof 2019 LA, divided anew.',
    'The counts to expect are those of both languages together.',
  ],
  options: z.strictObject({
    language: z.enum(['en', 'zh', 'both']).default('both').describe('which half'),
  }),
  expected: {
    train: { bonafide: 14129, spoof: 35262 },
    dev: { bonafide: 9158, spoof: 22518 },
    eval: { bonafide: 10415, spoof: 26899 },
  },
  marks: ['{ch,en}_{train,dev,eval}.txt', '{ch,en}_{train,dev,eval}/*.wav'],
  read: async (tree, { language: wanted }, work) => {
    const clips: Clip[] = [];
    for (const [prefix, language] of [
      ['en', 'en'],
      ['ch', 'zh'],
    ] as const) {
      if (wanted !== 'both' && wanted !== language) continue;
      for (const split of ['train', 'dev', 'eval'] as const) {
        const part = `${prefix}_${split}`;
        const protocol = findFileIfAny(tree, `${part}.txt`);
        if (protocol === undefined) {
          warnAbsent(work, tree, `no ${part}.txt: that part is left out`);
          continue;
        }
        for (const row of await readFixed(tree, protocol, COLUMNS)) {
          const { speaker, file, system, key } = row.cells;
          const label = labelIn(row, key);
          clips.push(
            makeClip({
              id: `${part}/${file}`,
              path: tree.path(`${above(protocol, 1)}${part}/${file}.wav`),
              label,
              split,
              speaker: given(speaker),
              language,
              generator: label === 'spoof' ? given(system) : undefined,
              domain: 'decro',
            }),
          );
        }
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'none of {ch,en}_{train,dev,eval}.txt');
  },
});
