/**
 * `ringtrue corpus build NAME`.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { buildCorpus, CORPORA } from '../../corpora/build.ts';
import { readPlugIns } from '../../corpora/generators/plug-in.ts';
import { defineCommand } from '../command.ts';

const options = z.object({
  out: z
    .string()
    .optional()
    .describe('folder of the corpus; the cache by default')
    .meta({ unit: 'folder' }),
  workers: z.number().int().positive().optional().describe('threads; all cores by default'),
  limit: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'sentences a speaker, sounds a class, pieces an album or rooms a split: a small variant in a folder of its own',
    ),
  generators: z
    .string()
    .optional()
    .describe(
      'YAML list of generators of your own: name, command with {text} or {in} and {out}, family',
    )
    .meta({ unit: 'file' }),
  force: z.boolean().default(false).describe('build again what is built'),
});

/** The `corpus build` command. */
export const command = defineCommand({
  name: 'corpus build',
  summary: 'Build a corpus of speech or other sounds from packages, or continue a build',
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
    {
      line: 'ringtrue corpus build speech-base --limit 5',
      does: 'downloads 600 MB once and builds five sentences of each speaker',
    },
    {
      line: 'ringtrue corpus build speech-base --generators mine.yaml',
      does: 'adds fakes by your own synthesiser to the part of eval whose generators are unseen',
    },
    {
      line: 'ringtrue corpus build backgrounds',
      does: 'downloads 57 MB once: speech, music, ambience and rooms for corruptions',
    },
  ],
  async run(
    { out, workers, force, limit, generators },
    { args, onProgress, signal, print, result },
  ) {
    const [name = ''] = args;
    const folder = await buildCorpus(
      name,
      {
        force,
        ...(out === undefined ? {} : { out }),
        ...(workers === undefined ? {} : { workers }),
        ...(limit === undefined ? {} : { limit }),
        ...(generators === undefined ? {} : { generators: await readPlugIns(generators) }),
      },
      { onProgress, signal },
    );
    const card = JSON.parse(await readFile(join(folder, 'corpus.json'), 'utf8'));
    const next = CORPORA.find((entry) => entry.name === name)?.next;
    const failed = card.failures?.length ?? 0;
    const told = failed === 0 ? '' : `; ${failed} fakes or sentences failed, card.md tells why`;
    print(`${name}: ${card.clips} clips in ${folder}${told}\nnext: ${next}`);
    result({ name, folder, card });
    return 0;
  },
});
