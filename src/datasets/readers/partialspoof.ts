/**
 * PartialSpoof.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFileIfAny, makeClip, mediaFinder, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { given, labelIn, type Row, readFixed } from '../tables.ts';
import type { Tree } from '../tree.ts';
import { checkSpans, type Span } from './shared/spans.ts';

const COLUMNS = ['speaker', 'utterance', 'environment', 'attack', 'key'] as const;
const RTTM = [
  ...(['type', 'recording', 'channel', 'start', 'duration', 'orthography', 'subtype'] as const),
  ...(['label', 'confidence', 'lookahead'] as const),
] as const;

/** PartialSpoof: ASVspoof 2019 LA utterances with synthetic parts spliced in. */
export const partialspoof = defineReader({
  name: 'partialspoof',
  kind: 'published',
  title: 'PartialSpoof',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'database/protocols/PartialSpoof_LA_cm_protocols/PartialSpoof.LA.cm.{train,dev,eval}.trl.txt',
    'database/{train,dev,eval}/con_wav/*.wav',
    'database/{train,dev,eval}/con_data/rttm_2cls_0sil_spoof or rttm_2cls_0sil',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/nii-yamagishilab/PartialSpoof',
  howTo: 'Give the folder database, the folder above it, or an archive of it.',
  notes: [
    'Labelled spans come from the RTTM files; the .npy files hold the same as pickled dictionaries and are not read.',
    'In the RTTM files silence belongs to the label around it; a clip that has no line there is one span of its key.',
  ],
  options: z.strictObject({}),
  splits: ['train', 'dev', 'eval'],
  marks: ['PartialSpoof_LA_cm_protocols/PartialSpoof.LA.cm.*.trl.txt'],
  read: async (tree, _, work) => {
    const media = mediaFinder(tree);
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const name = `PartialSpoof.LA.cm.${split}.trl.txt`;
      const protocol = findFileIfAny(tree, `PartialSpoof_LA_cm_protocols/${name}`);
      if (protocol === undefined) {
        warnAbsent(work, tree, `no ${name}: no ${split} split`);
        continue;
      }
      const base = above(protocol, 3);
      const spans = await readRttm(tree, `${base}${split}/con_data`);
      if (spans === undefined) warnAbsent(work, tree, `no RTTM file of ${split}: no spans`);
      for (const row of await readFixed(tree, protocol, COLUMNS)) {
        const { speaker, utterance, attack, key } = row.cells;
        const found = spans?.get(utterance);
        clips.push(
          makeClip({
            id: utterance,
            path: media(`${base}${split}/con_wav/${utterance}.wav`),
            label: labelIn(row, key),
            split,
            speaker: given(speaker),
            language: 'en',
            generator: given(attack),
            source: utterance.startsWith('LA_') ? `asvspoof2019-la/${utterance}` : undefined,
            domain: 'partialspoof',
            segments: found === undefined ? undefined : checkSpans(found.row, found.spans),
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no PartialSpoof_LA_cm_protocols with the protocol of any split');
  },
});

/** Spans by recording, undefined if there is no RTTM file. */
async function readRttm(
  tree: Tree,
  folder: string,
): Promise<Map<string, { row: Row<string>; spans: Span[] }> | undefined> {
  const path = ['rttm_2cls_0sil_spoof', 'rttm_2cls_0sil']
    .map((name) => `${folder}/${name}`)
    .find((candidate) => tree.has(candidate));
  if (path === undefined) return undefined;
  const found = new Map<string, { row: Row<string>; spans: Span[] }>();
  for (const row of await readFixed(tree, path, RTTM)) {
    const { recording, start, duration, label } = row.cells;
    const startSec = Number(start);
    const span = { startSec, endSec: startSec + Number(duration), label: labelIn(row, label) };
    const known = found.get(recording);
    if (known === undefined) found.set(recording, { row, spans: [span] });
    else known.spans.push(span);
  }
  return found;
}
