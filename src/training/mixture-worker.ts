/**
 * The worker thread that trains one mixture.
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorData, toRingtrueError } from '../core/errors.ts';
import { rngOfKey } from '../core/rng.ts';
import type { Gmm } from '../models/gmm/gmm.ts';
import { type GmmTraining, trainGmm } from '../models/gmm/train-gmm.ts';

/** A mixture that is to be trained. */
export interface MixtureTask {
  /** Row-major `[frames, dims]`, in memory that threads share. */
  readonly data: Float32Array;
  readonly dims: number;
  readonly training: GmmTraining;
  /** Key of the stream of random numbers. */
  readonly rng: string;
}

/** What a worker answers. */
export type MixtureReply = { readonly gmm: Gmm } | { readonly error: ErrorData };

/** Trains the mixture of a task: the same one on every thread. @throws RingtrueError `training/diverged` */
export function trainMixture({ data, dims, training, rng }: MixtureTask): Gmm {
  return trainGmm(data, dims, training, rngOfKey(rng));
}

if (parentPort !== null && isTask(workerData)) {
  let reply: MixtureReply;
  try {
    reply = { gmm: trainMixture(workerData) };
  } catch (thrown) {
    reply = { error: toRingtrueError(thrown).toJSON() };
  }
  parentPort.postMessage(reply);
}

/** The module is loaded on other threads too, where there is no task. */
function isTask(value: unknown): value is MixtureTask {
  return typeof value === 'object' && value !== null && 'training' in value && 'rng' in value;
}
