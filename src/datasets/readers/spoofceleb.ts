/**
 * SpoofCeleb.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { given, readTable } from '../tables.ts';

const PARTS = { train: 'train', dev: 'development', eval: 'evaluation' } as const;

/** SpoofCeleb: VoxCeleb speech and 23 synthesisers trained on it. */
export const spoofceleb = defineReader({
  name: 'spoofceleb',
  kind: 'published',
  title: 'SpoofCeleb',
  medium: 'audio',
  languages: [],
  classes: 'both',
  layout: [
    'metadata/{train,development,evaluation}.csv',
    'flac/{train,development,evaluation}/{a00…a23}/idddddd/VIDEO-ddddd-ddd.flac',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'the model hub: DeepFense/SpoofCeleb (a description)',
  howTo: 'Give the folder above metadata and flac.',
  notes: [
    'Attack a00 is genuine. The columns of evaluation.csv were read by others; those of the two other tables are taken to be the same.',
  ],
  options: z.strictObject({}),
  expected: {
    train: { bonafide: 230948, spoof: 2309473 },
    dev: { bonafide: 7963, spoof: 47778 },
    eval: { bonafide: 9113, spoof: 82017 },
  },
  marks: ['metadata/{train,development,evaluation}.csv', 'flac/*/a*/*/*.flac'],
  read: async (tree, _, work) => {
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const table = findFileIfAny(tree, `metadata/${PARTS[split]}.csv`);
      if (table === undefined) {
        warnAbsent(work, tree, `no metadata/${PARTS[split]}.csv: no ${split} split`);
        continue;
      }
      const folder = `${above(table, 2)}flac/${PARTS[split]}/`;
      const columns = ['file', 'speaker', 'attack'] as const;
      for (const { cells } of await readTable(tree, table, { columns, format: 'csv' })) {
        const isGenuine = cells.attack === 'a00';
        clips.push(
          makeClip({
            id: `${PARTS[split]}/${cells.file}`,
            path: tree.path(folder + cells.file),
            label: isGenuine ? 'bonafide' : 'spoof',
            split,
            speaker: given(cells.speaker),
            generator: isGenuine ? undefined : cells.attack,
            domain: 'spoofceleb',
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no metadata of any split');
  },
});
