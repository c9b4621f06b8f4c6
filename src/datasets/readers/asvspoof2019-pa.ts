/**
 * ASVspoof 2019, physical access.
 * @module
 */

import * as z from 'zod';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { readAsvspoof2019 } from './shared/asvspoof2019.ts';

/** ASVspoof 2019 PA: replayed speech, the same protocols as LA. */
export const asvspoof2019Pa = defineReader({
  name: 'asvspoof2019-pa',
  kind: 'published',
  title: 'ASVspoof 2019, physical access (replay)',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'PA/ASVspoof2019_PA_cm_protocols/ASVspoof2019.PA.cm.{train.trn,dev.trl,eval.trl}.txt',
    'PA/ASVspoof2019_PA_{train,dev,eval}/flac/PA_{T,D,E}_ddddddd.flac',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'PA.zip from https://datashare.ed.ac.uk/handle/10283/3336',
  howTo: 'Give PA.zip as it is, the unpacked folder PA, or the folder above it.',
  notes: [
    'The environment (room, reverberation, distance) is in group.environment, the replay device (AA to CC) is the generator.',
    'Counts are not checked: those that we know were recalled, not read.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['ASVspoof2019_PA_cm_protocols/ASVspoof2019.PA.cm.*.txt'],
  read: (tree, _, work) => readAsvspoof2019(tree, 'PA', work),
});
