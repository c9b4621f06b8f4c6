/**
 * ASVspoof 2021, physical access.
 * @module
 */

import { makeGroup } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { options2021, readAsvspoof2021 } from './shared/asvspoof2021.ts';

/** ASVspoof 2021 PA: real replays, twelve-column keys. */
export const asvspoof2021Pa = defineReader({
  name: 'asvspoof2021-pa',
  kind: 'published',
  title: 'ASVspoof 2021, physical access (replay)',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: ['keys/PA/CM/trial_metadata.txt', 'ASVspoof2021_PA_eval/flac/PA_E_ddddddd.flac'].join(
    '\n',
  ),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/asvspoof-challenge/2021',
  howTo: 'Give the folder above keys and ASVspoof2021_PA_eval; both may be archives in it.',
  notes: [
    'What the seven codes mean (room, microphone, distance; then room, microphone, device and distance of the attacker) was recalled, not read.',
  ],
  options: options2021,
  marks: ['PA/CM/trial_metadata.txt'],
  read: (tree, { subset }) =>
    readAsvspoof2021(tree, {
      track: 'PA',
      subset,
      columns: [
        ...(['speaker', 'utterance', 'room', 'microphone', 'distance'] as const),
        ...(['attackerRoom', 'attackerMicrophone', 'device', 'attackDistance'] as const),
        ...(['key', 'trim', 'subset'] as const),
      ],
      more: ({ cells }) => ({
        group: makeGroup({
          room: cells.room,
          microphone: cells.microphone,
          distance: cells.distance,
          attackerRoom: cells.attackerRoom,
          attackerMicrophone: cells.attackerMicrophone,
          device: cells.device,
          attackDistance: cells.attackDistance,
        }),
      }),
    }),
});
