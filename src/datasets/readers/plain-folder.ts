/**
 * A folder of recordings without labels, for scanning.
 * @module
 */

import { join } from 'node:path';
import * as z from 'zod';
import { defineReader } from '../reader.ts';
import { walkMedia } from '../walk.ts';

/** Every media file below a folder, without labels. */
export const plainFolder = defineReader({
  name: 'plain-folder',
  title: 'Any folder of recordings',
  layout: '**/*.{wav,flac,mp3,m4a,ogg,opus,mp4,…}   no labels: for scanning, not for error rates',
  licence: 'yours',
  howTo: 'Give the folder.',
  options: z.strictObject({}),
  read: async (root, _, work) =>
    (await walkMedia(root, work)).map((path) => ({
      id: path,
      path: join(root, path),
      medium: 'audio' as const,
    })),
});
