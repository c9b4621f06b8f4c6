/**
 * TIMIT-TTS.
 * @module
 */

import * as z from 'zod';
import { badLayout, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { isMediaName } from '../walk.ts';

/** TIMIT-TTS: sentences of VidTIMIT spoken by many systems; all of it is fake. */
export const timitTts = defineReader({
  name: 'timit-tts',
  kind: 'published',
  title: 'TIMIT-TTS',
  medium: 'audio',
  languages: ['en'],
  classes: 'spoof',
  layout: '**/*.wav   all fake',
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder, or an archive of it.',
  notes: [
    'What the folders mean is not known to us: they are kept whole in group.folder, and no generator is told.',
    'All clips are fake: a study needs genuine speech from elsewhere. The folder cannot be recognised by itself.',
  ],
  options: z.strictObject({}),
  marks: [],
  read: async (tree) => {
    const files = tree.files.filter(isMediaName);
    if (files.length === 0) throw badLayout(tree, 'no recordings');
    return files.map((path) =>
      makeClip({
        id: path,
        path: tree.path(path),
        label: 'spoof',
        language: 'en',
        domain: 'timit-tts',
        group: path.includes('/') ? { folder: path.slice(0, path.lastIndexOf('/')) } : {},
      }),
    );
  },
});
