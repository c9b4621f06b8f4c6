/**
 * The corpus engine: a composition becomes packages, a plan, spoken texts, equalised clips, a manifest and a card.
 * @module
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { cacheFolder } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { addPlugIns } from './add-plug-ins.ts';
import { buildGroups } from './build-groups.ts';
import { makeCard } from './card.ts';
import type { Composition } from './composition.ts';
import { finishCorpus } from './finish-corpus.ts';
import { SPEAKERS } from './generators/index.ts';
import { type PlugIn, plugInSpeaker } from './generators/plug-in.ts';
import { fetchPackages } from './packages.ts';
import { throwDeadGenerators } from './piece-failure.ts';
import { speakGroups } from './speak-groups.ts';

/** How a composition is built. */
export interface BuildSpeech {
  readonly composition: Composition;
  readonly out: string;
  readonly workers: number;
  /** At most this many groups of each cast. */
  readonly limit?: number | undefined;
  /** The user's own. */
  readonly plugIns: readonly PlugIn[];
  /** What makes it another corpus than the plain composition; `{}` for that one. */
  readonly variant: Readonly<Record<string, Json>>;
  /** True makes again what earlier builds have finished. */
  readonly force: boolean;
}

/**
 * Builds a corpus, or goes on with one: `manifest.jsonl`, `audio/*.flac`, `corpus.json`, `card.md`. The manifest
 * is written last.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/generator-failed`, `corpora/incomplete`,
 * `core/cancelled`
 */
export async function buildSpeech(
  { composition, out, workers, limit, plugIns, variant, force }: BuildSpeech,
  work: WorkContext,
): Promise<void> {
  const { name, version, packages } = composition;
  const root = await fetchPackages(packages, cacheFolder('packages', name), work);
  const suffix = Object.keys(variant).length === 0 ? '' : `-${hashJson(variant).slice(0, 8)}`;
  const stage = cacheFolder('build', `${name}-${version}${suffix}`);
  if (force) await rm(stage, { recursive: true, force: true });
  const { groups: planned, shortages } = await composition.plan(root, {
    stage,
    workers,
    work,
    ...(limit === undefined ? {} : { limit }),
  });
  const groups = addPlugIns(planned, plugIns, createRng(composition.seed).split('plug-ins'));
  // The user's come first: what is wrong with them shows before the long work.
  const speakers = {
    ...Object.fromEntries(plugIns.map((each) => [each.name, plugInSpeaker(each)])),
    ...SPEAKERS,
  };
  // A manifest of an earlier version must not tell of the files that change from here on.
  await rm(join(out, 'manifest.jsonl'), { force: true });
  const spoken = await speakGroups({ groups, speakers, stage, root, workers }, work);
  const results = await buildGroups(
    { composition, groups, spoken, out, stage, root, workers },
    work,
  );
  const clips = results.flatMap((result) => result.clips);
  const failures = results.flatMap((result) => result.failures);
  const asked = groups.flatMap(({ fakes }) => fakes.filter(({ genuine }) => genuine !== true));
  throwDeadGenerators(
    asked.map(({ generator }) => generator),
    clips,
    failures,
  );
  const card = makeCard({
    corpus: composition,
    options: variant,
    clips,
    failures,
    shortages,
    packages: root.downloads,
  });
  await finishCorpus({ out, card, clips, seed: composition.seed });
}
