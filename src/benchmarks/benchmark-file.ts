/**
 * The benchmark file: one YAML that says which detectors are trained on what and tested on what.
 * @module
 */

import * as z from 'zod';
import { conditionSchema, intervalSchema } from '../bench/study.ts';
import { parseOptions } from '../core/schema.ts';
import { parseYaml } from '../core/yaml.ts';
import { filterSchema } from './filter.ts';

const corpusSchema = z.union([
  z.string().min(1),
  z.looseObject({ reader: z.string(), root: z.string() }),
]);

const nameSchema = z
  .string()
  .regex(
    /^[\p{L}\d][\p{L}\d _.-]*$/u,
    'expected letters, digits, spaces, `.`, `-` and `_`, a letter or digit first',
  );

const recipeSchema = z.union([
  z.string().min(1),
  z.strictObject({
    recipe: z.string().min(1).describe('name, or a .ts, .js or .yaml file, relative to this one'),
    name: nameSchema.optional().describe("name in tables; the recipe's own if absent"),
    settings: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('settings that differ from its defaults'),
  }),
]);

const sizesSchema = z.strictObject({
  train: z.int().min(4).default(200).describe('clips of both classes to train on, at most'),
  dev: z.int().min(4).default(60).describe('clips that choose settings and threshold, at most'),
  test: z.int().min(4).default(120).describe('clips of a test set, at most'),
  least: z.int().min(2).default(10).describe('clips of each class that any set needs at least'),
});

const treatmentSchema = z.strictObject({
  levelDb: z
    .number()
    .max(-6)
    .optional()
    .describe('active speech level that all clips are brought to')
    .meta({ unit: 'dBFS' }),
  chain: z
    .array(z.string().min(1))
    .min(1)
    .default(['mp3@3'])
    .describe('corruptions that all clips of both classes go through, after the level'),
});

const common = {
  name: nameSchema
    .optional()
    .describe('name for reports and the result folder; that of the file if absent'),
  corpus: corpusSchema
    .optional()
    .describe('built corpus, folder, manifest, or `{reader, root}` of a published set'),
  corpora: z
    .record(nameSchema, corpusSchema)
    .optional()
    .describe('several of them by name, in place of `corpus`; filters see the name as `corpus`'),
  filter: filterSchema.default({}).describe('which clips are looked at at all'),
  domains: z
    .record(nameSchema, filterSchema)
    .describe('each domain: a real source, generators, speakers'),
  recipes: z.array(recipeSchema).min(1).describe('what is trained'),
  seeds: z
    .array(z.int().min(0).max(2147483647))
    .min(1)
    .default([1, 2, 3])
    .describe('each draws its own training clips and starts its own training'),
  sizes: sizesSchema.default(sizesSchema.parse({})).describe('numbers of clips'),
  sampling: z
    .enum(['paired', 'balanced'])
    .default('paired')
    .describe('`paired`: half of them bona fide clips, the others a twin of each; or drawn apart'),
  hold: z
    .enum(['auto', 'manifest', 'speaker', 'source'])
    .default('auto')
    .describe(
      'what of a source is new in its test set: whatever the splits of the `manifest` keep apart, its speakers, or sentences (`source`); `auto` takes speakers where it has six',
    ),
  conditions: z
    .array(conditionSchema)
    .min(1)
    .default(['clean'])
    .describe('what test clips go through, as in a study'),
  control: treatmentSchema
    .optional()
    .describe('trains and tests once more with every clip of both classes treated the same'),
  interval: intervalSchema
    .omit({ unit: true })
    .default(intervalSchema.omit({ unit: true }).parse({}))
    .describe('how intervals are made'),
  seed: z
    .int()
    .min(0)
    .max(2147483647)
    .default(1)
    .describe('decides test sets, splits, corruptions and resampling'),
};

const oneCorpus = ({ corpus, corpora }: { corpus?: unknown; corpora?: unknown }): boolean =>
  (corpus === undefined) !== (corpora === undefined);
const ONE_CORPUS = 'expected either `corpus` or `corpora`';

/** `benchmark: cross-domain`: train in one domain, test in and across (arXiv 2506.00462). */
export const crossDomainSchema = z.strictObject({
  benchmark: z.literal('cross-domain'),
  ...common,
  variants: z
    .boolean()
    .default(true)
    .describe('also changes one factor at a time: the generators, or the real source'),
  diversity: z
    .strictObject({
      k: z
        .array(z.int().min(1))
        .min(2)
        .default([1, 2, 3, 4])
        .describe('numbers of domains; one must stay unseen'),
      train: z
        .int()
        .min(4)
        .optional()
        .describe('clips of every such training set, exactly; `sizes.train` if absent'),
    })
    .optional()
    .describe('trains on several domains at the same total size'),
});

/** `benchmark: leave-one-out`: leave a corpus, a language, a system out (arXiv 2401.09512). */
export const leaveOneOutSchema = z.strictObject({
  benchmark: z.literal('leave-one-out'),
  ...common,
  leave: z
    .array(z.string().min(1))
    .default(['domain', 'language', 'generator'])
    .describe('what is left out, value by value: `domain`, or a field of the clips'),
  unions: z.boolean().default(true).describe('also trains on every two domains together'),
  vintage: z
    .strictObject({
      order: z.array(z.string().min(1)).min(3).describe('generators from the oldest to the newest'),
      easiest: z.string().min(1).describe('the one that should be found most easily'),
    })
    .optional()
    .describe('whether older generators are easier: a rank correlation'),
});

/** What a benchmark file may say. Unknown keys are errors. */
export const benchmarkSchema = z.discriminatedUnion('benchmark', [
  crossDomainSchema.refine(oneCorpus, ONE_CORPUS),
  leaveOneOutSchema.refine(oneCorpus, ONE_CORPUS),
]);

/** A cross-domain benchmark with its defaults. */
export type CrossDomain = z.output<typeof crossDomainSchema>;
/** A leave-one-out benchmark with its defaults. */
export type LeaveOneOut = z.output<typeof leaveOneOutSchema>;
/** A benchmark with its defaults. */
export type Benchmark = CrossDomain | LeaveOneOut;
/** What all clips of a control go through. */
export type Treatment = z.output<typeof treatmentSchema>;

/**
 * Reads a benchmark file.
 * @param text YAML (or JSON, which is YAML)
 * @param where names the file in messages
 * @throws RingtrueError `benchmarks/bad-file`, with the line or the path of every problem
 */
export function parseBenchmark(text: string, where = 'benchmark'): Benchmark {
  return checkBenchmark(parseYaml(text, { where, code: 'benchmarks/bad-file' }), where);
}

/**
 * Checks a benchmark that did not come from a file.
 * @throws RingtrueError `benchmarks/bad-file`, with the path of every problem
 */
export function checkBenchmark(value: unknown, where = 'benchmark'): Benchmark {
  return parseOptions(benchmarkSchema, value, { where, code: 'benchmarks/bad-file' });
}
