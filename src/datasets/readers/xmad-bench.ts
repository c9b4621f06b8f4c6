/**
 * XMAD-Bench.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { badLayout, findFiles, makeClip } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { badCell, readTable } from '../tables.ts';

const SPLITS: Readonly<Record<string, 'train' | 'dev' | 'eval'>> = {
  train: 'train',
  val: 'dev',
  valid: 'dev',
  test: 'eval',
};

/** XMAD-Bench: seven languages, each with an in-domain and a cross-domain test. */
export const xmadBench = defineReader({
  name: 'xmad-bench',
  kind: 'published',
  title: 'XMAD-Bench, cross-domain multilingual audio deepfakes',
  medium: 'audio',
  languages: ['ar', 'de', 'en', 'es', 'ro', 'ru', 'zh'],
  classes: 'both',
  layout: [
    'DATASET/meta.csv                       sample_name, is_fake, split; comma or tab',
    'DATASET/{real,fake}/SAMPLE             DATASET: commonvoice-de, voxpopuli, mailabs-ru, …',
  ].join('\n'),
  licence: 'CC BY-NC-SA 4.0',
  where: 'github.com/ristea/xmad-bench',
  howTo: 'Give the folder above the data sets, or one data set.',
  notes: [
    'The separator is a comma, but a tab in some tables: it is read off the first line.',
    'A fake has the file name of its real twin: the name is the source, so that twins stay together.',
    'The published benchmark takes all rows of a cross-domain set, whatever its split: use `split: all` there.',
    'The data set is in group.dataset; what made a fake is not told row by row.',
  ],
  options: z.strictObject({
    dataset: z.string().optional().describe('read only this one, such as mailabs-ru'),
  }),
  marks: ['meta.csv', 'real/*', 'fake/*'],
  read: async (tree, { dataset: wanted }) => {
    const clips: Clip[] = [];
    for (const table of findFiles(tree, 'meta.csv')) {
      const folder = posix.dirname(table);
      const dataset = folder === '.' ? posix.basename(tree.root) : posix.basename(folder);
      if (wanted !== undefined && wanted !== dataset) continue;
      const columns = ['sample_name', 'is_fake', 'split'] as const;
      for (const row of await readTable(tree, table, { columns, format: 'sniff' })) {
        const { sample_name: name, is_fake: flag, split: word } = row.cells;
        if (!/^[01](?:\.0)?$/.test(flag)) {
          throw badCell(row, `is_fake is ${JSON.stringify(flag)}, expected 0 or 1`);
        }
        const split = SPLITS[word.toLowerCase()];
        if (split === undefined) throw badCell(row, `the split is ${JSON.stringify(word)}`);
        const label = flag.startsWith('1') ? 'spoof' : 'bonafide';
        const kind = label === 'spoof' ? 'fake' : 'real';
        clips.push(
          makeClip({
            id: `${dataset}/${kind}/${name}`,
            path: tree.path(posix.join(folder, kind, name)),
            label,
            split,
            language: /-(ar|de|en|es|ro|ru|zh)\b/.exec(dataset)?.[1],
            source: `${dataset}/${name}`,
            domain: 'xmad-bench',
            group: { dataset },
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, wanted === undefined ? 'no meta.csv' : `no data set ${wanted}`);
  },
});
