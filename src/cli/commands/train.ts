/**
 * `ringtrue train RECIPE`.
 * @module
 */

import { join } from 'node:path';
import * as z from 'zod';
import type { Json } from '../../core/errors.ts';
import { RingtrueError } from '../../core/errors.ts';
import { cacheFolder } from '../../core/node/files.ts';
import { openCorpus } from '../../datasets/open.ts';
import { RECIPES, type RecipeName } from '../../training/recipes.ts';
import { trainDetector } from '../../training/train.ts';
import { defineCommand } from '../command.ts';
import { formatPercent, formatSeconds, formatTable } from '../table.ts';

const options = z.object({
  corpus: z
    .string()
    .default('speech-mini')
    .describe('name, folder or manifest with train and dev splits'),
  out: z
    .string()
    .optional()
    .describe('folder of the detector; by default it gets a name in the cache')
    .meta({ unit: 'folder' }),
  seed: z.number().int().default(1).describe('seed of everything random'),
});

/** The `train` command. */
export const command = defineCommand({
  name: 'train',
  summary:
    'Train a detector on a corpus: fit on train, choose and calibrate on dev, score eval last',
  arguments: [
    { name: 'RECIPE', description: Object.keys(RECIPES).join(' or '), required: true, many: false },
  ],
  options,
  examples: [
    {
      line: 'ringtrue train lfcc-gmm',
      does: 'trains the classical baseline on speech-mini in seconds',
    },
    {
      line: 'ringtrue train acoustic-logistic --corpus my/manifest.csv --out my-detector',
      does: 'trains on your own corpus',
    },
  ],
  async run({ corpus: spec, out, seed }, { args, onProgress, signal, print, result }) {
    const [name = ''] = args;
    if (!isRecipe(name)) {
      throw new RingtrueError(
        'cli/usage',
        `there is no recipe ${name}; there are ${Object.keys(RECIPES).join(', ')}`,
      );
    }
    const corpus = await openCorpus(spec, {}, { onProgress, signal });
    const folder = out ?? cacheFolder('models', `my-${name}`);
    const trained = await trainDetector(
      name,
      corpus,
      { out: folder, seed },
      { onProgress, signal },
    );
    print(
      formatTable(
        [{ title: 'setting' }, { title: 'dev EER', align: 'right' }, { title: '' }],
        trained.trials.map(({ setting, devEer, kept }) => [
          setting,
          `${(100 * devEer).toFixed(1)} %`,
          kept ? '← kept' : '',
        ]),
      ),
    );
    const splits = [
      ['dev', trained.dev],
      ['eval', trained.eval],
    ] as const;
    print(
      `\n${formatTable(
        [
          { title: 'split' },
          { title: 'bona fide', align: 'right' },
          { title: 'spoof', align: 'right' },
          { title: 'EER', align: 'right' },
          { title: 'AUC', align: 'right' },
        ],
        splits.flatMap(([split, figures]) =>
          figures === null
            ? []
            : [
                [
                  split,
                  String(figures.n.bonafide),
                  String(figures.n.spoof),
                  formatPercent(figures.eer),
                  figures.auc.value.toFixed(3),
                ],
              ],
        ),
      )}\n${trained.dev.note}\n`,
    );
    print(
      `${join(folder, 'card.md')} in ${formatSeconds(trained.seconds)}; use it: ringtrue scan FILE --detectors ${out ?? `my-${name}`}`,
    );
    // A TrainResult is plain data.
    result(JSON.parse(JSON.stringify(trained)) as Json);
    return 0;
  },
});

function isRecipe(name: string): name is RecipeName {
  return Object.hasOwn(RECIPES, name);
}
