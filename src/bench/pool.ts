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
  /** Ends all workers as soon as they can stop; waiting and running units fail with `core/cancelled`. */
  stop(): Promise<void>;
  /** Why no unit can be run any more; undefined as long as units can be run. */
  ended(): RingtrueError | undefined;
}

interface Job {
  readonly clips: readonly PlannedClip[];
  resolve(result: UnitResult): void;
  reject(error: RingtrueError): void;
}

/**
 * Time that a worker gets to end its work at the next condition and to free its sessions and processes. Only one
 * that hangs is terminated: a thread that ends inside a native call may take the process with it.
 */
const CLOSE_MS = 15_000;

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

  const closeWorker = async (worker: Worker): Promise<void> => {
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const request: WorkerRequest = { type: 'close' };
    worker.postMessage(request);
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    await exited;
    clearTimeout(timer);
  };
  let closing: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closing ??= Promise.all([...all.keys()].map(closeWorker));
    await closing;
  };
  const end = async (why: RingtrueError): Promise<void> => {
    ended ??= why;
    const jobs = [...waiting.splice(0), ...all.values()];
    for (const job of jobs) job?.reject(ended);
    await close();
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
    close,
    stop: () => end(new RingtrueError('core/cancelled', 'cancelled')),
    ended: () => ended,
  };
}
