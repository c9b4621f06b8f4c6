/**
 * ASVspoof 2021, logical access.
 * @module
 */

import { makeGroup } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { attackOf, options2021, readAsvspoof2021 } from './shared/asvspoof2021.ts';

/** ASVspoof 2021 LA: the 2019 attacks over telephone and VoIP codecs, eight-column keys. */
export const asvspoof2021La = defineReader({
  name: 'asvspoof2021-la',
  kind: 'published',
  title: 'ASVspoof 2021, logical access',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: ['keys/LA/CM/trial_metadata.txt', 'ASVspoof2021_LA_eval/flac/LA_E_ddddddd.flac'].join(
    '\n',
  ),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/asvspoof-challenge/2021',
  howTo: 'Give the folder above keys and ASVspoof2021_LA_eval; both may be archives in it.',
  notes: [
    'Codec and transmission are in group; none is condition C1, alaw C2, pstn C3, g722 C4, ulaw C5, gsm C6, opus C7.',
    'The whole key has 181,566 rows: eval 148,176, progress 16,464, hidden 16,926.',
    'Source utterances are shared with ASVspoof 2019.',
  ],
  options: options2021,
  clips: 148176,
  marks: ['LA/CM/trial_metadata.txt'],
  read: (tree, { subset }) =>
    readAsvspoof2021(tree, {
      track: 'LA',
      subset,
      columns: [
        ...(['speaker', 'utterance', 'codec', 'transmission'] as const),
        ...(['attack', 'key', 'trim', 'subset'] as const),
      ],
      more: ({ cells: { codec, transmission, attack } }) => ({
        ...attackOf(attack),
        group: makeGroup({ codec, transmission }),
      }),
    }),
});
