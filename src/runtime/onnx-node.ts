/**
 * ONNX models on onnxruntime-node, an optional package.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { importOptional } from '../core/node/modules.ts';
import type { Backend } from './backend.ts';
import { loadSession, type SessionSetup } from './ort.ts';

const VERSION = '1.30.0';

/** How the engine is made. */
export interface OnnxNodeOptions {
  /** Threads of one operator: one by default, because studies run many workers. @default 1 */
  readonly threads?: number;
  /** What computes. WebGPU runs what it has no kernel for on the CPU. @default 'cpu' */
  readonly provider?: 'cpu' | 'webgpu';
}

/**
 * The engine on onnxruntime-node. A run blocks the thread that it is started on until it ends.
 * @throws from `load`, besides what the contract says: RingtrueError `runtime/no-provider` where the
 * machine has no WebGPU adapter
 */
export function createOnnxNodeBackend(options: OnnxNodeOptions = {}): Backend {
  const { threads = 1, provider = 'cpu' } = options;
  return {
    async load(bytes, loadOptions = {}) {
      const ort = await importOptional(
        'onnxruntime-node',
        VERSION,
        () => import('onnxruntime-node'),
      );
      const setup = (providers: readonly string[]): SessionSetup => ({
        ort,
        bytes,
        options: loadOptions,
        writesOutputs: true,
        discard,
        settings: {
          executionProviders: [...providers],
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
        },
      });
      if (provider === 'cpu') return loadSession(setup(['cpu']));
      try {
        return await loadSession(setup(['webgpu', 'cpu']));
      } catch (error) {
        // A model that the CPU loads is not to blame.
        const session = await loadSession(setup(['cpu']));
        await session.dispose();
        throw new RingtrueError('runtime/no-provider', `no WebGPU here: ${String(error)}`, {
          details: { provider },
          cause: error,
        });
      }
    },
  };
}

/** Copies smaller than this are left to the garbage collector: freeing them costs more. */
const DISCARD_BYTES = 1 << 16;

/**
 * Frees memory before the garbage collector would. onnxruntime-node writes into given outputs and copies
 * them once more for its result; these copies make a process whose outputs are 32 MB grow by 80 MB
 * (`perf/runtime.mjs`). A clone of nothing takes the buffers with it when it goes, which is about a step
 * later: freed at once they would go back to the system, to be asked for again page by page.
 */
function discard(buffers: readonly ArrayBuffer[]): void {
  const transfer = buffers.filter(({ byteLength }) => byteLength >= DISCARD_BYTES);
  if (transfer.length > 0) structuredClone(null, { transfer });
}
