/**
 * `ringtrue train RECIPE`.
 * @module
 */

import { join } from 'node:path';
import * as z from 'zod';
import { floorOf } from '../../bench/aggregate.ts';
import { type Json, RingtrueError } from '../../core/errors.ts';
import { cacheFolder } from '../../core/node/files.ts';
import { parseYaml } from '../../core/yaml.ts';
import { openCorpus } from '../../datasets/open.ts';
import { FEATURE_FAMILIES } from '../../models/features/settings.ts';
import { decimalWithInterval, percentWithInterval } from '../../report/figures.ts';
import { loadRecipe } from '../../training/load-recipe.ts';
import { RECIPES } from '../../training/recipes/index.ts';
import { trainDetector } from '../../training/train.ts';
import { defineCommand } from '../command.ts';
import { confoundLine } from '../summary-text.ts';
import { formatSeconds, formatTable } from '../table.ts';

const options = z.object({
  corpus: z
    .string()
    .optional()
    .describe(
      'name, folder or manifest with train and dev splits; speech-mini unless a YAML recipe says otherwise',
    ),
  out: z
    .string()
    .optional()
    .describe('folder of the detector; by default it gets a name in the cache')
    .meta({ unit: 'folder' }),
  seed: z
    .number()
    .int()
    .optional()
    .describe('seed of everything random; 1 unless a YAML recipe says otherwise'),
  weights: z
    .string()
    .optional()
    .describe('safetensors file whose weights are taken in place of a training (networks)')
    .meta({ unit: 'file' }),
  feature: z
    .enum(FEATURE_FAMILIES)
    .optional()
    .describe('family of features (feature-gmm): the same as --set feature=…'),
  eval: z
    .boolean()
    .default(false)
    .describe('score the eval split last of all: once, when nothing will be changed any more'),
  set: z
    .array(z.string())
    .default([])
    .describe('settings of the recipe, NAME=VALUE, the value in YAML; unknown names are errors')
    .meta({ whole: true }),
});

/** The `train` command. */
export const command = defineCommand({
  name: 'train',
  summary: 'Train a detector on a corpus: fit on train, choose and calibrate on dev',
  arguments: [
    {
      name: 'RECIPE',
      description: `${RECIPES.map(({ name }) => name).join(', ')}; a .ts, .mts, .js or .mjs file that exports defineRecipe({…}) (types are taken away, not checked; \`ringtrue\` is this package); or a .yaml file {recipe, corpus, seed, settings}`,
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue train lfcc-gmm',
      does: 'trains the classical baseline on speech-mini in seconds; with --eval its card has eval figures too',
    },
    {
      line: 'ringtrue train acoustic-logistic --corpus my/manifest.csv --out my-detector',
      does: 'trains on your own corpus',
    },
    {
      line: 'ringtrue train feature-gmm --feature cqcc --set normalise=cmvn',
      does: 'trains mixtures on one of nine feature families',
    },
    {
      line: 'ringtrue train lcnn --set epochs=20 batch=8',
      does: 'trains a network with other settings; killed, the same command continues',
    },
  ],
  async run(
    { corpus: spec, out, seed, weights, feature, eval: evaluate, set },
    { args, onProgress, signal, print, result },
  ) {
    const [ref = ''] = args;
    const loaded = await loadRecipe(ref);
    const { name } = loaded.recipe;
    const settings = {
      ...(feature === undefined ? {} : { feature }),
      ...Object.fromEntries(set.map(parseSetting)),
    };
    const corpus = await openCorpus(
      spec ?? loaded.corpus ?? 'speech-mini',
      {},
      { onProgress, signal },
    );
    const ownName = feature === undefined ? `my-${name}` : `my-${name}-${feature}`;
    const folder = out ?? cacheFolder('models', ownName);
    const trained = await trainDetector(
      loaded,
      corpus,
      { out: folder, seed, settings, weights, evaluate },
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
                  percentWithInterval(figures.eer),
                  decimalWithInterval(figures.auc),
                ],
              ],
        ),
      )}\n${trained.dev.note}\n${confoundLine(floorOf(corpus))}\n`,
    );
    print(
      `${join(folder, 'card.md')} in ${formatSeconds(trained.seconds)}; use it: ringtrue scan FILE --detectors ${out === undefined ? ownName : asPath(out)}`,
    );
    // A TrainResult is plain data.
    result(JSON.parse(JSON.stringify({ ...trained, confound: floorOf(corpus) })) as Json);
    return 0;
  },
});

/** A folder as detectors are named: a word without a slash would be a name. */
function asPath(folder: string): string {
  return folder.includes('/') ? folder : `./${folder}`;
}

/** `NAME=VALUE`, the value in YAML. */
function parseSetting(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new RingtrueError('cli/usage', `--set ${text}: expected NAME=VALUE`);
  const name = text.slice(0, at);
  return [
    name,
    parseYaml(text.slice(at + 1), { where: `--set ${name}`, code: 'core/invalid-options' }),
  ];
}
