/**
 * The corpus engine: a composition becomes packages, a plan, spoken texts, equalised clips, a manifest and a card.
 * @module
 */

import type { WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { addPlugIns } from './add-plug-ins.ts';
import { buildGroups } from './build-groups.ts';
import { makeCard } from './card.ts';
import type { Composition } from './composition.ts';
import { finishCorpus } from './finish-corpus.ts';
import { SPEAKERS } from './generators/index.ts';
import { type PlugIn, plugInSpeaker } from './generators/plug-in.ts';
import { throwDeadGenerators } from './piece-failure.ts';
import { speakGroups } from './speak-groups.ts';
import { type BuildSettings, startBuild } from './start-build.ts';

/** How a composition is built. */
export interface BuildSpeech extends BuildSettings {
  readonly composition: Composition;
  /** The user's own. */
  readonly plugIns: readonly PlugIn[];
}

/**
 * Builds a corpus, or goes on with one: `manifest.jsonl`, `audio/*.flac`, `corpus.json`, `card.md`. The manifest
 * is written last.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/generator-failed`, `corpora/incomplete`,
 * `core/cancelled`
 */
export async function buildSpeech(
  { composition, plugIns, ...settings }: BuildSpeech,
  work: WorkContext,
): Promise<void> {
  const { out, workers, variant } = settings;
  const { root, stage, planned } = await startBuild(composition, settings, work);
  const groups = addPlugIns(planned.groups, plugIns, createRng(composition.seed).split('plug-ins'));
  // The user's come first: what is wrong with them shows before the long work.
  const speakers = {
    ...Object.fromEntries(plugIns.map((each) => [each.name, plugInSpeaker(each)])),
    ...SPEAKERS,
  };
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
    shortages: planned.shortages,
    packages: root.downloads,
  });
  await finishCorpus({ out, card, clips, seed: composition.seed });
}
