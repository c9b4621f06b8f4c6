/**
 * Fake-or-Real (FoR).
 * @module
 */

import * as z from 'zod';
import { badLayout, findFiles, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { isMediaName } from '../walk.ts';

const SPLITS = { training: 'train', validation: 'dev', testing: 'eval' } as const;
const VERSIONS = ['original', 'norm', '2seconds', '2sec', 'rerecorded', 'rerec'] as const;

/** FoR: folders say split and label. */
export const fakeOrReal = defineReader({
  name: 'fake-or-real',
  kind: 'published',
  title: 'Fake-or-Real (FoR)',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: 'for-{original,norm,2seconds,rerecorded}/{training,validation,testing}/{real,fake}/*.wav',
  licence: UNKNOWN_LICENCE,
  howTo: 'Give one of the four versions, or the folder above them with the option version.',
  notes: [
    'The versions hold the same speech: one is read at a time, so that no recording counts twice.',
    'Some files are said to be empty or doubled: `ringtrue datasets check` lists the empty ones.',
    'The original version also has MP3 files.',
  ],
  options: z.strictObject({
    version: z
      .enum(VERSIONS)
      .optional()
      .describe('which version, where the root holds several; by default the only one'),
  }),
  splits: ['train', 'dev', 'eval'],
  marks: ['training/real/*', 'training/fake/*', 'testing/{real,fake}/*'],
  read: async (tree, { version }) => {
    const files = findFiles(tree, '{training,validation,testing}/{real,fake}/*')
      .filter(isMediaName)
      .map((path) => {
        const parts = path.split('/');
        return { path, parts, above: parts.slice(0, -3).join('/') };
      });
    const found = [...new Set(files.map(({ above }) => above))];
    const chosen =
      version === undefined ? found : found.filter((above) => above.endsWith(`for-${version}`));
    if (chosen.length === 0) throw badLayout(tree, 'no training/real and training/fake');
    if (chosen.length > 1) {
      throw badLayout(
        tree,
        `it holds several versions (${chosen.join(', ')}): choose by the option version`,
      );
    }
    return files
      .filter(({ above }) => above === chosen[0])
      .map(({ path, parts }) => {
        const [split, label, name] = parts.slice(-3) as [
          keyof typeof SPLITS,
          'real' | 'fake',
          string,
        ];
        return makeClip({
          id: `${split}/${label}/${name}`,
          path: tree.path(path),
          label: label === 'real' ? 'bonafide' : 'spoof',
          split: SPLITS[split],
          language: 'en',
          domain: 'fake-or-real',
        });
      });
  },
});
