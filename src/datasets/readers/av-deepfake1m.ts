/**
 * AV-Deepfake1M.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFiles, makeClip, makeGroup, pathPattern } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { fakeSpans, readItems, streamLabel, streamOption } from './shared/audio-visual.ts';

const periods = z.array(z.tuple([z.number(), z.number()]));
const itemSchema = z.looseObject({
  file: z.string(),
  original: z.string().nullish(),
  modify_type: z.enum(['real', 'audio_modified', 'visual_modified', 'both_modified']),
  audio_model: z.string().nullish(),
  fake_segments: periods.default([]),
  audio_fake_segments: periods.default([]),
});

/** AV-Deepfake1M: words changed in sound, picture or both. */
export const avDeepfake1m = defineReader({
  name: 'av-deepfake1m',
  kind: 'published',
  title: 'AV-Deepfake1M',
  medium: 'video',
  languages: ['en'],
  classes: 'both',
  layout: '{train,val}_metadata.json\n{train,val}/…/….mp4   at the path that `file` tells',
  licence: 'end-user licence agreement',
  where: 'github.com/ControlNet/AV-Deepfake1M',
  howTo: 'Give the folder of the metadata files.',
  notes: [
    'By default the label is that of the sound: a clip with only its picture changed is genuine.',
    'Segments are the fake periods; what lies between them is genuine. Labels of the test are withheld.',
    'The spelling of modify_type was recalled: another one is refused, not guessed.',
  ],
  options: z.strictObject({ label: streamOption }),
  marks: ['{train,val}_metadata.json'],
  read: async (tree, { label }) => {
    const clips: Clip[] = [];
    for (const table of findFiles(tree, '{train,val}_metadata.json')) {
      const part = /(train|val)_metadata\.json$/.exec(table)![1]!;
      const base = above(table, 1);
      const isBelow = pathPattern(`${part}/**/*`);
      const hasPart = tree.files.some((path) => isBelow.test(path));
      for (const item of await readItems(tree, table, itemSchema)) {
        const audio = item.modify_type === 'audio_modified' || item.modify_type === 'both_modified';
        const visual =
          item.modify_type === 'visual_modified' || item.modify_type === 'both_modified';
        const inPart = `${base}${part}/${item.file}`;
        clips.push(
          makeClip({
            id: `${part}/${item.file}`,
            path: tree.path(hasPart && !tree.has(base + item.file) ? inPart : base + item.file),
            medium: 'video',
            label: streamLabel(label, { audio, visual }),
            split: part === 'train' ? 'train' : 'dev',
            language: 'en',
            generator: audio ? (item.audio_model ?? undefined) : undefined,
            source: `av-deepfake1m/${item.original ?? item.file}`,
            domain: 'av-deepfake1m',
            segments: fakeSpans(label === 'any' ? item.fake_segments : item.audio_fake_segments),
            group: makeGroup({ modified: item.modify_type }),
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'neither train_metadata.json nor val_metadata.json');
  },
});
