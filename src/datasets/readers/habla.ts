/**
 * HABLA.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import { findFile, makeClip, mediaFinder } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { given, labelIn, readFixed } from '../tables.ts';

const COLUMNS = ['speaker', 'file', 'filler', 'attack', 'key'] as const;

/** HABLA: Latin-American Spanish. */
export const habla = defineReader({
  name: 'habla',
  kind: 'published',
  title: 'HABLA',
  medium: 'audio',
  languages: ['es'],
  classes: 'both',
  layout: 'protocol.txt\n*.wav   (flat, or in eval/)',
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder that holds protocol.txt and the recordings.',
  notes: ['The first column names speaker or accent. There is no split: all clips are eval.'],
  options: z.strictObject({}),
  marks: [],
  read: async (tree) => {
    const media = mediaFinder(tree);
    const protocol = findFile(tree, 'protocol.txt');
    const rows = await readFixed(tree, protocol, COLUMNS);
    return rows.map((row) => {
      const { speaker, file, attack, key } = row.cells;
      const label = labelIn(row, key);
      return makeClip({
        id: file,
        path: media(posix.join(posix.dirname(protocol), `${file}.wav`)),
        label,
        split: 'eval',
        speaker: given(speaker),
        language: 'es',
        generator: label === 'spoof' ? given(attack) : undefined,
        domain: 'habla',
      });
    });
  },
});
