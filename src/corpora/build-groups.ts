/**
 * Building all groups in worker threads; what an earlier build finished is kept.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashBytes, hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { builtUrl } from '../core/node/modules.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Composition, Group } from './composition.ts';
import type { GroupJob, GroupResult } from './group.ts';
import type { PackageRoot } from './packages.ts';
import { runPool } from './pool.ts';
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

/** A finished group, as it is kept. */
interface Kept extends GroupResult {
  /** Hash of what was asked for. */
  readonly plan: string;
}

/**
 * Copies and equalises groups.
 * @returns their results, in order
 * @throws RingtrueError `core/cancelled`, `core/io-disk-full`
 */
export async function buildGroups(
  { composition, groups, spoken, out, stage, root, workers }: BuildGroups,
  { onProgress, signal }: WorkContext,
): Promise<GroupResult[]> {
  const task = 'copy and equalise';
  const { name, version, seed, steps } = composition;
  const planOf = (group: Group): string => hashJson(JSON.parse(JSON.stringify([version, group])));
  const recordOf = ({ id }: Group): string => join(stage, 'groups', `${id}.json`);
  const results = new Map<string, GroupResult>();
  const left: Group[] = [];
  for (const group of groups) {
    const kept = await readKept(recordOf(group), planOf(group), out);
    if (kept === null) left.push(group);
    else results.set(group.id, kept);
  }
  const before = results.size;
  onProgress?.({ type: 'start', task, total: groups.length, unit: 'groups', done: before });
  // The slowest copies first, so that no worker is left alone with one at the end.
  const isSlow = (group: Group): number =>
    Number(group.fakes.some(({ family }) => family === 'neural-vocoder'));
  await runPool<GroupJob, GroupResult>({
    url: builtUrl(import.meta.url, './group-worker.ts'),
    jobs: [...left]
      .sort((a, b) => isSlow(b) - isSlow(a))
      .map((group) => ({
        corpus: { name, seed, steps },
        group,
        root,
        spoken: spoken.get(group.id) ?? {},
        folder: out,
      })),
    workers,
    signal,
    async onResult(result, { group }) {
      const kept: Kept = { plan: planOf(group), ...result };
      await writeFileAtomic(recordOf(group), JSON.stringify(kept));
      results.set(group.id, result);
      onProgress?.({ type: 'advance', task, done: results.size });
    },
  });
  onProgress?.({ type: 'end', task });
  return groups.flatMap(({ id }) => results.get(id) ?? []);
}

/** A group that an earlier build finished, if it was the same and its files still have the same bytes. */
async function readKept(record: string, plan: string, out: string): Promise<GroupResult | null> {
  try {
    // Written by this builder.
    const kept = JSON.parse(await readFile(record, 'utf8')) as Kept;
    if (kept.plan !== plan) return null;
    for (const { path, sha256 } of kept.clips) {
      if (hashBytes(await readFile(join(out, path))) !== sha256) return null;
    }
    return { clips: kept.clips, failures: kept.failures };
  } catch {
    return null;
  }
}
