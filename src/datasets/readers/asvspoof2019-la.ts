/**
 * ASVspoof 2019, logical access.
 * @module
 */

import * as z from 'zod';
import { defineReader } from '../reader.ts';
import { readAsvspoof2019 } from './shared/asvspoof2019.ts';

/** ASVspoof 2019 LA: five-column protocols beside FLAC files. */
export const asvspoof2019La = defineReader({
  name: 'asvspoof2019-la',
  kind: 'published',
  title: 'ASVspoof 2019, logical access',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.{train.trn,dev.trl,eval.trl}.txt',
    'LA/ASVspoof2019_LA_{train,dev,eval}/flac/LA_{T,D,E}_ddddddd.flac',
  ].join('\n'),
  licence: 'ODC-By 1.0',
  where: 'LA.zip from https://datashare.ed.ac.uk/handle/10283/3336',
  howTo: 'Give LA.zip as it is, the unpacked folder LA, or the folder above it.',
  notes: [
    'Attacks A01 to A06 are in train and dev, A07 to A19 in eval; each attack of eval has 4,914 clips.',
    'The length of leading and trailing silence gives the class away: compare with trimmed clips.',
  ],
  options: z.strictObject({}),
  expected: {
    train: { bonafide: 2580, spoof: 22800 },
    dev: { bonafide: 2548, spoof: 22296 },
    eval: { bonafide: 7355, spoof: 63882 },
  },
  marks: ['ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.*.txt'],
  read: (tree, _, work) => readAsvspoof2019(tree, 'LA', work),
});
