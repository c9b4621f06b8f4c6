import { expect, test } from 'vitest';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';
import { evaluateAt, openBrowser } from '../helpers/chromium.ts';
import { ENGINE_TOLERANCE } from '../helpers/example-graphs.ts';
import { serve } from './serve.ts';
import { type TrainedHere, trainHere } from './train-page.mjs';

/** Bare names as bundlers would resolve them. */
const IMPORTS = {
  '@jax-js/jax': '/node_modules/@jax-js/jax/dist/index.js',
  '@bufbuild/protobuf': '/node_modules/@bufbuild/protobuf/dist/esm/index.js',
  '@bufbuild/protobuf/codegenv2': '/node_modules/@bufbuild/protobuf/dist/esm/codegenv2/index.js',
  '@noble/hashes/': '/node_modules/@noble/hashes/',
  'onnx-buf': '/node_modules/onnx-buf/dist/onnx_pb.js',
  'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs',
};

/** A hundred steps add up what one may differ by. */
const TRAINED_TOLERANCE = 100 * ENGINE_TOLERANCE;

test('a page compiles a training by itself: the graph of Node, and its results', async () => {
  const here = await trainHere(
    await import('../../src/public/runtime.ts'),
    createOnnxNodeBackend(),
  );
  expect(here.findings).toEqual([]);
  expect(here.losses.at(-1)).toBeLessThan(here.losses[0]! / 20);
  const server = await serve({ imports: IMPORTS });
  const browser = await openBrowser();
  try {
    const there = (await evaluateAt(
      browser,
      server.url,
      `import('/test/browser/train-page.mjs').then((module) => module.trainInPage())`,
    )) as TrainedHere;
    expect(there.graph).toBe(here.graph);
    expect(there).toMatchObject({ findings: [], left: 0 });
    for (const name of ['losses', 'made'] as const)
      for (const [i, value] of here[name].entries())
        expect(Math.abs(value - there[name][i]!), `${name} ${i}`).toBeLessThan(TRAINED_TOLERANCE);
  } finally {
    await browser.close();
    server.close();
  }
});
