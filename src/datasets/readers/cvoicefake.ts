/**
 * CVoiceFake.
 * @module
 */

import * as z from 'zod';
import { badLayout, findFiles, makeClip, stemOf } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { isMediaName } from '../walk.ts';

/** CVoiceFake: Common Voice recordings and vocoded copies. */
export const cvoicefake = defineReader({
  name: 'cvoicefake',
  kind: 'published',
  title: 'CVoiceFake',
  medium: 'audio',
  languages: [],
  classes: 'both',
  layout: 'LANGUAGE/Bonafide/*.mp3\nLANGUAGE/VOCODER_generated/*.mp3   LANGUAGE: EN, IT, …',
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above the languages, or an archive of it.',
  notes: [
    'The layout was taken from a public reader.',
    'The fakes are vocoded copies of genuine speech: some benchmarks do not count these as fake.',
    'There is no split, and speakers are not told.',
  ],
  options: z.strictObject({}),
  marks: ['*/Bonafide/*.mp3', '*/*_generated/*.mp3'],
  read: async (tree) => {
    const files = [
      ...findFiles(tree, '*/Bonafide/**/*'),
      ...findFiles(tree, '*/*_generated/**/*'),
    ].filter(isMediaName);
    if (files.length === 0) throw badLayout(tree, 'no LANGUAGE/Bonafide and LANGUAGE/*_generated');
    return files.map((path) => {
      const parts = path.split('/');
      const at = parts.findIndex((part) => part === 'Bonafide' || part.endsWith('_generated'));
      const [language = '', folder = ''] = parts.slice(at - 1);
      const isGenuine = folder === 'Bonafide';
      return makeClip({
        id: parts.slice(at - 1).join('/'),
        path: tree.path(path),
        label: isGenuine ? 'bonafide' : 'spoof',
        language: language.toLowerCase(),
        generator: isGenuine ? undefined : folder.replace(/_generated$/, ''),
        source: `cvoicefake/${language}/${stemOf(path)}`,
        domain: 'cvoicefake',
      });
    });
  },
});
