/**
 * ONNX models on onnxruntime-web, an optional package: WebAssembly or WebGPU, in browsers; WebAssembly in
 * Node too.
 * @module
 */

import type * as Ort from 'onnxruntime-web';
import { RingtrueError } from '../core/errors.ts';
import { importOptional } from '../core/node/modules.ts';
import type { Backend, RuntimeSession, StateOptions, StateStore } from './backend.ts';
import { storeOnGpu } from './gpu-state.ts';
import { loadSession } from './ort.ts';

const VERSION = '1.30.0';

/** How the engine is made. onnxruntime-web takes `threads` and `filesUrl` of the first model that a page loads. */
export interface OnnxWebOptions {
  /** What computes. WebGPU runs what it has no kernel for in WebAssembly. @default 'wasm' */
  readonly provider?: 'wasm' | 'webgpu';
  /**
   * Threads of one operator. More than one needs a page that is cross-origin isolated (headers
   * `cross-origin-opener-policy: same-origin` and `cross-origin-embedder-policy: require-corp`).
   * @default 1
   */
  readonly threads?: number;
  /**
   * Folder that holds onnxruntime-web's .wasm and .mjs files, ending in a slash, such as
   * `https://example.org/ort/`. @default where the package lies
   */
  readonly filesUrl?: string;
}

/** Whether {@link createOnnxWebBackend} can compute on a GPU here. */
export async function hasWebGpu(): Promise<boolean> {
  return (await gpu()?.requestAdapter()) != null;
}

/** The little that is asked of WebGPU, whose types are not in TypeScript's library. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

function gpu(): Gpu | undefined {
  // Browsers without WebGPU and Node 20 have no navigator.gpu.
  return (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
}

/**
 * The engine on onnxruntime-web. Runs of one page wait for each other: the engine is not reentrant.
 * @throws from `load`, besides what the contract says: RingtrueError `runtime/no-provider` where the
 * browser has no WebGPU adapter
 */
export function createOnnxWebBackend(options: OnnxWebOptions = {}): Backend {
  const { provider = 'wasm' } = options;
  return {
    async load(bytes, loadOptions = {}) {
      if (provider === 'webgpu' && !(await hasWebGpu())) {
        throw new RingtrueError('runtime/no-provider', 'this browser has no WebGPU adapter', {
          details: { provider },
        });
      }
      const ort = await importOptional('onnxruntime-web', VERSION, () => openModule(options));
      const setup = {
        ort,
        bytes,
        options: loadOptions,
        // It accepts given outputs but never copies its memory into them.
        writesOutputs: false,
        settings: { executionProviders: [provider] },
      };
      const session = await inTurn(() => loadSession(setup));
      return {
        inputs: session.inputs,
        outputs: session.outputs,
        run: (feeds, runOptions) => inTurn(() => session.run(feeds, runOptions)),
        dispose: () => inTurn(() => session.dispose()),
        ...(provider === 'webgpu'
          ? { keepState: (state: StateOptions) => storeInTurn(storeOnGpu(setup, state)) }
          : {}),
      } satisfies RuntimeSession;
    },
  };
}

/** A store whose work waits for other work of the engine. */
function storeInTurn(store: StateStore): StateStore {
  return {
    step: (batch, signal) => inTurn(() => store.step(batch, signal)),
    read: (name) => inTurn(() => store.read(name)),
    write: (name, value) => inTurn(() => store.write(name, value)),
    dispose: () => inTurn(() => store.dispose()),
  };
}

async function openModule({
  provider,
  threads = 1,
  filesUrl,
}: OnnxWebOptions): Promise<typeof Ort> {
  const ort =
    provider === 'webgpu'
      ? await import('onnxruntime-web/webgpu')
      : await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = threads;
  if (filesUrl !== undefined) ort.env.wasm.wasmPaths = filesUrl;
  return ort;
}

let last: Promise<unknown> = Promise.resolve();

/** Starts work once all earlier work has ended, well or badly. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}
