import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HostArray, hostArray, sizeOf } from '../../src/compiler/arrays.ts';
import { createRng } from '../../src/core/rng.ts';
import type { Tensor } from '../../src/runtime/backend.ts';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';
import { createStepper } from '../../src/runtime/stepper.ts';
import { STEP_STATE, stepModel } from '../contracts/backend.ts';
import { openBrowser } from '../helpers/chromium.ts';
import { ENGINE_TOLERANCE, engineDifference, exampleGraphs } from '../helpers/example-graphs.ts';
import { base64, mapValues, type Packed, pack, unpack } from '../helpers/packed-tensors.ts';
import { WHOLE_MODELS, type WholeModel, wholeStep } from '../helpers/whole-models.ts';
import { serve, type TestServer } from './serve.ts';

/** Bare names as bundlers would resolve them; only what runs models, and nothing of the ONNX format. */
const IMPORTS = {
  'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs',
  'onnxruntime-web/webgpu': '/node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs',
};
const FILES = '/node_modules/onnxruntime-web/dist/';
/** A software adapter stands for a GPU, so that the test needs none. */
const GPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
/** Pages may call the collector, and are told what they hold to the byte. */
const MEMORY_FLAGS = ['--js-flags=--expose-gc', '--enable-precise-memory-info'];
const STEPS = 50;

/** The engine's code, which is compiled little by little, takes 150 KiB; a handle a step would be 900 KiB over 9,000. */
const SCRIPT_GROWTH = 256 * 1024;

/** The model with dropout, wide: a row of its batch that is kept at each step would be 2 MiB over 9,000. */
function wideModel(): WholeModel {
  const rng = createRng('wide');
  const normal = (...dims: number[]): HostArray =>
    hostArray(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => 0.1 * rng.normal()),
    );
  const { batch, loss } = WHOLE_MODELS.dropout!;
  return {
    parameters: { w: normal(64, 256), b: normal(256), out: normal(256, 2) },
    batch: [normal(8, 64), ...batch.slice(1)],
    loss,
  };
}

/** What a page holds, in bytes; `buffers` is a number of them. */
interface Holding {
  readonly script: number;
  readonly wasm: number;
  readonly buffers: number;
  readonly bytes: number;
}

type Outcome = Record<string, Packed> | { code: string; message: string };

let server: TestServer;
let browser: Browser;
beforeAll(async () => {
  server = await serve({ imports: IMPORTS, isolated: true });
  browser = await openBrowser([...GPU_FLAGS, ...MEMORY_FLAGS]);
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

/** How far the results of models in a page are from those of native code, by model and output. */
async function differencesThere(
  cases: Readonly<
    Record<string, { readonly bytes: Uint8Array; readonly feeds: Readonly<Record<string, Tensor>> }>
  >,
  options: object,
): Promise<Record<string, number>> {
  const packed = mapValues(cases, ({ bytes, feeds }) => ({
    model: base64(bytes),
    feeds: mapValues(feeds, pack),
  }));
  const there = await inPage<Record<string, Outcome>>('runModels', packed, options);
  const differences: Record<string, number> = {};
  for (const [name, { bytes, feeds }] of Object.entries(cases)) {
    const session = await createOnnxNodeBackend().load(bytes);
    const expected = await session.run(feeds);
    await session.dispose();
    const found = there[name]!;
    if ('code' in found) throw new Error(`${name}: ${String(found.code)} ${String(found.message)}`);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [output, tensor] of Object.entries(expected))
      differences[`${name}.${output}`] = engineDifference(tensor, unpack(found[output]!));
  }
  return differences;
}

describe.each([
  ['WebAssembly', { provider: 'wasm', filesUrl: FILES }, 10_000],
  ['WebAssembly on two threads', { provider: 'wasm', threads: 2, filesUrl: FILES }, 1_000],
  // The software adapter takes some 50 ms a step. Buffers are counted one by one: some hundred steps tell.
  ['WebGPU', { provider: 'webgpu', filesUrl: FILES }, 300],
])('Chromium, %s', (_, options, memorySteps) => {
  test('gives the results of native code within the tolerance', async () => {
    const cases = mapValues(exampleGraphs(), ({ graph, feeds }) => ({
      bytes: graph.bytes(),
      feeds,
    }));
    const differences = await differencesThere(cases, options);
    const far = Object.entries(differences).filter(([, value]) => !(value < ENGINE_TOLERANCE));
    expect(far).toEqual([]);
    expect(Object.keys(differences)).toHaveLength(22);
  });

  test('takes compiled steps of gradient descent as native code does', async () => {
    const cases = mapValues(WHOLE_MODELS, (model) => {
      const { bytes, state, batch } = wholeStep(model);
      return { bytes, feeds: { ...state, ...batch } };
    });
    const differences = await differencesThere(cases, options);
    const far = Object.entries(differences).filter(([, value]) => !(value < ENGINE_TOLERANCE));
    expect(far).toEqual([]);
    expect(Object.keys(differences).filter((name) => name.endsWith('out:loss'))).toEqual(
      Object.keys(WHOLE_MODELS).map((name) => `${name}.out:loss`),
    );
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

  test(`holds no more after ${memorySteps} compiled steps`, async () => {
    const { bytes, updates, state, batch } = wholeStep(
      memorySteps < 10_000 ? WHOLE_MODELS.dropout! : wideModel(),
    );
    const { held, losses } = await inPage<{ held: Holding[]; losses: number[] }>(
      'holdAt',
      {
        model: base64(bytes),
        updates,
        state: mapValues(state, pack),
        batch: mapValues(batch, pack),
        at: [1, memorySteps / 10, memorySteps],
      },
      options,
    );
    const [, before, after] = held;
    // It did train.
    expect(losses[2]).toBeLessThan(losses[0]! / 10);
    expect(after!.script - before!.script).toBeLessThan(SCRIPT_GROWTH);
    expect(after!.wasm).toBe(before!.wasm);
    expect(before!.wasm).toBeGreaterThan(0);
    expect(after).toMatchObject({ buffers: before!.buffers, bytes: before!.bytes });
    expect(before!.buffers > 0).toBe(options.provider === 'webgpu');
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
