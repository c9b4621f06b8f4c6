/**
 * `ringtrue corpus verify`: do trivial features tell the classes apart?
 * @module
 */

import * as z from 'zod';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import {
  type CorpusVerification,
  DEFAULT_BOUND,
  type FeatureAuc,
  saveVerification,
  verifyCorpus,
} from '../../bench/verify/verify.ts';
import { errorEntry, type Json, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { openCorpus } from '../../datasets/open.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `corpus verify` command. */
export const command = defineCommand({
  name: 'corpus verify',
  summary: 'Print how well trivial features tell real from fake, and fail above the bound',
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
    reader: z.string().optional().describe('reader of a published corpus; CORPUS is then its root'),
    seed: z.number().int().default(1).describe('of the bootstrap'),
    save: z.boolean().default(true).describe('do not write verify.json beside the manifest'),
  }),
  examples: [
    {
      line: 'ringtrue corpus verify speech-mini',
      does: 'prints the confound table; exits with 1 if a feature is beyond the bound, a file changed or splits leak',
    },
    {
      line: 'ringtrue corpus verify /data/LA --reader asvspoof2019-la --bound 0.2 --no-save',
      does: 'verifies a published corpus and writes nothing into its folder',
    },
  ],
  async run({ bound, reader, seed, save }, { args, print, result, onProgress, signal }) {
    const [name] = args;
    if (name === undefined) throw new RingtrueError('cli/usage', 'a corpus is needed');
    const work = { onProgress, signal };
    const spec = reader === undefined ? name : { reader, root: name };
    const corpus = await openCorpus(spec, { classes: 'both' }, work);
    const decoder = createIsolatedDecoder({ workers: 2 });
    let found: CorpusVerification;
    try {
      const decode = async (path: string) => (await decoder.decode(path, { signal })).audio;
      found = await verifyCorpus(corpus, { decode, bound, seed }, work);
    } finally {
      await decoder.close();
    }
    if (save) {
      try {
        await saveVerification(corpus, found);
      } catch (error) {
        const { code, message } = toRingtrueError(error);
        onProgress({ type: 'warning', message: `verify.json was not saved: ${message}`, code });
      }
    }
    print(render(found));
    // Plain data throughout, so that its JSON is itself.
    const document: Json = JSON.parse(JSON.stringify(found));
    result(document);
    return found.ok ? 0 : 1;
  },
});

/** Problems printed in full; the rest is counted. */
const SHOWN_PROBLEMS = 12;

function render(found: CorpusVerification): string {
  const splits = ['train', 'dev', 'eval'].filter((split) =>
    found.features.some((feature) => feature.splits.some(({ part }) => part === split)),
  );
  const table = formatTable(
    [
      { title: '' },
      { title: 'trivial feature' },
      { title: 'AUC', align: 'right' },
      ...splits.map((split) => ({ title: split, align: 'right' as const })),
      { title: 'strongest generator' },
    ],
    found.features.map((feature) => [
      feature.beyond ? '✗' : '',
      feature.name,
      feature.auc.toFixed(3),
      ...splits.map(
        (split) => feature.splits.find(({ part }) => part === split)?.auc.toFixed(3) ?? '–',
      ),
      strongest(feature),
    ]),
  );
  const { joint, bound, clips } = found;
  const lines = [
    `${found.corpus}: ${clips.bonafide} bonafide and ${clips.spoof} spoof clips; above 0.5 = larger for spoofs`,
    '',
    table,
    '',
    `all together  ${joint.auc.toFixed(3)} [${joint.low.toFixed(3)}–${joint.high.toFixed(3)}]` +
      `  (${joint.classifier}, ${joint.folds} folds by ${joint.groupedBy}, interval over ${joint.clusteredBy}s)`,
    `a detector that does no better on this corpus has learned nothing`,
    '',
  ];
  if (found.ok) {
    lines.push(
      `passed: no feature is beyond ${(0.5 - bound).toFixed(2)} to ${(0.5 + bound).toFixed(2)}`,
    );
  }
  for (const { code, message } of found.problems.slice(0, SHOWN_PROBLEMS)) {
    lines.push(`failed ${code}: ${message}`);
  }
  const more = found.problems.length - SHOWN_PROBLEMS;
  if (more > 0) lines.push(`and ${more} more problems (--json lists them)`);
  for (const code of new Set(found.problems.map((problem) => problem.code))) {
    lines.push(`  hint: ${errorEntry(code).hint}`);
  }
  return lines.join('\n');
}

/** The generator family on which the feature tells most, beyond what its number of clips explains. */
function strongest({ generators }: FeatureAuc): string {
  const [most] = [...generators].sort((a, b) => surely(b) - surely(a));
  if (most === undefined) return '';
  return `${most.part} ${most.auc.toFixed(2)}${most.beyond ? ' !' : ''} (n ${most.spoof})`;
}

function surely({ auc, standardError }: FeatureAuc['generators'][number]): number {
  return Math.abs(auc - 0.5) / standardError;
}
