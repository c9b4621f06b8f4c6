/**
 * The corpus engine: a composition becomes packages, a plan, spoken texts, equalised clips, a manifest and a card.
 * @module
 */

import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RingtrueError } from '../core/errors.ts';
import { cacheFolder, writeFileAtomic } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { buildGroups } from './build-groups.ts';
import { makeCard, renderCard } from './card.ts';
import type { Composition } from './composition.ts';
import { SPEAKERS } from './generators/index.ts';
import { fetchPackages } from './packages.ts';
import { speakGroups } from './speak-groups.ts';

/** How a composition is built. */
export interface BuildSpeech {
  readonly composition: Composition;
  readonly out: string;
  readonly workers: number;
  /** At most this many groups of each cast. */
  readonly limit?: number | undefined;
}

/**
 * Builds a corpus, or goes on with one: `manifest.jsonl`, `audio/*.flac`, `corpus.json`, `card.md`. The manifest
 * is written last.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/generator-failed`, `corpora/incomplete`,
 * `core/cancelled`
 */
export async function buildSpeech(
  { composition, out, workers, limit }: BuildSpeech,
  work: WorkContext,
): Promise<void> {
  const { name, version, packages } = composition;
  const root = await fetchPackages(packages, cacheFolder('packages', name), work);
  const stage = cacheFolder('build', `${name}-${version}`);
  work.onProgress?.({ type: 'start', task: 'choose recordings' });
  const { groups, shortages } = await composition.plan(root, {
    stage,
    workers,
    signal: work.signal,
    ...(limit === undefined ? {} : { limit }),
  });
  work.onProgress?.({ type: 'end', task: 'choose recordings', note: `${groups.length} groups` });
  const spoken = await speakGroups({ groups, speakers: SPEAKERS, stage, root, workers }, work);
  const results = await buildGroups(
    { composition, groups, spoken, out, stage, root, workers },
    work,
  );
  const clips = results.flatMap((result) => result.clips);
  if (clips.length === 0) {
    throw new RingtrueError('corpora/incomplete', `every group of ${name} failed`);
  }
  const card = makeCard({
    composition,
    options: limit === undefined ? {} : { limit },
    clips,
    failures: results.flatMap((result) => result.failures),
    shortages,
    packages: root.downloads,
  });
  await removeStrangers(join(out, 'audio'), new Set(clips.map(({ path }) => basename(path))));
  await writeFileAtomic(join(out, 'corpus.json'), `${JSON.stringify(card, null, 2)}\n`);
  await writeFileAtomic(join(out, 'card.md'), renderCard(card));
  const shuffled = createRng(composition.seed).split('manifest').shuffle(clips);
  await writeFileAtomic(
    join(out, 'manifest.jsonl'),
    `${shuffled.map((clip) => JSON.stringify(clip)).join('\n')}\n`,
  );
}

/** Removes files that no clip has: what an earlier version or a killed build left. */
async function removeStrangers(folder: string, known: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!known.has(name)) await rm(join(folder, name), { force: true });
  }
}
