/**
 * LJSpeech.
 * @module
 */

import * as z from 'zod';
import { above, findFile, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { readFixed } from '../tables.ts';

/** LJSpeech: one reader of English; the genuine speech behind many data sets. */
export const ljspeech = defineReader({
  name: 'ljspeech',
  kind: 'published',
  title: 'LJSpeech 1.1',
  medium: 'audio',
  languages: ['en'],
  classes: 'bonafide',
  layout:
    'LJSpeech-1.1/metadata.csv   ID|TEXT|NORMALISED TEXT, without quotes\nLJSpeech-1.1/wavs/ID.wav',
  licence: UNKNOWN_LICENCE,
  howTo:
    'Give the folder LJSpeech-1.1 or the folder above it. It is published as a .tar.bz2, which is not read: unpack it first.',
  notes: ['All clips are genuine, of one speaker.'],
  options: z.strictObject({}),
  clips: 13100,
  marks: ['LJSpeech-1.1/metadata.csv'],
  read: async (tree) => {
    const table = findFile(tree, 'metadata.csv');
    const rows = await readFixed(tree, table, ['id', 'text', 'normalised'], 'pipe');
    return rows.map(({ cells: { id, text, normalised } }) =>
      makeClip({
        id,
        path: tree.path(`${above(table, 1)}wavs/${id}.wav`),
        label: 'bonafide',
        speaker: 'ljspeech',
        language: 'en',
        source: `ljspeech/${id}`,
        domain: 'ljspeech',
        transcript: normalised === '' ? text : normalised,
      }),
    );
  },
});
