/**
 * Worker threads that take one job at a time.
 * @module
 */

import { type MessagePort, Worker } from 'node:worker_threads';
import { type ErrorData, errorFromData, toRingtrueError } from '../core/errors.ts';
import { throwIfAborted } from '../core/progress.ts';

type Answer<R> = { readonly result: R } | { readonly error: ErrorData };

/** What {@link runPool} does. */
export interface PoolOptions<J, R> {
  /** Module of the worker, which calls {@link answerJobs}. */
  readonly url: URL;
  readonly jobs: readonly J[];
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** Called for each job that is done with its place in `jobs`, before its worker takes the next one. */
  onResult(result: R, job: J, index: number): Promise<void> | void;
}

/**
 * Runs jobs, in order of their list, on as many workers as there are jobs, at most `workers`.
 * @throws what the first job that failed threw; `core/cancelled`
 */
export async function runPool<J, R>(options: PoolOptions<J, R>): Promise<void> {
  const { url, jobs, workers, signal, onResult } = options;
  const queue = [...jobs.entries()];
  const work = async (): Promise<void> => {
    const worker = new Worker(url);
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [index, job] = next;
        throwIfAborted(signal);
        await onResult(await ask<J, R>(worker, job), job, index);
      }
    } finally {
      // The others stop too if this one failed.
      queue.length = 0;
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.max(0, Math.min(workers, jobs.length)) }, work));
}

function ask<J, R>(worker: Worker, job: J): Promise<R> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', answered);
      worker.off('error', failed);
    };
    const answered = (answer: Answer<R>): void => {
      settle();
      if ('result' in answer) resolve(answer.result);
      else reject(errorFromData(answer.error));
    };
    const failed = (error: unknown): void => {
      settle();
      reject(error);
    };
    worker.on('message', answered);
    worker.on('error', failed);
    worker.postMessage(job);
  });
}

/** The worker's side: answers each job with what `run` returns or the error that it throws. */
export function answerJobs<J, R>(port: MessagePort | null, run: (job: J) => Promise<R>): void {
  port?.on('message', (job: J) => {
    run(job).then(
      (result) => port.postMessage({ result }),
      (error: unknown) => port.postMessage({ error: toRingtrueError(error).toJSON() }),
    );
  });
}
