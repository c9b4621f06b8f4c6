/**
 * Builds a corpus from an assembly, or goes on with one.
 * @module
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Json, RingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { cacheFolder } from '../core/node/files.ts';
import { builtUrl } from '../core/node/modules.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Label } from '../datasets/clip.ts';
import type { AnyAssembly, AssemblyJob } from './assembly.ts';
import type { AssemblyTask } from './assembly-worker.ts';
import { buildJobs, type Piece } from './build-jobs.ts';
import { makeCard } from './card.ts';
import { finishCorpus } from './finish-corpus.ts';
import { fetchPackages } from './packages.ts';
import { throwDeadGenerators } from './piece-failure.ts';

/** How an assembly is built. */
export interface BuildAssembly {
  readonly assembly: AnyAssembly;
  readonly out: string;
  readonly workers: number;
  /** At most this many of what the plan counts by. */
  readonly limit?: number | undefined;
  /** What makes it another corpus than the plain one; `{}` for that one. */
  readonly variant: Readonly<Record<string, Json>>;
  /** True makes again what earlier builds have finished. */
  readonly force: boolean;
}

/**
 * Writes `audio/*.flac`, `corpus.json`, `card.md` and, last, `manifest.jsonl`.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/generator-failed` if a generator failed each time,
 * `corpora/incomplete` if a split lacks a class, `core/cancelled`
 */
export async function buildAssembly(
  { assembly, out, workers, limit, variant, force }: BuildAssembly,
  work: WorkContext,
): Promise<void> {
  const { name, version, seed, unit } = assembly;
  const root = await fetchPackages(assembly.packages, cacheFolder('packages', name), work);
  const suffix = Object.keys(variant).length === 0 ? '' : `-${hashJson(variant).slice(0, 8)}`;
  const stage = cacheFolder('build', `${name}-${version}${suffix}`);
  if (force) await rm(stage, { recursive: true, force: true });
  const { jobs, shortages } = await assembly.plan(root, {
    stage,
    workers,
    work,
    ...(limit === undefined ? {} : { limit }),
  });
  // A manifest of an earlier version must not tell of the files that change from here on.
  await rm(join(out, 'manifest.jsonl'), { force: true });
  const pieces = await buildJobs<AssemblyTask>(
    {
      task: 'make clips',
      unit,
      jobs: jobs.map((job) => ({
        id: job.id,
        plan: JSON.parse(JSON.stringify([version, job])),
        job: { corpus: name, job, root, folder: out },
      })),
      url: builtUrl(import.meta.url, './assembly-worker.ts'),
      out,
      stage,
      workers,
    },
    work,
  );
  const clips = pieces.flatMap((piece) => piece.clips);
  const failures = pieces.flatMap((piece) => piece.failures);
  const failed = failures.flatMap(({ generator }) => generator ?? []);
  throwDeadGenerators(failed, clips, failures);
  const isLabelled = assembly.isLabelled ?? true;
  throwEmptySplits(jobs, pieces, isLabelled ? ['bonafide', 'spoof'] : [undefined]);
  const card = makeCard({
    corpus: assembly,
    options: variant,
    clips,
    failures,
    shortages,
    packages: root.downloads,
  });
  await finishCorpus({ out, card, clips, seed });
}

/** @throws RingtrueError `corpora/incomplete` if a split that was planned has no clip of a class, or nothing was planned */
function throwEmptySplits(
  jobs: readonly AssemblyJob[],
  pieces: readonly Piece[],
  labels: readonly (Label | undefined)[],
): void {
  const clips = pieces.flatMap((piece) => piece.clips);
  const splits = new Set(jobs.map(({ split }) => split));
  if (splits.size === 0) throw new RingtrueError('corpora/incomplete', 'nothing was planned');
  for (const split of splits) {
    for (const label of labels) {
      if (clips.some((clip) => clip.split === split && clip.label === label)) continue;
      const ids = new Set(jobs.filter((job) => job.split === split).map(({ id }) => id));
      const why = pieces.flatMap(({ failures }) => failures).find(({ group }) => ids.has(group));
      throw new RingtrueError(
        'corpora/incomplete',
        `${split} has no ${label === undefined ? 'clip' : `${label} clip`}: ${why?.message ?? 'its jobs gave none'}`,
        { details: { split, ...(label === undefined ? {} : { label }) } },
      );
    }
  }
}
