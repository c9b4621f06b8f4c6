/**
 * A pool of study workers. A worker that dies takes its unit with it, never the run.
 * @module
 */

import { Worker } from 'node:worker_threads';
import { errorFromData, RingtrueError } from '../core/errors.ts';
import { builtUrl } from '../core/node/modules.ts';
import type { PlannedClip } from './plan.ts';
import type { UnitResult } from './unit.ts';
import type { WorkerReply, WorkerRequest, WorkerSetup } from './worker.ts';

/** Where a pool reports to. */
export interface PoolEvents {
  onTrials(count: number): void;
  onWarning(code: string, message: string): void;
}

/** Runs clips on worker threads. */
export interface Pool {
  /**
   * Runs clips on the next free worker.
   * @throws RingtrueError `bench/worker-crashed` if the worker died; what the worker threw otherwise;
   *   what {@link Pool.ended} tells once no unit can be run
   */
  run(clips: readonly PlannedClip[]): Promise<UnitResult>;
  /** Lets workers free what they hold. */
  close(): Promise<void>;
  /** Ends all workers at once; waiting and running units fail with `core/cancelled`. */
  terminate(): Promise<void>;
  /** Why no unit can be run any more; undefined as long as units can be run. */
  ended(): RingtrueError | undefined;
}

interface Job {
  readonly clips: readonly PlannedClip[];
  resolve(result: UnitResult): void;
  reject(error: RingtrueError): void;
}

/** Time that a worker gets to free its sessions and processes before it is ended. */
const CLOSE_MS = 5000;

/**
 * Starts no worker before it is needed.
 * @param size most workers at a time
 */
export function createPool(size: number, setup: WorkerSetup, events: PoolEvents): Pool {
  const waiting: Job[] = [];
  const idle: Worker[] = [];
  const all = new Map<Worker, Job | undefined>();
  let ended: RingtrueError | undefined;

  const dispatch = (): void => {
    while (waiting.length > 0 && ended === undefined) {
      const worker = idle.pop() ?? (all.size < size ? start() : undefined);
      if (worker === undefined) return;
      const job = waiting.shift()!;
      all.set(worker, job);
      const request: WorkerRequest = { type: 'run', clips: job.clips };
      worker.postMessage(request);
    }
  };
  const start = (): Worker => {
    const worker = new Worker(builtUrl(import.meta.url, './worker.ts'), { workerData: setup });
    all.set(worker, undefined);
    worker.on('message', (reply: WorkerReply) => {
      if (reply.type === 'trials') return events.onTrials(reply.count);
      if (reply.type === 'warning') return events.onWarning(reply.code, reply.message);
      if (reply.type === 'fatal') return void end(errorFromData(reply.error));
      const job = all.get(worker);
      all.set(worker, undefined);
      idle.push(worker);
      if (reply.type === 'result') job?.resolve(reply.result);
      else job?.reject(errorFromData(reply.error));
      dispatch();
    });
    const died = (why: string): void => {
      const job = all.get(worker);
      if (!all.delete(worker)) return;
      const at = idle.indexOf(worker);
      if (at >= 0) idle.splice(at, 1);
      job?.reject(
        ended ?? new RingtrueError('bench/worker-crashed', `a worker thread died: ${why}`),
      );
      dispatch();
    };
    worker.on('error', (error) => died(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => died(`exit code ${code}`));
    return worker;
  };

  let ending: Promise<unknown> | undefined;
  const end = async (why: RingtrueError): Promise<void> => {
    ended ??= why;
    for (const job of waiting.splice(0)) job.reject(ended);
    ending ??= Promise.all([...all.keys()].map((worker) => worker.terminate()));
    await ending;
  };

  return {
    run(clips) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) reject(ended);
        else {
          waiting.push({ clips, resolve, reject });
          dispatch();
        }
      });
    },
    async close() {
      const request: WorkerRequest = { type: 'close' };
      await Promise.all(
        [...all.keys()].map(async (worker) => {
          const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
          worker.postMessage(request);
          const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
          await exited;
          clearTimeout(timer);
        }),
      );
    },
    terminate: () => end(new RingtrueError('core/cancelled', 'cancelled')),
    ended: () => ended,
  };
}
