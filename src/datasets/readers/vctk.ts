/**
 * VCTK.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import { badLayout, findFiles, makeClip, stemOf } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';

/** VCTK: 110 readers of English; the genuine speech behind many data sets. */
export const vctk = defineReader({
  name: 'vctk',
  kind: 'published',
  title: 'VCTK',
  medium: 'audio',
  languages: ['en'],
  classes: 'bonafide',
  layout: 'wav48_silence_trimmed/pNNN/pNNN_NNN_mic{1,2}.flac',
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the unpacked folder, the folder above it, or the zip archive.',
  notes: [
    'All clips are genuine. The layout was recalled, not read.',
    'Both microphones recorded the same sentence: they share a source, and one is read by default.',
  ],
  options: z.strictObject({
    microphone: z.enum(['mic1', 'mic2', 'both']).default('mic1').describe('which recording'),
  }),
  marks: ['wav48_silence_trimmed/*/*_mic1.flac'],
  read: async (tree, { microphone }) => {
    const files = findFiles(tree, 'wav48_silence_trimmed/*/*_{mic1,mic2}.flac');
    if (files.length === 0) throw badLayout(tree, 'no wav48_silence_trimmed');
    return files
      .filter((path) => microphone === 'both' || path.endsWith(`_${microphone}.flac`))
      .map((path) => {
        const speaker = posix.basename(posix.dirname(path));
        const [, sentence = stemOf(path), mic = ''] = /^(.*)_(mic\d)$/.exec(stemOf(path)) ?? [];
        return makeClip({
          id: stemOf(path),
          path: tree.path(path),
          label: 'bonafide',
          speaker: `vctk/${speaker}`,
          language: 'en',
          source: `vctk/${sentence}`,
          domain: 'vctk',
          group: { microphone: mic },
        });
      });
  },
});
