/**
 * `ringtrue corpus verify`: can a corpus be believed?
 * @module
 */

import { resolve } from 'node:path';
import * as z from 'zod';
import { renderVerification } from '../../bench/verify/page.ts';
import {
  type CorpusVerification,
  createAnalyser,
  DEFAULT_BOUND,
  saveVerification,
  verifyCorpus,
} from '../../bench/verify/verify.ts';
import { type Json, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import { DISJOINT_FIELDS } from '../../datasets/clip.ts';
import { openCorpus } from '../../datasets/open.ts';
import { readPromises } from '../../datasets/promises.ts';
import { defineCommand } from '../command.ts';
import { verifyText } from '../verify-text.ts';

/** The `corpus verify` command. */
export const command = defineCommand({
  name: 'corpus verify',
  summary: 'Say whether a corpus can be believed: trivial cues, duplicates, leaks, checksums',
  arguments: [
    {
      name: 'CORPUS',
      description: 'name of a built corpus, a manifest, or a folder with bonafide/ and spoof/',
      required: true,
      many: false,
    },
  ],
  options: z.object({
    bound: z
      .number()
      .min(0)
      .max(0.5)
      .default(DEFAULT_BOUND)
      .describe('largest allowed |AUC − 0.5| of a feature'),
    disjoint: z
      .array(z.enum(DISJOINT_FIELDS))
      .optional()
      .describe(
        'of which no two splits may share a value; by default what corpus.json says, else source',
      ),
    reader: z.string().optional().describe('reader of a published corpus; CORPUS is then its root'),
    seed: z.number().int().default(1).describe('of the bootstrap'),
    workers: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('processes that decode and measure; by default one a core'),
    details: z
      .boolean()
      .default(false)
      .describe('print every feature, part, pair and shared value'),
    report: z.string().optional().describe('also write the tables as a page (.html)'),
    save: z.boolean().default(true).describe('do not write verify.json beside the manifest'),
  }),
  examples: [
    {
      line: 'ringtrue corpus verify speech-mini',
      does: 'prints cues, duplicates and leaks; exits with 1 if one is beyond its bound or a promise is broken',
    },
    {
      line: 'ringtrue corpus verify /data/LA --reader asvspoof2019-la --disjoint speaker --no-save',
      does: 'verifies a published corpus and writes nothing into its folder',
    },
  ],
  async run(options, { args, print, result, onProgress, signal }) {
    const { bound, reader, seed, save, workers, details, report } = options;
    const [name] = args;
    if (name === undefined) throw new RingtrueError('cli/usage', 'a corpus is needed');
    const work = { onProgress, signal };
    const spec = reader === undefined ? name : { reader, root: name };
    const corpus = await openCorpus(spec, { classes: 'both' }, work);
    const disjoint = options.disjoint ?? (await readPromises(corpus.root));
    const analyser = createAnalyser(workers);
    let found: CorpusVerification;
    try {
      const { analyse } = analyser;
      found = await verifyCorpus(corpus, { analyse, bound, disjoint, seed }, work);
    } finally {
      await analyser.close();
    }
    if (report !== undefined) await writeFileAtomic(resolve(report), renderVerification(found));
    if (save) {
      try {
        await saveVerification(corpus, found);
      } catch (error) {
        const { code, message } = toRingtrueError(error);
        onProgress({ type: 'warning', message: `verify.json was not saved: ${message}`, code });
      }
    }
    print(verifyText(found, details));
    // Plain data throughout, so that its JSON is itself.
    const document: Json = JSON.parse(JSON.stringify(found));
    result(document);
    return found.ok ? 0 : 1;
  },
});
