/**
 * A folder of recordings without labels, for scanning.
 * @module
 */

import * as z from 'zod';
import { makeClip } from '../layout.ts';
import { defineReader } from '../reader.ts';
import { isMediaName } from '../walk.ts';

/** Every media file below a folder, without labels. */
export const plainFolder = defineReader({
  name: 'plain-folder',
  kind: 'general',
  title: 'Any folder of recordings',
  medium: 'audio',
  languages: [],
  classes: 'any',
  layout: '**/*.{wav,flac,mp3,m4a,ogg,opus,mp4,…}   no labels: for scanning, not for error rates',
  licence: 'yours',
  howTo: 'Give the folder, or a zip, tar or tar.gz archive.',
  options: z.strictObject({}),
  marks: [],
  archives: 'closed',
  read: async (tree) =>
    tree.files.filter(isMediaName).map((path) => makeClip({ id: path, path: tree.path(path) })),
});
