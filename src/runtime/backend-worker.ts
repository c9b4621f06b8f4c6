/**
 * The worker thread behind the worker backend: loads models when they are first needed, runs them one
 * after the other.
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorData, toRingtrueError } from '../core/errors.ts';
import type { LoadOptions, RuntimeSession, Tensor, Tensors } from './backend.ts';
import { createOnnxNodeBackend, type OnnxNodeOptions } from './onnx-node.ts';

/** A model, told with the first work on it that a worker gets. */
export interface WorkerModel {
  readonly bytes: Uint8Array;
  readonly options: Pick<LoadOptions, 'optimisation'>;
}

/** What a worker is asked; it answers `load` and `run`, and ends after `close`. */
export type WorkerRequest =
  | { readonly type: 'load'; readonly session: number; readonly model: WorkerModel }
  | {
      readonly type: 'run';
      readonly session: number;
      /** Undefined if this worker has it already. */
      readonly model: WorkerModel | undefined;
      readonly feeds: Tensors;
      readonly only: readonly string[] | undefined;
    }
  | { readonly type: 'free'; readonly session: number }
  | { readonly type: 'close' };

/** What it answers, in the order of the questions. */
export type WorkerReply =
  | {
      readonly type: 'loaded';
      readonly inputs: readonly string[];
      readonly outputs: readonly string[];
    }
  | { readonly type: 'result'; readonly results: Record<string, Tensor> }
  | { readonly type: 'error'; readonly error: ErrorData };

// The worker backend starts this file with the options of the engine.
const backend = createOnnxNodeBackend(workerData as OnnxNodeOptions);
const sessions = new Map<number, RuntimeSession>();

async function open(id: number, model: WorkerModel | undefined): Promise<RuntimeSession> {
  const known = sessions.get(id);
  if (known !== undefined) return known;
  if (model === undefined) throw new Error(`internal: session ${id} was never told`);
  const session = await backend.load(model.bytes, model.options);
  sessions.set(id, session);
  return session;
}

async function answer(request: WorkerRequest): Promise<WorkerReply | undefined> {
  if (request.type === 'close') {
    for (const session of sessions.values()) await session.dispose();
    parentPort?.close();
    return undefined;
  }
  if (request.type === 'free') {
    await sessions.get(request.session)?.dispose();
    sessions.delete(request.session);
    return undefined;
  }
  const session = await open(request.session, request.model);
  if (request.type === 'load') {
    return { type: 'loaded', inputs: session.inputs, outputs: session.outputs };
  }
  const { feeds, only } = request;
  return { type: 'result', results: await session.run(feeds, only === undefined ? {} : { only }) };
}

let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: WorkerRequest) => {
  last = last.then(async () => {
    try {
      const reply = await answer(request);
      if (reply === undefined) return;
      const results = reply.type === 'result' ? Object.values(reply.results) : [];
      // Results are this thread's own memory, which nothing else refers to.
      const buffers = new Set(results.map(({ data }) => data.buffer as ArrayBuffer));
      parentPort?.postMessage(reply, [...buffers]);
    } catch (thrown) {
      parentPort?.postMessage({
        type: 'error',
        error: toRingtrueError(thrown).toJSON(),
      } satisfies WorkerReply);
    }
  });
});
