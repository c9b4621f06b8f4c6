/**
 * How every build of a corpus begins: packages, a folder for what is finished, a plan.
 * @module
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { cacheFolder } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';
import type { PlanOptions } from './composition.ts';
import { fetchPackages, type PackageList, type PackageRoot } from './packages.ts';

/** How a corpus is built. */
export interface BuildSettings {
  readonly out: string;
  readonly workers: number;
  /** At most this many of what the plan counts by. */
  readonly limit?: number | undefined;
  /** What makes it another corpus than the plain one; `{}` for that one. */
  readonly variant: Readonly<Record<string, Json>>;
  /** True makes again what earlier builds have finished. */
  readonly force: boolean;
}

/** What can be planned. */
interface Plannable<P> {
  readonly name: string;
  readonly version: string;
  readonly packages: PackageList;
  plan(root: PackageRoot, options: PlanOptions): Promise<P>;
}

/** A build that began. */
export interface StartedBuild<P> {
  readonly root: PackageRoot;
  /** Folder for what is finished; another one where version, variant or a package is another. */
  readonly stage: string;
  readonly planned: P;
}

/**
 * Fetches the packages of a corpus and plans it; takes away the manifest of an earlier version, which must not tell
 * of the files that change from here on.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/package-checksum`, `core/cancelled`
 */
export async function startBuild<P>(
  corpus: Plannable<P>,
  { out, workers, limit, variant, force }: BuildSettings,
  work: WorkContext,
): Promise<StartedBuild<P>> {
  const { name, version, packages } = corpus;
  const root = await fetchPackages(packages, cacheFolder('packages', name), work);
  const checksums = root.downloads.map(({ file, sha256 }) => [file, sha256]);
  const key = hashJson([variant, checksums]).slice(0, 8);
  const stage = cacheFolder('build', `${name}-${version}-${key}`);
  if (force) await rm(stage, { recursive: true, force: true });
  const planned = await corpus.plan(root, {
    stage,
    workers,
    work,
    ...(limit === undefined ? {} : { limit }),
  });
  await rm(join(out, 'manifest.jsonl'), { force: true });
  return { root, stage, planned };
}
