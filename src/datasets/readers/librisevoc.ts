/**
 * LibriSeVoc.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, stemOf, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { readFixed } from '../tables.ts';

const VOCODERS = ['diffwave', 'melgan', 'parallel_wave_gan', 'wavegrad', 'wavenet', 'wavernn'];
const LISTS = { train: 'train.txt', dev: 'dev.txt', eval: 'test.txt' } as const;

/** LibriSeVoc: LibriTTS recordings and six vocoded copies of each. */
export const librisevoc = defineReader({
  name: 'librisevoc',
  kind: 'published',
  title: 'LibriSeVoc',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'gt/SPEAKER_….wav                                       genuine',
    '{diffwave,melgan,parallel_wave_gan,wavegrad,wavenet,wavernn}/SPEAKER_…_gen.wav',
    'train.txt, dev.txt, test.txt                           names of the genuine files',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/csun22/Synthetic-Voice-Detection-Vocoder-Artifacts',
  howTo: 'Give the folder that holds gt and the three lists, or an archive of it.',
  notes: [
    'Every name of a list stands for one genuine clip and six vocoded copies: seven clips of one source.',
    'Some users cut the fakes of dev and test to the number of genuine clips; here all are read.',
  ],
  options: z.strictObject({}),
  expected: {
    train: { bonafide: 7920, spoof: 47520 },
    dev: { bonafide: 2640, spoof: 15840 },
    eval: { bonafide: 2641, spoof: 15846 },
  },
  marks: ['gt/*.wav', 'wavegrad/*_gen.wav', 'train.txt'],
  read: async (tree, _, work) => {
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const list = findFileIfAny(tree, LISTS[split]);
      if (list === undefined) {
        warnAbsent(work, tree, `no ${LISTS[split]}: no ${split} split`);
        continue;
      }
      const base = above(list, 1);
      for (const { cells } of await readFixed(tree, list, ['file'])) {
        const name = stemOf(cells.file);
        const common = {
          split,
          speaker: name.split('_')[0],
          language: 'en',
          source: `libritts/${name}`,
          domain: 'librisevoc',
        } as const;
        const genuine = `gt/${name}.wav`;
        clips.push(
          makeClip({ ...common, id: genuine, path: tree.path(base + genuine), label: 'bonafide' }),
        );
        for (const generator of VOCODERS) {
          const id = `${generator}/${name}_gen.wav`;
          clips.push(
            makeClip({ ...common, id, path: tree.path(base + id), label: 'spoof', generator }),
          );
        }
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'none of train.txt, dev.txt, test.txt');
  },
});
