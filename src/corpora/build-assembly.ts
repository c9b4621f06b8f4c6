/**
 * Builds a corpus from an assembly, or goes on with one.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { builtUrl } from '../core/node/modules.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Label } from '../datasets/clip.ts';
import type { AnyAssembly, AssemblyJob } from './assembly.ts';
import type { AssemblyTask } from './assembly-worker.ts';
import { buildJobs, type Piece } from './build-jobs.ts';
import { makeCard } from './card.ts';
import { finishCorpus } from './finish-corpus.ts';
import { throwDeadGenerators } from './piece-failure.ts';
import { type BuildSettings, startBuild } from './start-build.ts';

/** How an assembly is built. */
export interface BuildAssembly extends BuildSettings {
  readonly assembly: AnyAssembly;
}

/**
 * Writes `audio/*.flac`, `corpus.json`, `card.md` and, last, `manifest.jsonl`.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/generator-failed` if a generator failed each time,
 * `corpora/incomplete` if a split lacks a class, `core/cancelled`
 */
export async function buildAssembly(
  { assembly, ...settings }: BuildAssembly,
  work: WorkContext,
): Promise<void> {
  const { name, version, seed, unit } = assembly;
  const { out, workers, variant } = settings;
  const { root, stage, planned } = await startBuild(assembly, settings, work);
  const { jobs, shortages } = planned;
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
