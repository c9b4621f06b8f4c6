/**
 * Copying and equalising the text groups of a composition.
 * @module
 */

import { builtUrl } from '../core/node/modules.ts';
import type { WorkContext } from '../core/progress.ts';
import { buildJobs, type Piece } from './build-jobs.ts';
import type { Composition, Group } from './composition.ts';
import type { GroupJob } from './group.ts';
import type { PackageRoot } from './packages.ts';
import type { SpokenFiles } from './speak-groups.ts';

/** What {@link buildGroups} needs. */
export interface BuildGroups {
  readonly composition: Composition;
  readonly groups: readonly Group[];
  readonly spoken: SpokenFiles;
  /** Folder of the corpus. */
  readonly out: string;
  /** Folder for the records of finished groups. */
  readonly stage: string;
  readonly root: PackageRoot;
  readonly workers: number;
}

/**
 * Copies and equalises groups.
 * @returns their results, in order
 * @throws RingtrueError `core/cancelled`, `core/io-disk-full`
 */
export async function buildGroups(
  { composition, groups, spoken, out, stage, root, workers }: BuildGroups,
  work: WorkContext,
): Promise<Piece[]> {
  const { name, version, seed, steps } = composition;
  return buildJobs<GroupJob>(
    {
      task: 'copy and equalise',
      unit: 'groups',
      jobs: groups.map((group) => ({
        id: group.id,
        plan: JSON.parse(JSON.stringify([version, group])),
        isSlow: group.fakes.some(({ family }) => family === 'neural-vocoder'),
        job: {
          corpus: { name, seed, steps },
          group,
          root,
          spoken: spoken.get(group.id) ?? {},
          folder: out,
        },
      })),
      url: builtUrl(import.meta.url, './group-worker.ts'),
      out,
      stage,
      workers,
    },
    work,
  );
}
