/**
 * Running models in worker threads: the caller's thread stays free, and several runs go on at once.
 * @module
 */

import { Worker } from 'node:worker_threads';
import { errorFromData, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { builtUrl } from '../core/node/modules.ts';
import { throwIfAborted } from '../core/progress.ts';
import type { Backend, RunOptions, RuntimeSession, Tensor, Tensors } from './backend.ts';
import type { WorkerModel, WorkerReply, WorkerRequest } from './backend-worker.ts';
import type { OnnxNodeOptions } from './onnx-node.ts';
import { writeTensor } from './tensors.ts';

/** How the workers are made. */
export interface WorkerBackendOptions extends OnnxNodeOptions {
  /** Most workers; each uses `threads` threads, so that size × threads should not exceed the cores. @default 1 */
  readonly size?: number;
}

/** A backend in worker threads. */
export interface WorkerBackend extends Backend {
  /**
   * Ends the threads; work that goes on or waits fails with `core/cancelled` at once. Waits for runs that
   * have begun: a thread that is ended within native code takes the process with it.
   */
  close(): Promise<void>;
}

/** Work for any worker. */
interface Job {
  readonly session: number;
  /** What to send, given whether the worker has the session already; buffers that move with it. */
  message(known: boolean): { readonly request: WorkerRequest; readonly moved: ArrayBuffer[] };
  settle(outcome: WorkerReply | RingtrueError): void;
}

/** A worker, the sessions it has, the job it is at. */
interface Member {
  readonly worker: Worker;
  readonly sessions: Set<number>;
  job: Job | undefined;
}

const CANCELLED = (): RingtrueError => new RingtrueError('core/cancelled', 'cancelled');

/**
 * The engine on onnxruntime-node, in worker threads that are started when they are needed. Every worker
 * loads a model when it gets its first run of it. Feeds are copied unless they are given away
 * (`transfer`), results are moved.
 *
 * A signal drops a waiting run at once; a run that has begun rejects at once too, its worker ends it
 * unseen and goes on with the next. A worker that dies fails its run with `runtime/worker-crashed` and is
 * replaced; what brings the whole process down, such as a fault in native code, is not caught.
 */
export function createWorkerBackend(options: WorkerBackendOptions = {}): WorkerBackend {
  const { size = 1, ...engine } = options;
  const members = new Set<Member>();
  const waiting: Job[] = [];
  let closing: Promise<unknown> | undefined;
  let sessions = 0;

  const start = (): Member => {
    const url = builtUrl(import.meta.url, './backend-worker.ts');
    const worker = new Worker(url, { workerData: engine });
    const member: Member = { worker, sessions: new Set(), job: undefined };
    members.add(member);
    worker.on('message', (reply: WorkerReply) => {
      const { job } = member;
      member.job = undefined;
      // It may have failed to load the model: let it be told again.
      if (job !== undefined && reply.type === 'error') member.sessions.delete(job.session);
      if (closing === undefined) worker.unref();
      job?.settle(reply);
      dispatch();
    });
    const died = (why: string): void => {
      if (!members.delete(member)) return;
      member.job?.settle(
        new RingtrueError('runtime/worker-crashed', `a worker thread died: ${why}`),
      );
      dispatch();
    };
    worker.on('error', (error) => died(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => died(`exit code ${code}`));
    return member;
  };

  const free = (session: number): Member | undefined => {
    const idle = [...members].filter(({ job }) => job === undefined);
    const best = idle.find((member) => member.sessions.has(session)) ?? idle[0];
    return best ?? (members.size < size ? start() : undefined);
  };

  const dispatch = (): void => {
    while (waiting.length > 0 && closing === undefined) {
      const member = free(waiting[0]!.session);
      if (member === undefined) return;
      const job = waiting.shift()!;
      try {
        const { request, moved } = job.message(member.sessions.has(job.session));
        member.worker.postMessage(request, moved);
      } catch (error) {
        // A buffer that another run took along cannot be sent again.
        job.settle(toRingtrueError(error));
        continue;
      }
      member.sessions.add(job.session);
      member.job = job;
      // An idle worker does not keep the process alive, one at work does.
      member.worker.ref();
    }
  };

  /** Puts work into the queue. */
  const ask = (
    { session, message }: Pick<Job, 'session' | 'message'>,
    signal: AbortSignal | undefined,
  ): Promise<WorkerReply> =>
    new Promise((resolve, reject) => {
      if (closing !== undefined || signal?.aborted) {
        reject(CANCELLED());
        return;
      }
      const cancel = (): void => {
        const at = waiting.indexOf(job);
        if (at >= 0) waiting.splice(at, 1);
        reject(CANCELLED());
      };
      const job: Job = {
        session,
        message,
        settle(outcome) {
          signal?.removeEventListener('abort', cancel);
          if (outcome instanceof RingtrueError) reject(outcome);
          else if (outcome.type === 'error') reject(errorFromData(outcome.error));
          else resolve(outcome);
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      waiting.push(job);
      dispatch();
    });

  return {
    async load(bytes, { signal, ...loadOptions } = {}) {
      throwIfAborted(signal);
      const id = sessions;
      sessions += 1;
      // The caller may change its bytes before the last worker has loaded them.
      const model: WorkerModel = { bytes: bytes.slice(), options: loadOptions };
      const reply = await ask(
        {
          session: id,
          message: () => ({ request: { type: 'load', session: id, model }, moved: [] }),
        },
        signal,
      ).catch((error: unknown) => {
        forget(id);
        throw error;
      });
      if (reply.type !== 'loaded') throw new Error(`internal: a worker answered ${reply.type}`);
      return workerSession({ id, model, reply });
    },
    async close() {
      closing ??= Promise.all(
        [...members].map(async ({ worker, job }) => {
          job?.settle(CANCELLED());
          const exited = new Promise((resolve) => worker.once('exit', resolve));
          // An idle worker was let go of: without this the caller could end before the exit is seen.
          worker.ref();
          worker.postMessage({ type: 'close' } satisfies WorkerRequest);
          await exited;
        }),
      );
      for (const job of waiting.splice(0)) job.settle(CANCELLED());
      await closing;
    },
  };

  /** Lets every worker free a session, after the work that it has. */
  function forget(session: number): void {
    for (const member of members) {
      member.sessions.delete(session);
      member.worker.postMessage({ type: 'free', session } satisfies WorkerRequest);
    }
  }

  function workerSession({
    id,
    model,
    reply,
  }: {
    id: number;
    model: WorkerModel;
    reply: WorkerReply & { type: 'loaded' };
  }): RuntimeSession {
    const running = new Set<Promise<unknown>>();
    let disposed = false;
    const run = async (feeds: Tensors, runOptions: RunOptions): Promise<Record<string, Tensor>> => {
      const { outputs: given = {}, only, transfer = [], signal } = runOptions;
      const answer = await ask(
        {
          session: id,
          message: (known) => {
            const { sent, moved } = pack(feeds, transfer);
            const told = known ? undefined : model;
            return { request: { type: 'run', session: id, model: told, feeds: sent, only }, moved };
          },
        },
        signal,
      );
      if (answer.type !== 'result') throw new Error(`internal: a worker answered ${answer.type}`);
      const { results } = answer;
      for (const [name, target] of Object.entries(given)) {
        const result = results[name];
        if (result === undefined) {
          throw new RingtrueError('models/bad-output', `there is no output ${name} to be given`);
        }
        writeTensor(name, result, target);
        results[name] = target;
      }
      return results;
    };
    return {
      inputs: reply.inputs,
      outputs: reply.outputs,
      async run(feeds, runOptions = {}) {
        if (disposed)
          throw new RingtrueError('core/internal', 'internal: the session was disposed');
        const work = run(feeds, runOptions);
        running.add(work);
        try {
          return await work;
        } finally {
          running.delete(work);
        }
      },
      async dispose() {
        if (disposed) return;
        disposed = true;
        await Promise.allSettled(running);
        forget(id);
      },
    };
  }
}

/** Feeds as they are sent: those given away move with their buffers, the others are copied. */
function pack(
  feeds: Tensors,
  transfer: readonly string[],
): { readonly sent: Tensors; readonly moved: ArrayBuffer[] } {
  const moved = new Set<ArrayBuffer>();
  const sent = Object.entries(feeds).map(([name, tensor]): [string, Tensor] => {
    const given = transfer.includes(name) && tensor.data.buffer instanceof ArrayBuffer;
    const data = given ? tensor.data : tensor.data.slice();
    // Either tested above or made by slice.
    moved.add(data.buffer as ArrayBuffer);
    return [name, { ...tensor, data }];
  });
  return { sent: Object.fromEntries(sent), moved: [...moved] };
}
