/**
 * LlamaPartialSpoof.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFiles, indexFiles, makeClip, makeGroup } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { badCell, labelIn, positive } from '../tables.ts';
import { lines } from '../text.ts';
import { isMediaName } from '../walk.ts';
import { parseSpans } from './shared/spans.ts';

/** LlamaPartialSpoof: LibriTTS sentences with words changed by a language model. */
export const llamaPartialSpoof = defineReader({
  name: 'llama-partial-spoof',
  kind: 'published',
  title: 'LlamaPartialSpoof',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'label_R01TTS.0.{a,b}.txt   ID DURATION bonafide|spoof BEGIN-END-{bonafide,spoof} …',
    'R01TTS.0.{a,b}/**/ID.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'zenodo.org/records/14214149',
  howTo:
    'Give the folder of the label files; R01TTS.0.a.tgz and R01TTS.0.b.tgz may stay packed in it.',
  notes: [
    'The layout was taken from public readers. Part a has genuine, wholly fake and cross-faded clips; part b has cut-and-paste and overlap-add.',
    'It is meant for evaluation: all clips are eval.',
    'Synthesiser and kind (full, partial-cf, …) come from the id.',
  ],
  options: z.strictObject({}),
  marks: ['label_R01TTS.0.{a,b}.txt'],
  read: async (tree) => {
    const files = indexFiles(tree.files.filter(isMediaName), 'stem');
    const clips: Clip[] = [];
    for (const table of findFiles(tree, 'label_R01TTS.0.*.txt')) {
      const part = /label_(R01TTS\.0\.\w+)\.txt$/.exec(table)?.[1] ?? 'R01TTS';
      const file = tree.path(table);
      for (const { line, text } of lines(await tree.text(table))) {
        const [id = '', duration = '', word = '', ...texts] = text.trim().split(/\s+/);
        const row = { file, line };
        if (word === '') throw badCell(row, 'expected ID DURATION LABEL and spans');
        const [set = '', speaker] = id.split('_');
        const [, generator, kind] = /^[^-]+-(.+?)-(full|partial.*)$/.exec(set) ?? [];
        const spans = parseSpans(row, texts, { bonafide: 'bonafide', spoof: 'spoof' });
        clips.push(
          makeClip({
            id: `${part}/${id}`,
            path: tree.path(files.get(id) ?? `${above(table, 1)}${part}/${id}.wav`),
            label: labelIn(row, word),
            split: 'eval',
            speaker,
            language: 'en',
            generator,
            source: `libritts/${id.split('_').slice(1).join('_')}`,
            domain: 'llama-partial-spoof',
            durationSec: positive(duration),
            segments: spans.length === 0 ? undefined : spans,
            group: makeGroup({ kind }),
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'neither label_R01TTS.0.a.txt nor label_R01TTS.0.b.txt');
  },
});
