/**
 * Worker thread that makes the clips of jobs of an assembly.
 * @module
 */

import { parentPort } from 'node:worker_threads';
import { RingtrueError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { ASSEMBLIES } from './assemblies/index.ts';
import type { AssemblyJob } from './assembly.ts';
import type { Piece } from './build-jobs.ts';
import type { PackageRoot } from './packages.ts';
import { failureOf } from './piece-failure.ts';
import { answerJobs } from './pool.ts';

/** What a worker needs to make a job. */
export interface AssemblyTask {
  /** Name of the corpus. */
  readonly corpus: string;
  readonly job: AssemblyJob;
  readonly root: PackageRoot;
  /** Folder of the corpus. */
  readonly folder: string;
}

answerJobs<AssemblyTask, Piece>(parentPort, async ({ corpus, job, root, folder }) => {
  const assembly = ASSEMBLIES[corpus];
  if (assembly === undefined) throw new RingtrueError('core/internal', `no assembly ${corpus}`);
  try {
    const rng = createRng(assembly.seed).split(job.id);
    return await assembly.make(job, { root, folder, rng });
  } catch (error) {
    return { clips: [], failures: [failureOf(error, { group: job.id })] };
  }
});
