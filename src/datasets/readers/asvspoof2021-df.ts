/**
 * ASVspoof 2021, deepfake.
 * @module
 */

import { makeGroup } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { attackOf, options2021, readAsvspoof2021 } from './shared/asvspoof2021.ts';

/** ASVspoof 2021 DF: many vocoders over lossy codecs, thirteen-column keys. */
export const asvspoof2021Df = defineReader({
  name: 'asvspoof2021-df',
  kind: 'published',
  title: 'ASVspoof 2021, deepfake',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'keys/DF/CM/trial_metadata.txt',
    'ASVspoof2021_DF_eval/flac/DF_E_ddddddd.flac   (four parts, merged or side by side)',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/asvspoof-challenge/2021',
  howTo:
    'Give the folder above keys and ASVspoof2021_DF_eval; the four parts may stay archives in it.',
  notes: [
    'All subsets together have 611,829 rows: nine codecs of 67,981 clips.',
    'Codec, source corpus (asvspoof, vcc2018, vcc2020), vocoder family, task, team and gender pair are in group.',
    'The language is given for the voice conversion challenges only; elsewhere it is English.',
  ],
  options: options2021,
  marks: ['DF/CM/trial_metadata.txt'],
  read: (tree, { subset }) =>
    readAsvspoof2021(tree, {
      track: 'DF',
      subset,
      columns: [
        ...(['speaker', 'utterance', 'codec', 'corpus', 'attack', 'key', 'trim'] as const),
        ...(['subset', 'vocoder', 'task', 'team', 'genders', 'language'] as const),
      ],
      more: ({ cells: { codec, corpus, attack, vocoder, task, team, genders, language } }) => ({
        ...attackOf(attack),
        group: makeGroup({
          codec,
          corpus,
          vocoder: vocoder === 'bonafide' ? '-' : vocoder,
          task,
          team,
          genders,
          languagePair: language,
        }),
      }),
    }),
});
