/**
 * The worker thread of the data pipeline.
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import type { ErrorData } from '../../core/errors.ts';
import {
  createExampleMaker,
  type Example,
  type ExampleSettings,
  type ExampleTask,
  exampleError,
} from './example.ts';

/** What a worker is asked: an example, or to end. */
export type ExampleRequest =
  | { readonly ticket: number; readonly task: ExampleTask }
  | { readonly close: true };

/** What a worker answers. */
export type ExampleReply =
  | { readonly ticket: number; readonly example: Example }
  | { readonly ticket: number; readonly error: ErrorData };

// The pool starts this file with ExampleSettings and sends ExampleRequests.
const decoder = createIsolatedDecoder();
const make = createExampleMaker(workerData as ExampleSettings, decoder);
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', async (request: ExampleRequest) => {
  if ('close' in request) {
    // The decoding process is this thread's child: nobody else could take leave of it.
    await decoder.close();
    process.exit();
  }
  const { ticket, task } = request;
  // One at a time: a worker has one processor.
  last = last.then(async () => {
    try {
      const example = await make(task);
      const reply: ExampleReply = { ticket, example };
      parentPort?.postMessage(reply, [example.data.buffer]);
    } catch (thrown) {
      const reply: ExampleReply = { ticket, error: exampleError(thrown).toJSON() };
      parentPort?.postMessage(reply);
    }
  });
});
