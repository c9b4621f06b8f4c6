/**
 * ONNX models on onnxruntime-node, an optional package.
 * @module
 */

import type * as Ort from 'onnxruntime-node';
import { RingtrueError } from '../core/errors.ts';
import { importOptional } from '../core/node/modules.ts';
import type { Backend, RuntimeSession, Tensor, TensorData } from './backend.ts';

const VERSION = '1.30.0';

/** Only errors are logged: warnings would go to the standard error of whoever uses the library. */
const LOG_ERRORS = 3;

/**
 * The engine on onnxruntime's CPU provider.
 * @param options threads of one operator: one by default, because studies run many workers
 */
export function createOnnxNodeBackend({ threads = 1 }: { threads?: number } = {}): Backend {
  return {
    async load(bytes): Promise<RuntimeSession> {
      const ort = await importOptional(
        'onnxruntime-node',
        VERSION,
        () => import('onnxruntime-node'),
      );
      let session: Ort.InferenceSession;
      try {
        session = await ort.InferenceSession.create(bytes, {
          executionProviders: ['cpu'],
          intraOpNumThreads: threads,
          interOpNumThreads: 1,
          logSeverityLevel: LOG_ERRORS,
        });
      } catch (error) {
        throw new RingtrueError(
          'models/bad-file',
          `not a model that onnxruntime loads: ${text(error)}`,
          {
            cause: error,
          },
        );
      }
      return {
        inputs: session.inputNames,
        outputs: session.outputNames,
        run: (feeds) => runSession(ort, session, feeds),
        dispose: () => session.release(),
      };
    },
  };
}

async function runSession(
  ort: typeof Ort,
  session: Ort.InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  try {
    const results = await session.run(
      Object.fromEntries(
        Object.entries(feeds).map(([name, { data, dims }]) => [name, new ort.Tensor(data, dims)]),
      ),
    );
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [
        name,
        { data: numeric(name, data), dims },
      ]),
    );
  } catch (error) {
    if (error instanceof RingtrueError) throw error;
    throw new RingtrueError('models/bad-output', `the model does not run: ${text(error)}`, {
      cause: error,
    });
  }
}

function numeric(name: string, data: Ort.Tensor['data']): TensorData {
  if (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof BigInt64Array ||
    data instanceof Uint8Array ||
    data instanceof Int8Array
  ) {
    return data;
  }
  throw new RingtrueError('models/bad-output', `output ${name} has a type that is not supported`);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
