/**
 * The laundered ASVspoof 2019 database.
 * @module
 */

import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { above, badLayout, findFiles, indexFiles, makeClip, makeGroup } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { given, labelIn, readFixed } from '../tables.ts';

const COLUMNS = ['speaker', 'utterance', 'attack', 'key', 'condition', 'variant'] as const;

/** ASVspoof 2019 LA after noise, reverberation, resampling, recompression and filtering. */
export const asvspoofLaundered = defineReader({
  name: 'asvspoof-laundered',
  kind: 'published',
  title: 'ASVspoof laundered database',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'protocols/ASVspoofLauneredDatabase_{CONDITION}.txt   (the misspelling is real)',
    '{Noise_Addition,Reverberation,Resampling,Recompression,Filtering}/flac/*.flac',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above the five folders of recordings.',
  notes: [
    'Ids carry the variant (`LA_E_2834763_babble_0`) and not the folder: recordings are found by name.',
    'Whole: 2,065,873 rows. The source of a clip is the utterance of ASVspoof 2019 that it was made from.',
  ],
  options: z.strictObject({}),
  clips: 2065873,
  marks: ['ASVspoofLauneredDatabase_*.txt'],
  read: async (tree) => {
    const protocols = findFiles(tree, 'ASVspoofLauneredDatabase_*.txt');
    const files = indexFiles(findFiles(tree, '*/flac/*.flac'), 'stem');
    const clips: Clip[] = [];
    for (const protocol of protocols) {
      for (const row of await readFixed(tree, protocol, COLUMNS)) {
        const { speaker, utterance, attack, key, condition, variant } = row.cells;
        const missing = `${above(protocol, 1)}${condition}/flac/${utterance}.flac`;
        const label = labelIn(row, key);
        const original = /^LA_[TDE]_\d+/.exec(utterance)?.[0];
        clips.push(
          makeClip({
            id: utterance,
            path: tree.path(files.get(utterance) ?? missing),
            label,
            split: 'eval',
            speaker: given(speaker),
            language: 'en',
            generator: label === 'spoof' ? given(attack) : undefined,
            source: original === undefined ? undefined : `asvspoof2019-la/${original}`,
            domain: 'asvspoof-laundered',
            group: makeGroup({ condition, variant }),
          }),
        );
      }
    }
    if (clips.length > 0) return clips;
    throw badLayout(tree, 'no ASVspoofLauneredDatabase_{CONDITION}.txt');
  },
});
