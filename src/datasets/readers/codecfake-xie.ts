/**
 * Codecfake (Xie and others).
 * @module
 */

import * as z from 'zod';
import type { Clip, Label } from '../clip.ts';
import { above, badLayout, findFiles, makeClip, stemOf } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { badCell, labelIn } from '../tables.ts';
import { lines } from '../text.ts';
import { RECODED_NOTE, recodedLabel, recodedOption } from './shared/recoded.ts';

/** Codecfake by Xie and others: seven neural codecs, and speech of three language models. */
export const codecfakeXie = defineReader({
  name: 'codecfake-xie',
  kind: 'published',
  title: 'Codecfake (Xie and others, arXiv 2405.04880)',
  medium: 'audio',
  languages: [],
  classes: 'both',
  layout: [
    'label/{train,dev,C1…C7,A1,A2,A3}.txt   FILE real|fake [ID]',
    '{train,dev,C1…C7,A1,A2,A3}/*.wav       (A3 also as A3_fake)',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/xieyuankun/Codecfake',
  howTo: 'Give the folder above label; the parts may stay archives in it.',
  notes: [
    RECODED_NOTE,
    'The fakes of train, dev and C1 to C7 are re-coded speech, those of A1 to A3 were made by language models: with the default option train and dev are genuine only.',
    'Rows of a whole copy: train 740,747, dev 92,596, C1 to C6 26,456 each, C7 145,505, A1 and A2 8,902 each, A3 99,112.',
    'Languages and speakers are not read.',
  ],
  options: z.strictObject({ recoded: recodedOption }),
  splits: ['train', 'dev', 'eval'],
  marks: ['label/{train,dev,C1,C2,C3,C4,C5,C6,C7,A1,A2,A3}.txt'],
  read: async (tree, { recoded }) => {
    const tables = findFiles(tree, 'label/{train,dev,C1,C2,C3,C4,C5,C6,C7,A1,A2,A3}.txt');
    if (tables.length === 0) throw badLayout(tree, 'no label/{train,dev,C1…C7,A1…A3}.txt');
    const clips: Clip[] = [];
    for (const table of tables) {
      const part = stemOf(table);
      const base = above(table, 2);
      const file = tree.path(table);
      const folder = [part, `${part}_fake`].find((name) =>
        tree.files.some((path) => path.startsWith(`${base}${name}/`)),
      );
      for (const { line, text } of lines(await tree.text(table))) {
        const cells = text.trim().split(/\s+/);
        const row = { file, line };
        const [name = '', word = '', codec] = cells;
        if (cells.length < 2 || cells.length > 3) {
          throw badCell(row, `${cells.length} columns, expected 2 or 3 (file, label, id)`);
        }
        const isRecoded = !part.startsWith('A') && labelIn(row, word) === 'spoof';
        const label: Label | undefined = isRecoded ? recodedLabel(recoded) : labelIn(row, word);
        if (label === undefined) continue;
        clips.push(
          makeClip({
            id: `${part}/${name}`,
            path: tree.path(`${base}${folder ?? part}/${name}`),
            label,
            split: part === 'train' || part === 'dev' ? part : 'eval',
            generator: label === 'spoof' ? (codec ?? part) : undefined,
            domain: 'codecfake-xie',
            group: { part, ...(isRecoded ? { recoded: codec ?? part } : {}) },
          }),
        );
      }
    }
    return clips;
  },
});
