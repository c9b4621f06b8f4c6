/**
 * ODSS.
 * @module
 */

import * as z from 'zod';
import { badLayout, findFiles, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { isMediaName } from '../walk.ts';

const KINDS = ['natural', 'fastpitch-hifigan', 'vits'];
const LANGUAGES = ['en', 'de', 'es'];

/** ODSS: natural speech and two synthesisers in three languages. */
export const odss = defineReader({
  name: 'odss',
  kind: 'published',
  title: 'ODSS',
  medium: 'audio',
  languages: LANGUAGES,
  classes: 'both',
  layout: 'odss/{natural,fastpitch-hifigan,vits}/**/*.wav',
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder odss, the folder above it, or an archive of it.',
  notes: [
    'Below the three folders the layout is not known to us: the language is given where a folder is called en, de or es; speakers are not read.',
    'There is no split.',
  ],
  options: z.strictObject({}),
  marks: ['natural/**/*.wav', 'fastpitch-hifigan/**/*.wav', 'vits/**/*.wav'],
  read: async (tree) => {
    const files = findFiles(tree, '{natural,fastpitch-hifigan,vits}/**/*').filter(isMediaName);
    if (files.length === 0) throw badLayout(tree, 'none of natural, fastpitch-hifigan, vits');
    return files.map((path) => {
      const parts = path.split('/');
      const at = parts.findIndex((part) => KINDS.includes(part));
      const kind = parts[at]!;
      return makeClip({
        id: parts.slice(at).join('/'),
        path: tree.path(path),
        label: kind === 'natural' ? 'bonafide' : 'spoof',
        language: parts.slice(at + 1, -1).find((part) => LANGUAGES.includes(part)),
        generator: kind === 'natural' ? undefined : kind,
        domain: 'odss',
      });
    });
  },
});
