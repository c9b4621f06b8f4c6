import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toMono } from '../../src/audio/audio.ts';
import { decode } from '../../src/audio/io/decode.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { openCorpus } from '../../src/datasets/open.ts';
import { SCORE_TOLERANCE } from '../../src/models/engines.ts';
import { readExported } from '../../src/models/network/export.ts';
import { stretchOf } from '../../src/models/network/length.ts';
import type { Tensor } from '../../src/runtime/backend.ts';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';
import { openBrowser } from '../helpers/chromium.ts';
import { runRingtrue } from '../helpers/command-line.ts';
import { base64, mapValues, type Packed, pack, unpack } from '../helpers/packed-tensors.ts';
import { serve, type TestServer } from './serve.ts';

/** Networks of each kind, and files that are made of them. */
const EXPORTS = [
  { name: 'LFCC-LCNN', recipe: 'lcnn', flags: ['--with-front-end'] },
  { name: 'LFCC-LCNN, int8', recipe: 'lcnn', flags: ['--with-front-end', '--int8'] },
  { name: 'GRU', recipe: resolve('examples/recipes/gru.ts'), flags: ['--with-front-end'] },
  {
    name: 'transformer',
    recipe: resolve('examples/recipes/transformer.ts'),
    flags: ['--with-front-end'],
  },
] as const;

let folder: string;
let server: TestServer;
let browser: Browser;
let sounds: Float32Array[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-browser-export-'));
  // As long as the longest stretch: nothing is filled up with digital silence.
  await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 3, durationSec: 4 });
  const { clips } = await openCorpus(join(folder, 'toy', 'manifest.jsonl'));
  const dev = clips.filter(({ split }) => split === 'dev').slice(0, 4);
  sounds = await Promise.all(dev.map(async ({ path }) => toMono((await decode(path)).audio)));
  server = await serve({
    imports: { 'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs' },
  });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

function ringtrue(...args: string[]): { readonly [key: string]: unknown } {
  const { status, stdout, stderr } = runRingtrue([...args, '--json', '--quiet'], { cwd: folder });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Scores of stretches in a page, by the bytes of a file. */
async function scoresThere(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Tensor> {
  const page = await browser.newPage();
  try {
    await page.goto(server.url);
    const cases = { exported: { model: base64(bytes), feeds: mapValues(feeds, pack) } };
    const options = { filesUrl: '/node_modules/onnxruntime-web/dist/' };
    // The page answers what the function returns.
    const answer = (await page.evaluate(
      `(async () => (await import('/test/browser/runtime-page.mjs')).runModels(${JSON.stringify(cases)}, ${JSON.stringify(options)}))()`,
    )) as { exported: Record<string, Packed> };
    return unpack(answer.exported.score!);
  } finally {
    await page.close();
  }
}

test.each(EXPORTS)('$name scores in Chromium as in Node', async ({ recipe, flags }) => {
  const out = join(folder, recipe.replaceAll('/', '_'));
  // A folder that is whole goes on from its last checkpoint: there is nothing left to do.
  ringtrue(
    'train',
    recipe,
    '--corpus',
    'toy/manifest.jsonl',
    '--out',
    out,
    '--set',
    'epochs=1',
    'batch=4',
  );
  const path = `${out}${flags.join('')}.onnx`;
  const { engines } = ringtrue('models', 'export', out, '--out', path, ...flags);
  // It compared the engines by itself.
  expect(engines).toMatchObject({ stretches: 5, tolerance: SCORE_TOLERANCE });
  const onnx = await readFile(path);
  const { model } = readExported(onnx, path)!;
  const { sampleRate } = model.frontEnd;
  const stretches = sounds.map((mono) =>
    stretchOf(mono, { length: model.length, sampleRate, start: 0 }),
  );
  const size = stretches[0]!.samples.length;
  const samples = new Float32Array(stretches.length * size);
  for (const [i, stretch] of stretches.entries()) samples.set(stretch.samples, i * size);
  const feeds: Record<string, Tensor> = {
    [model.inputs.features]: { dims: [stretches.length, size], data: samples },
  };
  if (model.inputs.valid !== null) {
    const valid = Float32Array.from(stretches, (stretch) => stretch.valid);
    feeds[model.inputs.valid] = { dims: [stretches.length], data: valid };
  }
  const here = await scoresHere(onnx, feeds);
  const there = Array.from((await scoresThere(onnx, feeds)).data, Number);
  expectAlike(here, there);
});

test('LFCC-GMM scores in Chromium as in Node', async () => {
  const path = join(folder, 'lfcc-gmm.onnx');
  const args = ['models', 'export', 'lfcc-gmm', '--out', path, '--with-front-end'];
  expect(ringtrue(...args).engines).toMatchObject({ stretches: 5, tolerance: SCORE_TOLERANCE });
  const onnx = await readFile(path);
  const [here, there]: [number[], number[]] = [[], []];
  for (const mono of sounds) {
    const feeds = { samples: { dims: [1, mono.length], data: mono } };
    here.push(...(await scoresHere(onnx, feeds)));
    there.push(...Array.from((await scoresThere(onnx, feeds)).data, Number));
  }
  expectAlike(here, there);
});

async function scoresHere(
  onnx: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<number[]> {
  const session = await createOnnxNodeBackend().load(onnx);
  const { score } = await session.run(feeds);
  await session.dispose();
  return Array.from(score!.data, Number);
}

function expectAlike(here: readonly number[], there: readonly number[]): void {
  expect(here).toHaveLength(sounds.length);
  // Scores that are all alike would agree by accident.
  expect(Math.max(...here) - Math.min(...here)).toBeGreaterThan(20 * SCORE_TOLERANCE);
  const differences = here.map(
    (score, i) => Math.abs(score - there[i]!) / Math.max(1, Math.abs(score)),
  );
  expect(Math.max(...differences)).toBeLessThan(SCORE_TOLERANCE);
}
