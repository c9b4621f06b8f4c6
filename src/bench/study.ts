/**
 * The study file: one YAML that says what is run.
 * @module
 */

import * as z from 'zod';
import { parseOptions } from '../core/schema.ts';
import { parseYaml } from '../core/yaml.ts';
import { DEFAULT_ATTRIBUTES } from './attributes.ts';

/** A condition of a study file. */
export const conditionSchema = z.union([
  z.string().min(1),
  z.strictObject({
    chain: z.array(z.string().min(1)).describe('corruptions applied one after the other'),
  }),
]);

/** `interval` of a study file. */
export const intervalSchema = z.strictObject({
  replicates: z.int().min(100).max(100000).default(1000).describe('bootstrap resamples'),
  level: z.number().gt(0).lt(1).default(0.95).describe('share of resamples inside an interval'),
  unit: z
    .enum(['auto', 'speaker', 'source', 'clip'])
    .default('auto')
    .describe('what is resampled; `auto` takes the highest level that repeats'),
});

/** `limits` of a study file. */
export const limitsSchema = z.strictObject({
  clips: z.int().min(2).optional().describe('clips at most, drawn evenly from both classes'),
  maxDurationSec: z
    .number()
    .positive()
    .default(3600)
    .describe('longest recording')
    .meta({ unit: 's' }),
  maxTimeSec: z
    .number()
    .positive()
    .default(60)
    .describe('longest time to decode a recording')
    .meta({ unit: 's' }),
  maxMemoryMb: z
    .int()
    .positive()
    .default(1024)
    .describe('most memory of the decoder')
    .meta({ unit: 'MB' }),
  maxBytes: z.int().positive().default(2147483648).describe('largest file').meta({ unit: 'bytes' }),
});

/** What a study file may say. Unknown keys are errors. */
export const studySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w][\w .-]*$/, 'expected letters, digits, spaces, `.`, `-` and `_`')
    .optional()
    .describe('name for reports and the run folder; the name of the file or corpus if absent'),
  corpus: z
    .union([z.string().min(1), z.looseObject({ reader: z.string(), root: z.string() })])
    .describe('built corpus, folder, manifest, or `{reader, root}` of a published set'),
  split: z
    .enum(['train', 'dev', 'eval', 'all'])
    .optional()
    .describe('part of the corpus; `eval` where the corpus has one, else `all`'),
  detectors: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'names, ONNX files, URLs or commands; the first is the base of mean corruption errors',
    ),
  conditions: z
    .array(conditionSchema)
    .min(1)
    .default(['clean'])
    .describe(
      '`clean`, `NAME@LEVEL`, `NAME@1..5`, `NAME`, `FAMILY/*` or `{chain: [...]}`; `~OPTION=VALUE` after a name or level',
    ),
  seed: z
    .int()
    .min(0)
    .max(2147483647)
    .default(1)
    .describe('decides everything random: corruptions, choice of clips, resampling')
    .meta({ short: 's' }),
  assert: z
    .array(z.string().min(1))
    .default([])
    .describe('comparisons that must hold, else the exit code is 3'),
  groups: z
    .array(z.string().min(1))
    .refine((names) => new Set(names).size === names.length, 'each attribute once')
    .default([...DEFAULT_ATTRIBUTES])
    .describe(
      'attributes of the group tables: `language`, `domain`, … or keys of `group` such as `sex`, `codec`',
    ),
  interval: intervalSchema.default(intervalSchema.parse({})).describe('how intervals are made'),
  limits: limitsSchema
    .default(limitsSchema.parse({}))
    .describe('how much is run, and what a recording may cost'),
  out: z.string().min(1).optional().describe('run folder; `runs/NAME-HASH` if absent'),
});

/** A study with its defaults filled in. */
export type Study = z.output<typeof studySchema>;

/**
 * Reads a study file.
 * @param text YAML (or JSON, which is YAML)
 * @param where names the file in messages
 * @throws RingtrueError `bench/bad-study`, with the line or the path of every problem
 */
export function parseStudy(text: string, where = 'study'): Study {
  return checkStudy(parseYaml(text, { where, code: 'bench/bad-study' }), where);
}

/**
 * Checks a study that did not come from a file.
 * @throws RingtrueError `bench/bad-study`, with the path of every problem
 */
export function checkStudy(value: unknown, where = 'study'): Study {
  return parseOptions(studySchema, value, { where, code: 'bench/bad-study' });
}
