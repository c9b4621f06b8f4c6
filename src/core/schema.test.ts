import { expect, test } from 'vitest';
import * as z from 'zod';
import { describeFields, parseOptions, toJsonSchema, toMarkdownTable } from './schema.ts';

const schema = z.strictObject({
  snrDb: z
    .number()
    .min(-20)
    .max(80)
    .default(20)
    .describe('signal-to-noise ratio')
    .meta({ unit: 'dB', short: 's' }),
  mode: z.enum(['reference', 'causal']).default('causal').describe('which echo'),
  frameMs: z.literal([10, 20]).default(20).describe('frame').meta({ unit: 'ms' }),
  detectors: z.array(z.string()).optional().describe('names'),
  set: z.array(z.string()).default([]).describe('settings').meta({ whole: true }),
  out: z.string().describe('folder'),
});

test('one schema gives flags with units, choices and defaults', () => {
  expect(describeFields(schema)).toEqual([
    {
      name: 'snrDb',
      flag: 'snr-db',
      short: 's',
      kind: 'number',
      unit: 'dB',
      max: 80,
      description: 'signal-to-noise ratio',
      required: false,
      default: 20,
    },
    {
      name: 'mode',
      flag: 'mode',
      kind: 'choice',
      choices: ['reference', 'causal'],
      description: 'which echo',
      required: false,
      default: 'causal',
    },
    {
      name: 'frameMs',
      flag: 'frame-ms',
      kind: 'number',
      choices: ['10', '20'],
      unit: 'ms',
      description: 'frame',
      required: false,
      default: 20,
    },
    { name: 'detectors', flag: 'detectors', kind: 'list', description: 'names', required: false },
    {
      name: 'set',
      flag: 'set',
      kind: 'list',
      whole: true,
      description: 'settings',
      required: false,
      default: [],
    },
    { name: 'out', flag: 'out', kind: 'string', description: 'folder', required: true },
  ]);
});

test('the same schema gives a docs table and JSON Schema', () => {
  expect(toMarkdownTable(schema).split('\n')[2]).toBe(
    '| `snrDb` | number | dB | `20` | signal-to-noise ratio |',
  );
  expect(toJsonSchema(schema)).toMatchObject({
    type: 'object',
    required: ['out'],
    additionalProperties: false,
  });
});

test('every problem is named by its path', () => {
  expect(() =>
    parseOptions(schema, { snrDb: 200, out: 'x', color: 1 }, { where: 'step 2' }),
  ).toThrow(/step 2\.snrDb: .*80.*; step 2: .*color/);
});
