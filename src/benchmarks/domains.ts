/**
 * Drawing the sets of domains: shared by all benchmarks.
 * @module
 */

import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import type { Benchmark } from './benchmark-file.ts';
import type { Draft, TestSet } from './design.ts';
import { type CorpusClip, checkFilter, type Filter, matches } from './filter.ts';
import type { DrawnSet, TrainSet } from './models.ts';
import { cutParts, type Part, type Parts, textGroup } from './parts.ts';
import { clipsOfDomain, drawSet } from './sampling.ts';

/** Clips by domain, each with its part. */
export interface Material {
  readonly benchmark: Benchmark;
  readonly clips: readonly CorpusClip[];
  readonly parts: Parts;
  /** Clips of each domain, in the order of the file. */
  readonly domains: ReadonlyMap<string, readonly CorpusClip[]>;
}

/**
 * Applies the filters of a benchmark and cuts the parts.
 * @throws RingtrueError `benchmarks/unknown-value`, `benchmarks/bad-file` (too few domains)
 */
export function gatherMaterial(benchmark: Benchmark, all: readonly CorpusClip[]): Material {
  checkFilter(benchmark.filter, { clips: all, where: 'filter' });
  const clips = clipsOfDomain(all, benchmark.filter);
  const domains = new Map<string, readonly CorpusClip[]>();
  for (const [name, filter] of Object.entries(benchmark.domains)) {
    checkFilter(filter, { clips, where: `domains.${name}` });
    domains.set(name, clipsOfDomain(clips, filter));
  }
  // Recordings outside of all domains go, and with them the fakes that were made of them.
  const used = new Set([...domains.values()].flat());
  const groups = new Set([...used].map(textGroup));
  const pool = clips.filter(
    (clip) => used.has(clip) || (clip.label === 'spoof' && groups.has(textGroup(clip))),
  );
  return { benchmark, clips: pool, parts: cutParts(pool, benchmark), domains };
}

/** Clips of a part. */
export function ofPart(
  { parts }: Material,
  part: Part,
  clips: readonly CorpusClip[],
): CorpusClip[] {
  return clips.filter(({ id }) => parts.of.get(id) === part);
}

/** What a training set is drawn from: evenly from each of these. */
export type Ingredients = readonly {
  readonly name: string;
  readonly clips: readonly CorpusClip[];
}[];

/** A training set to be planned. */
export interface TrainPlan {
  readonly name: string;
  readonly ingredients: Ingredients;
  /** Clips of both classes. @default `sizes.train` from each ingredient, fewer where there are fewer */
  readonly exactly?: number;
}

/**
 * Plans a training set, evenly from its ingredients; the seed draws them.
 * @throws RingtrueError `datasets/class-missing`, `benchmarks/too-few-clips`
 */
export function addTrainSet(
  draft: Draft,
  material: Material,
  { name, ingredients, exactly }: TrainPlan,
): TrainSet {
  const known = draft.train.get(name);
  if (known !== undefined) return known;
  const { seeds, sizes } = material.benchmark;
  const size = exactly ?? sizes.train * ingredients.length;
  const exact = exactly !== undefined;
  const set = {
    name,
    draws: seeds.map(
      (seed): DrawnSet => ({
        seed,
        train: drawEvenly(material, ingredients, { part: 'train', seed, size, exact }),
        dev: drawEvenly(material, ingredients, {
          part: 'dev',
          seed,
          size: sizes.dev,
          exact: false,
        }),
      }),
    ),
  };
  draft.train.set(name, set);
  return set;
}

/**
 * Plans a test set of at most `sizes.test` clips, evenly from its ingredients.
 * @throws RingtrueError `datasets/class-missing`, `benchmarks/too-few-clips`
 */
export function addTestSet(
  draft: Draft,
  material: Material,
  { name, ingredients }: { readonly name: string; readonly ingredients: Ingredients },
): TestSet {
  const known = draft.test.get(name);
  if (known !== undefined) return known;
  const { seed, sizes } = material.benchmark;
  const clips = drawEvenly(material, ingredients, {
    part: 'test',
    seed,
    size: sizes.test,
    exact: false,
  });
  const set = { name, clips };
  draft.test.set(name, set);
  return set;
}

function drawEvenly(
  material: Material,
  ingredients: Ingredients,
  {
    part,
    seed,
    size,
    exact,
  }: { readonly part: Part; readonly seed: number; readonly size: number; readonly exact: boolean },
): CorpusClip[] {
  const { sampling, sizes } = material.benchmark;
  const half = Math.floor(size / 2);
  return ingredients.flatMap(({ name, clips }, i) => {
    // Pairs that do not part evenly go to the first ones.
    const pairs = Math.floor(half / ingredients.length) + (i < half % ingredients.length ? 1 : 0);
    return drawSet({
      name: `the ${part} part of ${name}`,
      clips: ofPart(material, part, clips),
      size: 2 * pairs,
      sampling,
      rng: createRng(seed).split('draw').split(part).split(name),
      least: exact ? pairs : Math.min(pairs, Math.ceil(sizes.least / ingredients.length)),
    });
  });
}

/**
 * Plans what follows from the domains and may not be possible on these clips; what is not becomes a note.
 * @returns whether it was planned
 */
export function tryPlan(draft: Draft, plan: () => void): boolean {
  try {
    plan();
    return true;
  } catch (error) {
    const code = error instanceof RingtrueError ? error.code : undefined;
    if (code !== 'datasets/class-missing' && code !== 'benchmarks/too-few-clips') throw error;
    draft.notes.push(`Left out: ${toRingtrueError(error).message}.`);
    return false;
  }
}

/** Fakes that a filter takes and another does not, with all bona fide clips. */
export function exceptFakes(clips: readonly CorpusClip[], filter: Filter): CorpusClip[] {
  return clips.filter((clip) => clip.label === 'bonafide' || !matches(clip, filter));
}
