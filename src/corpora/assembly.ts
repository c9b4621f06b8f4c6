/**
 * What a corpus is made of that is no set of text groups: jobs that are planned once and built in worker threads.
 * @module
 */

import type { Rng } from '../core/rng.ts';
import type { Piece } from './build-jobs.ts';
import type { Described, PlanOptions, Split } from './composition.ts';
import type { PackageList, PackageRoot } from './packages.ts';

/** Clips that are built together, as the plan knows them: plain data, which goes to a worker. */
export interface AssemblyJob {
  /** Unique in the corpus; a part of a file name. */
  readonly id: string;
  readonly split: Split;
}

/** What making a job needs besides the job. */
export interface MakeContext {
  /** Packages of the corpus. */
  readonly root: PackageRoot;
  /** Folder of the corpus. */
  readonly folder: string;
  /** Of this job alone. */
  readonly rng: Rng;
}

/** A corpus that is built job by job. */
export interface Assembly<J extends AssemblyJob> extends Described {
  /** What is drawn stays drawn when only bytes change. */
  readonly seed: string;
  readonly packages: PackageList;
  /** False where no clip is genuine or fake, and none has a label. @default true */
  readonly isLabelled?: boolean;
  /** What a job gives, for progress: `clips`, `pieces`. */
  readonly unit: string;
  /** Chooses what is built; `shortages` are sentences for the card on what could not be had. */
  plan(
    root: PackageRoot,
    options: PlanOptions,
  ): Promise<{ readonly jobs: readonly J[]; readonly shortages: readonly string[] }>;
  /**
   * Makes the clips of a job, in a worker thread.
   * @throws what makes the whole job fail: it is left out and told in the card
   */
  make(job: J, context: MakeContext): Promise<Piece>;
}

/** An assembly by name only: the jobs that it plans are the ones that it makes. */
export type AnyAssembly = Assembly<AssemblyJob>;

/** Hides the type of the jobs of an assembly, which only itself knows. */
export function defineAssembly<J extends AssemblyJob>(assembly: Assembly<J>): AnyAssembly {
  // `make` is only given jobs that `plan` of the same assembly returned.
  return { ...assembly, make: (job, context) => assembly.make(job as J, context) };
}
