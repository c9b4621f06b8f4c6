/**
 * Threads that make examples ahead of the trainer.
 * @module
 */

import { Worker } from 'node:worker_threads';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import { errorFromData, RingtrueError } from '../../core/errors.ts';
import { builtUrl } from '../../core/node/modules.ts';
import {
  createExampleMaker,
  type Example,
  type ExampleSettings,
  type ExampleTask,
} from './example.ts';
import type { ExampleReply, ExampleRequest } from './worker.ts';

/** Makes examples. */
export interface ExamplePool {
  /**
   * @param lane examples of one lane are made by one thread, which keeps the sound it decoded
   * @throws RingtrueError what the clip's reading threw; `training/worker-crashed`, `core/cancelled`
   */
  make(task: ExampleTask, lane: number): Promise<Example>;
  /** Ends all threads; what is still waited for fails with `core/cancelled`. */
  close(): Promise<void>;
}

/**
 * @param threads 0 makes examples on the caller's thread, when they are asked for
 */
export function createExamplePool(settings: ExampleSettings, threads: number): ExamplePool {
  if (threads === 0) {
    const decoder = createIsolatedDecoder();
    const make = createExampleMaker(settings, decoder);
    return { make: (task) => make(task), close: () => decoder.close() };
  }
  const share = { ...settings, keepBytes: Math.floor(settings.keepBytes / threads) };
  const lanes = Array.from({ length: threads }, () => createLane(share));
  return {
    // Asked at once, not when the thread is free: the trainer's thread is blocked during a step.
    make: (task, lane) => lanes[lane % threads]!.make(task),
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

interface Lane {
  make(task: ExampleTask): Promise<Example>;
  close(): Promise<void>;
}

function createLane(settings: ExampleSettings): Lane {
  const worker = new Worker(builtUrl(import.meta.url, './worker.ts'), { workerData: settings });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  const waiting = new Map<
    number,
    { resolve(example: Example): void; reject(error: RingtrueError): void }
  >();
  let tickets = 0;
  let ended: RingtrueError | undefined;
  const end = (error: RingtrueError): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (reply: ExampleReply) => {
    const asked = waiting.get(reply.ticket);
    waiting.delete(reply.ticket);
    if ('example' in reply) asked?.resolve(reply.example);
    else asked?.reject(errorFromData(reply.error));
  });
  worker.on('error', (error) => {
    const message = error instanceof Error ? error.message : String(error);
    const memory =
      error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    end(
      new RingtrueError(
        memory ? 'training/out-of-memory' : 'training/worker-crashed',
        `a thread that makes examples died: ${message}`,
        { cause: error },
      ),
    );
  });
  worker.on('exit', (code) =>
    end(
      new RingtrueError(
        'training/worker-crashed',
        `a thread that makes examples ended with code ${code}`,
      ),
    ),
  );
  return {
    make(task) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const request: ExampleRequest = { ticket: tickets, task };
        waiting.set(tickets, { resolve, reject });
        tickets += 1;
        worker.postMessage(request);
      });
    },
    async close() {
      end(new RingtrueError('core/cancelled', 'the data pipeline was closed'));
      const request: ExampleRequest = { close: true };
      worker.postMessage(request);
      await exited;
    },
  };
}
