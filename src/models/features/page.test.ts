import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { toMarkdownTable } from '../../core/schema.ts';
import {
  autoencoderSchema,
  FEATURE_FAMILIES,
  featureSchema,
  finishing,
  vadSchema,
} from './settings.ts';

/** Parameters of a family without those that all have. */
function own(shape: z.ZodRawShape): string {
  const rows = Object.entries(shape).filter(([name]) => name !== 'family' && !(name in finishing));
  return toMarkdownTable(z.object(Object.fromEntries(rows)));
}

/** Tables of the page, one a kind of settings. */
function tables(): string[] {
  const { options } = featureSchema;
  return [
    ...new Set(options.map(({ shape }) => own(shape))),
    own(autoencoderSchema.shape),
    toMarkdownTable(z.object(finishing)),
    ...vadSchema.options.flatMap(({ shape }) =>
      Object.keys(shape).length > 1 ? [toMarkdownTable(z.object(shape).omit({ kind: true }))] : [],
    ),
  ];
}

test('the page of features has every parameter with its unit and default', async () => {
  const url = new URL('../../../docs/detectors/features.md', import.meta.url);
  const page = await readFile(url, 'utf8');
  for (const table of tables()) expect(page).toContain(table);
  for (const family of FEATURE_FAMILIES) expect(page).toContain(`\`${family}\``);
});
