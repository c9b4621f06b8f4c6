/**
 * Training of several mixtures at once, each on a thread of its own.
 * @module
 */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { errorFromData, RingtrueError } from '../core/errors.ts';
import { builtUrl } from '../core/node/modules.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Rng } from '../core/rng.ts';
import type { Gmm } from '../models/gmm/gmm.ts';
import type { GmmTraining } from '../models/gmm/train-gmm.ts';
import { type MixtureReply, type MixtureTask, trainMixture } from './mixture-worker.ts';

/** How {@link trainMixtures} works. */
export interface MixtureThreads {
  /** 1 trains on the caller's thread; the mixtures do not depend on it. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each mixture with the number that are done. */
  readonly onDone?: (done: number) => void;
}

/**
 * Trains mixtures, in the order of the tasks.
 * @throws RingtrueError `training/diverged`, `training/worker-crashed`, `core/cancelled`
 */
export async function trainMixtures(
  tasks: readonly MixtureTask[],
  { threads, signal, onDone }: MixtureThreads,
): Promise<Gmm[]> {
  const made: Gmm[] = [];
  // The longest begin first, or the last one would keep a single core busy.
  const cost = ({ data, training }: MixtureTask): number => data.length * training.components;
  const order = tasks.map((_, at) => at).sort((a, b) => cost(tasks[b]!) - cost(tasks[a]!));
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let at = order.shift(); at !== undefined; at = order.shift()) {
      if (signal?.aborted) throw new RingtrueError('core/cancelled', 'cancelled');
      const task = tasks[at]!;
      try {
        made[at] = threads <= 1 ? trainMixture(task) : await onThread(task, signal);
      } catch (error) {
        // What has not begun will not be wanted.
        order.length = 0;
        throw error;
      }
      done += 1;
      onDone?.(done);
    }
  };
  const lanes = Array.from({ length: Math.max(1, Math.min(threads, tasks.length)) }, lane);
  // Those that run end before an error is told, so that no thread is left behind.
  for (const result of await Promise.allSettled(lanes))
    if (result.status === 'rejected') throw result.reason;
  return made;
}

/** What {@link trainSizes} takes besides the frames. */
export interface SizesTraining {
  /** Numbers of components. */
  readonly sizes: readonly number[];
  readonly dims: number;
  readonly trainingOf: (components: number) => GmmTraining;
  readonly rng: Rng;
  readonly work: WorkContext;
}

/**
 * Trains a mixture of every size on each set of frames, on all cores: those of the first size come first, in the
 * order of the sets.
 * @param sets frames by name, row-major `[frames, dims]`, of {@link sharedFrames}
 * @throws RingtrueError as {@link trainMixtures}
 */
export async function trainSizes(
  sets: Readonly<Record<string, Float32Array>>,
  { sizes, dims, trainingOf, rng, work: { onProgress, signal } }: SizesTraining,
): Promise<Gmm[]> {
  const tasks = sizes.flatMap((components) =>
    Object.entries(sets).map(
      ([name, data]): MixtureTask => ({
        data,
        dims,
        training: trainingOf(components),
        rng: rng.split(`${name} ${components}`).key,
      }),
    ),
  );
  const task = 'train mixtures';
  onProgress?.({ type: 'start', task, total: tasks.length, unit: 'mixtures' });
  const made = await trainMixtures(tasks, {
    threads: availableParallelism(),
    signal,
    onDone: (done) => onProgress?.({ type: 'advance', task, done }),
  });
  onProgress?.({ type: 'end', task });
  return made;
}

/** Frames in memory that threads share, so that they are not copied. */
export function sharedFrames(parts: readonly Float32Array[]): Float32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const data = new Float32Array(new SharedArrayBuffer(4 * length));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

function onThread(task: MixtureTask, signal: AbortSignal | undefined): Promise<Gmm> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(builtUrl(import.meta.url, './mixture-worker.ts'), {
      workerData: task,
    });
    const stop = (): void => {
      reject(new RingtrueError('core/cancelled', 'cancelled'));
      void worker.terminate();
    };
    signal?.addEventListener('abort', stop, { once: true });
    const crashed = (why: string): void =>
      reject(
        new RingtrueError('training/worker-crashed', `a thread that trains mixtures died: ${why}`),
      );
    worker.on('message', (reply: MixtureReply) => {
      if ('gmm' in reply) resolve(reply.gmm);
      else reject(errorFromData(reply.error));
    });
    worker.on('error', (error) => crashed(error instanceof Error ? error.message : String(error)));
    // After an answer this changes nothing.
    worker.on('exit', (code) => {
      signal?.removeEventListener('abort', stop);
      crashed(`exit code ${code}`);
    });
  });
}
