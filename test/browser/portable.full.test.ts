import { expect, test } from 'vitest';
import { evaluateAt, openBrowser } from '../helpers/chromium.ts';
import { serve } from './serve.ts';

/** Bare names as bundlers would resolve them. */
const IMPORTS = {
  zod: '/node_modules/zod/index.js',
  '@noble/hashes/': '/node_modules/@noble/hashes/',
};
const MODULES = `{
  dsp: await import('/dist/public/dsp.js'),
  corruptions: await import('/dist/public/corruptions.js'),
  metrics: await import('/dist/public/metrics.js'),
}`;

test('signal code, corruptions and metrics give the same bits in Chromium and in Node', async () => {
  const { runCases } = await import('./cases.mjs');
  const here = await runCases({
    dsp: await import('../../src/public/dsp.ts'),
    corruptions: await import('../../src/public/corruptions.ts'),
    metrics: await import('../../src/public/metrics.ts'),
  });
  const server = await serve({ imports: IMPORTS });
  const browser = await openBrowser();
  try {
    const there = (await evaluateAt(
      browser,
      server.url,
      `(async () => (await import('/test/browser/cases.mjs')).runCases(${MODULES}))()`,
    )) as Record<string, string>;
    const different = Object.keys(here).filter((name) => here[name] !== there[name]);
    expect(different).toEqual([]);
    expect(Object.keys(there)).toEqual(Object.keys(here));
    expect(Object.keys(here).length).toBeGreaterThan(100);
  } finally {
    await browser.close();
    server.close();
  }
});
