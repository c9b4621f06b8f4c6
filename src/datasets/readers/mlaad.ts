/**
 * MLAAD, the multi-language audio anti-spoofing dataset.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFiles, makeClip, makeGroup, warnAbsent } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { given, positive, readTable } from '../tables.ts';
import type { Tree } from '../tree.ts';
import { mAilabsClips } from './shared/m-ailabs.ts';

/** MLAAD: texts of M-AILABS spoken by many systems in many languages. */
export const mlaad = defineReader({
  name: 'mlaad',
  kind: 'published',
  title: 'MLAAD, the multi-language audio anti-spoofing dataset',
  medium: 'audio',
  languages: [],
  classes: 'spoof',
  layout: [
    'fake/LANGUAGE/SYSTEM/meta.csv      separated by |, without quotes',
    'fake/LANGUAGE/SYSTEM/*.wav',
    'real/LOCALE/by_book/…              M-AILABS, a download of its own',
  ].join('\n'),
  licence: 'CC BY-NC 4.0',
  where: 'the model hub: mueller91/MLAAD',
  howTo: 'Give the folder that holds fake, and real if M-AILABS was unpacked there.',
  notes: [
    'All of MLAAD is fake: without M-AILABS below real/ a study has one class only.',
    'Versions differ much and are no nested test sets: name yours by the option version, it is kept with every clip.',
    'The source is the M-AILABS recording whose text was spoken: several systems share it, so split by it.',
    'griffin_lim, RVC and Voxtral are no text-to-speech systems.',
  ],
  options: z.strictObject({
    version: z
      .string()
      .optional()
      .describe('version of the release, such as v5, for group.version'),
  }),
  marks: ['fake/*/*/meta.csv', 'fake/*/*/*.wav'],
  read: async (tree, { version }, work) => {
    const tables = findFiles(tree, 'fake/*/*/meta.csv');
    if (tables.length === 0) throw badLayout(tree, 'no fake/LANGUAGE/SYSTEM/meta.csv');
    const fakes: Clip[] = [];
    for (const table of tables) fakes.push(...(await readSystem(tree, table, version)));
    const genuine = mAilabsClips(tree, 'mlaad');
    if (genuine.length === 0) warnAbsent(work, tree, 'no M-AILABS recordings: no genuine clips');
    return [...fakes, ...genuine];
  },
});

async function readSystem(tree: Tree, table: string, version: string | undefined): Promise<Clip[]> {
  const folder = posix.dirname(table);
  const [folderLanguage, system] = folder.split('/').slice(-2) as [string, string];
  const base = above(table, 4);
  const rows = await readTable(tree, table, {
    columns: ['path', 'original_file', 'language', 'model_name'],
    optional: ['is_original_language', 'duration', 'training_data', 'architecture', 'transcript'],
    format: 'pipe',
  });
  return rows.map(({ cells }) => {
    const path = cells.path.replace(/^\.\//, '');
    const original = cells.original_file.replace(/^\.\//, '');
    return makeClip({
      id: path,
      path: tree.path(base + path),
      label: 'spoof',
      language: given(cells.language) ?? folderLanguage,
      generator: cells.model_name.split('/').at(-1) || system,
      source: original === '' ? undefined : `m-ailabs/${original}`,
      domain: 'mlaad',
      transcript: given(cells.transcript),
      durationSec: positive(cells.duration),
      group: makeGroup({
        system,
        architecture: cells.architecture,
        trainingData: cells.training_data,
        originalLanguage: cells.is_original_language,
        folderLanguage: cells.language === folderLanguage ? undefined : folderLanguage,
        version,
      }),
    });
  });
}
