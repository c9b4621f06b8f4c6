import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/runtime/backend.ts';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';
import { createStepper } from '../../src/runtime/stepper.ts';
import { STEP_STATE, stepModel } from '../contracts/backend.ts';
import { openBrowser } from '../helpers/chromium.ts';
import { ENGINE_TOLERANCE, engineDifference, exampleGraphs } from '../helpers/example-graphs.ts';
import { base64, mapValues, type Packed, pack, unpack } from '../helpers/packed-tensors.ts';
import { serve, type TestServer } from './serve.ts';

/** Bare names as bundlers would resolve them; only what runs models, and nothing of the ONNX format. */
const IMPORTS = {
  'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs',
  'onnxruntime-web/webgpu': '/node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs',
};
const FILES = '/node_modules/onnxruntime-web/dist/';
/** A software adapter stands for a GPU, so that the test needs none. */
const GPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const STEPS = 50;

type Outcome = Record<string, Packed> | { code: string; message: string };

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  server = await serve({ imports: IMPORTS, isolated: true });
  browser = await openBrowser(GPU_FLAGS);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Calls a function of runtime-page.mjs in a page of its own. */
async function inPage<T>(name: string, ...args: readonly unknown[]): Promise<T> {
  const page = await browser.newPage();
  const outside: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !/^(blob|data):/.test(request.url())) {
      outside.push(request.url());
    }
  });
  try {
    await page.goto(server.url);
    const call = `(async () => (await import('/test/browser/runtime-page.mjs')).${name}(...${JSON.stringify(args)}))()`;
    // The page answers what the function returns.
    const answer = (await page.evaluate(call)) as T;
    expect(outside).toEqual([]);
    return answer;
  } finally {
    await page.close();
  }
}

describe.each([
  ['WebAssembly', { provider: 'wasm', filesUrl: FILES }],
  ['WebAssembly on two threads', { provider: 'wasm', threads: 2, filesUrl: FILES }],
  ['WebGPU', { provider: 'webgpu', filesUrl: FILES }],
])('Chromium, %s', (_, options) => {
  test('gives the results of native code within the tolerance', async () => {
    const examples = exampleGraphs();
    const cases = mapValues(examples, ({ graph, feeds }) => ({
      model: base64(graph.bytes()),
      feeds: mapValues(feeds, pack),
    }));
    const there = await inPage<Record<string, Outcome>>('runModels', cases, options);
    const differences: Record<string, number> = {};
    for (const [name, { graph, feeds }] of Object.entries(examples)) {
      const session = await createOnnxNodeBackend().load(graph.bytes());
      const expected = await session.run(feeds);
      await session.dispose();
      const found = there[name]!;
      if ('code' in found)
        throw new Error(`${name}: ${String(found.code)} ${String(found.message)}`);
      expect(Object.keys(found)).toEqual(Object.keys(expected));
      for (const [output, tensor] of Object.entries(expected)) {
        differences[`${name}.${output}`] = engineDifference(tensor, unpack(found[output]!));
      }
    }
    const far = Object.entries(differences).filter(([, value]) => !(value < ENGINE_TOLERANCE));
    expect(far).toEqual([]);
    expect(Object.keys(differences)).toHaveLength(22);
  });

  test('trains as native code does', async () => {
    const x = { dims: [3], data: Float32Array.of(0.5, 0, -1) };
    const native = await createOnnxNodeBackend().load(stepModel());
    const stepper = createStepper(native, STEP_STATE);
    const losses: number[] = [];
    const advance = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        losses.push(Number((await stepper.step({ x })).loss!.data[0]));
      }
    };
    await advance(STEPS / 2);
    const half = await stepper.read(['w']);
    await advance(STEPS / 2);
    const whole = await stepper.read();
    await native.dispose();
    const there = await inPage<{
      losses: number[];
      half: Record<string, Packed>;
      state: Record<string, Packed>;
      set: Record<string, Packed>;
      isolated: boolean;
      keepsState: boolean;
    }>(
      'runSteps',
      {
        model: base64(stepModel()),
        updates: STEP_STATE.updates,
        state: mapValues<Tensor, Packed>(STEP_STATE.state, pack),
        batch: { x: pack(x) },
        steps: STEPS,
      },
      options,
    );
    expect(there.isolated).toBe(true);
    expect(there.keepsState).toBe(options.provider === 'webgpu');
    // No sum has more than two terms and every product is by a power of two: nothing may differ.
    expect(there.losses).toEqual(losses);
    expect(mapValues(there.half, unpack)).toEqual(half);
    expect(mapValues(there.state, unpack)).toEqual(whole);
    expect(mapValues(there.set, unpack)).toEqual({ ...whole, ...half });
  });

  test('gives errors their codes', async () => {
    const there = await inPage<Record<string, Outcome>>(
      'runModels',
      { broken: { model: base64(Uint8Array.of(1, 2, 3, 4)), feeds: {} } },
      options,
    );
    expect(there.broken).toMatchObject({ code: 'models/bad-file' });
  });
});

test('a page can ask whether there is a GPU', async () => {
  expect(await inPage('gpuHere')).toBe(true);
});
