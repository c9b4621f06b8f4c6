/**
 * LAV-DF.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { fakeSpans, readItems, streamLabel, streamOption } from './shared/audio-visual.ts';

const SPLITS = { train: 'train', dev: 'dev', test: 'eval' } as const;
const itemSchema = z.looseObject({
  file: z.string(),
  split: z.enum(['train', 'dev', 'test']),
  original: z.string().nullish(),
  modify_audio: z.boolean(),
  modify_video: z.boolean(),
  fake_periods: z.array(z.tuple([z.number(), z.number()])).default([]),
  duration: z.number().positive().optional(),
  transcript: z.string().optional(),
});

/** LAV-DF: short periods of sound, picture or both were changed. */
export const lavDf = defineReader({
  name: 'lav-df',
  kind: 'published',
  title: 'LAV-DF',
  medium: 'video',
  languages: ['en'],
  classes: 'both',
  layout: 'metadata.json\n{train,dev,test}/dddddd.mp4',
  licence: UNKNOWN_LICENCE,
  where: 'github.com/ControlNet/LAV-DF',
  howTo: 'Give the folder that holds metadata.json.',
  notes: [
    'By default the label is that of the sound: a clip with only its picture changed is genuine.',
    'Fake periods are of sound and picture together, so they are kept only where the label is spoof.',
    'Part of the field names was recalled: an item that lacks one is refused.',
  ],
  options: z.strictObject({ label: streamOption }),
  marks: ['metadata.json', '{train,dev,test}/*.mp4'],
  read: async (tree, { label: of }) => {
    const table = findFile(tree, 'metadata.json');
    const items = await readItems(tree, table, itemSchema);
    return items.map((item) => {
      const label = streamLabel(of, { audio: item.modify_audio, visual: item.modify_video });
      const modified = [item.modify_audio ? 'audio' : '', item.modify_video ? 'video' : ''];
      return makeClip({
        id: item.file,
        path: tree.path(above(table, 1) + item.file),
        medium: 'video',
        label,
        split: SPLITS[item.split],
        language: 'en',
        source: `lav-df/${item.original ?? item.file}`,
        domain: 'lav-df',
        transcript: item.transcript,
        durationSec: item.duration,
        segments: label === 'spoof' ? fakeSpans(item.fake_periods) : undefined,
        group: { modified: modified.filter((part) => part !== '').join('+') || 'none' },
      });
    });
  },
});
