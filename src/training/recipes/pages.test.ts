import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { toMarkdownTable } from '../../core/schema.ts';
import { autoencoderGmm } from './autoencoder-gmm.ts';
import { featureGmm } from './feature-gmm.ts';
import { fusion } from './fusion.ts';

test.each([
  ['feature-gmm', featureGmm],
  ['feature-gmm', autoencoderGmm],
  ['fusion', fusion],
])('the page %s has the settings of its recipe', async (page, { settings }) => {
  const url = new URL(`../../../docs/detectors/${page}.md`, import.meta.url);
  expect(await readFile(url, 'utf8')).toContain(toMarkdownTable(settings));
});
