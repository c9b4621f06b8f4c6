/**
 * DFADD.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { parseLabel } from '../labels.ts';
import { badLayout, findFiles, makeClip } from '../layout.ts';
import { readParquetTable, splitOfName } from '../parquet-table.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { labelIn } from '../tables.ts';
import { isMediaName } from '../walk.ts';

/** Folder or archive of a synthesiser, and what its model is called. */
const GENERATORS: readonly (readonly [RegExp, string, string])[] = [
  [/^(?:dataset_)?grad-?tts/i, 'GradTTS', 'diffusion'],
  [/^(?:dataset_)?(?:naturalspeech2|ns2)/i, 'NaturalSpeech2', 'diffusion'],
  [/^(?:dataset_)?styletts2/i, 'StyleTTS2', 'diffusion'],
  [/^(?:dataset_)?matcha/i, 'Matcha-TTS', 'flow matching'],
  [/^(?:dataset_)?pflow/i, 'PFlow-TTS', 'flow matching'],
];
const GENUINE = /^(?:dataset_)?vctk/i;

/** DFADD: five diffusion and flow-matching synthesisers beside VCTK. */
export const dfadd = defineReader({
  name: 'dfadd',
  kind: 'published',
  title: 'DFADD, the diffusion and flow-matching audio deepfake dataset',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    '*.parquet                                                            audio {bytes}, audio_name, label',
    'or {GradTTS,NaturalSpeech2,StyleTTS2,MatchaTTS,PFlowTTS}/**/*.wav    or the zip archives of that name',
    '   VCTK_BONAFIDE/**/*.wav                                            or its zip archive',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/isjwdu/DFADD',
  howTo:
    'Give the folder of the Parquet files, or the folder of the archives (packed or unpacked).',
  notes: [
    'VCTK_BONAFIDE is the genuine part of every subset: a subset without it has one class only.',
    'The labels of the Matcha subset were wrong before April 2025: note which version you have.',
    'group.family tells diffusion from flow matching.',
  ],
  options: z.strictObject({}),
  marks: ['VCTK_BONAFIDE/**/*.wav'],
  read: async (tree) => {
    const clips: Clip[] = [];
    for (const file of findFiles(tree, '*.parquet')) {
      for (const row of await readParquetTable(tree, file, ['audio_name', 'label'])) {
        const { label: word = '', audio_name: name = '' } = row.cells;
        const [, generator, family] = GENERATORS.find(([test]) => test.test(word)) ?? [];
        const label = GENUINE.test(word)
          ? 'bonafide'
          : generator === undefined
            ? undefined
            : 'spoof';
        const at = { where: row.where, file: tree.path(file), line: row.row };
        clips.push(
          makeClip({
            id: `${file}/${row.row}/${name}`,
            path: row.audio,
            label: label ?? parseLabel(word) ?? labelIn(at, word),
            split: splitOfName(file),
            speaker: speakerOf(name),
            language: 'en',
            generator,
            domain: 'dfadd',
            group: family === undefined ? {} : { family },
          }),
        );
      }
    }
    for (const path of tree.files.filter(isMediaName)) {
      const folders = path.split('/').slice(0, -1);
      const isGenuine = folders.some((folder) => GENUINE.test(folder));
      const [, generator, family] =
        GENERATORS.find(([test]) => folders.some((folder) => test.test(folder))) ?? [];
      if (!isGenuine && generator === undefined) continue;
      clips.push(
        makeClip({
          id: path,
          path: tree.path(path),
          label: isGenuine ? 'bonafide' : 'spoof',
          split: splitOfName(path),
          speaker: speakerOf(posix.basename(path)),
          language: 'en',
          generator: isGenuine ? undefined : generator,
          domain: 'dfadd',
          group: isGenuine || family === undefined ? {} : { family },
        }),
      );
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'neither Parquet files nor folders of the five synthesisers');
  },
});

/** Speakers of VCTK are p225 to p376 and s5. */
function speakerOf(name: string): string | undefined {
  const speaker = /(?:^|[^a-z0-9])(p\d{3}|s5)_/i.exec(name)?.[1];
  return speaker === undefined ? undefined : `vctk/${speaker.toLowerCase()}`;
}
