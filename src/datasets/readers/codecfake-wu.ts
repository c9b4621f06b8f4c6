/**
 * CodecFake (Wu, Tseng and others).
 * @module
 */

import * as z from 'zod';
import { badLayout, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { isMediaName } from '../walk.ts';
import { RECODED_NOTE, recodedLabel, recodedOption } from './shared/recoded.ts';

/** Folders of speech that language models made; `genuine` is the web-collected counterpart. */
const MADE = new Set(['valle', 'valle-x', 'speechx']);
const GENUINE = 'genuine';

/** CodecFake by Wu, Tseng and others: VCTK through many neural codecs, and a part from the web. */
export const codecfakeWu = defineReader({
  name: 'codecfake-wu',
  kind: 'published',
  title: 'CodecFake (Wu, Tseng and others, arXiv 2406.07237)',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'genuine/**/*.wav',
    '{valle,valle-x,speechx}/**/*.wav   made by language models',
    'CODEC/**/*.wav                     VCTK through one codec, a folder or an archive each',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/roger-tseng/CodecFake',
  howTo: 'Give the folder that holds the folders or archives.',
  notes: [
    RECODED_NOTE,
    'The folder decides: every folder that is none of genuine, valle, valle-x and speechx is taken for a codec.',
    'The names of the codec folders are not known to us, so a folder is recognised by its web-collected part only.',
  ],
  options: z.strictObject({ recoded: recodedOption }),
  marks: ['genuine/**/*.wav', '{valle,valle-x,speechx}/**/*.wav'],
  read: async (tree, { recoded }) => {
    const files = tree.files.filter((path) => isMediaName(path) && path.includes('/'));
    if (files.length === 0) throw badLayout(tree, 'no folder with recordings');
    // One folder around all of it does not count.
    const tops = new Set(files.map((path) => path.split('/')[0]!));
    const [top] = tops;
    const isWrapped =
      tops.size === 1 && top !== GENUINE && files.every((p) => p.split('/').length > 2);
    return files.flatMap((path) => {
      const parts = path.split('/').slice(isWrapped ? 1 : 0);
      const folder = parts[0]!;
      const isRecoded = folder !== GENUINE && !MADE.has(folder);
      const label = isRecoded ? recodedLabel(recoded) : folder === GENUINE ? 'bonafide' : 'spoof';
      if (label === undefined) return [];
      const speaker = /(?:^|\/)(p\d{3}|s5)[_/]/.exec(path)?.[1];
      return makeClip({
        id: parts.join('/'),
        path: tree.path(path),
        label,
        speaker: speaker === undefined ? undefined : `vctk/${speaker}`,
        language: 'en',
        generator: label === 'spoof' ? folder : undefined,
        domain: 'codecfake-wu',
        group: isRecoded ? { recoded: folder } : {},
      });
    });
  },
});
