/**
 * The cross-domain benchmark (arXiv 2506.00462): train in one domain, test in it and in all others; one factor at
 * a time; several domains at equal size.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Promised } from './audit.ts';
import type { CrossDomain } from './benchmark-file.ts';
import { type Design, type Draft, designOf, emptyDraft, type PlannedCell } from './design.ts';
import {
  addTestSet,
  addTrainSet,
  exceptFakes,
  type Ingredients,
  type Material,
  tryPlan,
} from './domains.ts';
import { type CorpusClip, matches, splitFilter } from './filter.ts';
import { clipsOfDomain } from './sampling.ts';

const UNTREATED = { train: false, test: false };

/**
 * Draws up the sets and cells.
 * @throws RingtrueError `benchmarks/bad-file`, `datasets/class-missing`, `benchmarks/too-few-clips`
 */
export function designCrossDomain(benchmark: CrossDomain, material: Material): Design {
  const names = [...material.domains.keys()];
  if (names.length < 2) {
    throw new RingtrueError(
      'benchmarks/bad-file',
      `domains: ${names.length} named; a cross-domain benchmark needs at least two`,
    );
  }
  const draft = emptyDraft();
  const one = (name: string): Ingredients => [{ name, clips: material.domains.get(name)! }];
  for (const name of names) {
    addTrainSet(draft, material, { name, ingredients: one(name) });
    addTestSet(draft, material, { name, ingredients: one(name) });
  }
  for (const train of names) {
    for (const test of names) {
      draft.cells.push(
        train === test
          ? inDomain(material, train)
          : crossDomain(material, { train, test, domains: [train] }),
      );
    }
  }
  if (benchmark.variants) {
    for (const name of names) {
      const generators = newGenerators(material, name);
      if (typeof generators === 'string') draft.notes.push(generators);
      else {
        const test = `${name} + new generators`;
        const ingredients = [{ name: test, clips: generators }];
        if (tryPlan(draft, () => void addTestSet(draft, material, { name: test, ingredients }))) {
          const own = inDomain(material, name);
          const promised: Promised[] = [...own.promised, 'generator'];
          draft.cells.push({ ...own, kind: 'new-generators', test, promised });
        }
      }
      const sources = newSource(material, name);
      if (typeof sources === 'string') draft.notes.push(sources);
      else {
        const test = `new source + generators of ${name}`;
        const planned = tryPlan(
          draft,
          () => void addTestSet(draft, material, { name: test, ingredients: sources }),
        );
        if (planned) {
          draft.cells.push({
            kind: 'new-source',
            train: name,
            test,
            domains: [name],
            treated: UNTREATED,
            promised: ['recording', 'sentence', 'speaker', 'source'],
          });
        }
      }
    }
  }
  if (benchmark.diversity !== undefined) planDiversity(draft, material, benchmark.diversity);
  return designOf(draft, material.parts);
}

/** Training sets of k domains each with as many clips in all, tested on the domains that are not in them. */
function planDiversity(
  draft: Draft,
  material: Material,
  {
    k: numbers,
    train: exactly = material.benchmark.sizes.train,
  }: NonNullable<CrossDomain['diversity']>,
): void {
  const names = [...material.domains.keys()];
  for (const k of numbers) {
    if (k >= names.length) {
      draft.notes.push(
        `Diversity with ${k} domains was left out: ${names.length} domains leave none that is unseen.`,
      );
      continue;
    }
    for (const domains of windows(names, k)) {
      const train = `${domains.join('+')} (${exactly} clips)`;
      const ingredients = domains.map((name) => ({ name, clips: material.domains.get(name)! }));
      addTrainSet(draft, material, { name: train, ingredients, exactly });
      for (const test of names.filter((name) => !domains.includes(name)))
        draft.cells.push({ ...crossDomain(material, { train, test, domains }), kind: 'diversity' });
    }
  }
}

/** Cells that the control repeats: those between single domains. */
export function controlledCells({ cells }: Design): PlannedCell[] {
  return cells.filter(({ kind }) => kind === 'in-domain' || kind === 'cross-domain');
}

/** Runs of k neighbours around the circle: every domain is in as many training sets, and unseen as often. */
function windows(names: readonly string[], k: number): string[][] {
  return names.map((_, first) =>
    Array.from({ length: k }, (_, i) => names[(first + i) % names.length]!),
  );
}

function inDomain(material: Material, name: string): PlannedCell {
  return {
    kind: 'in-domain',
    train: name,
    test: name,
    domains: [name],
    treated: UNTREATED,
    promised: heldIn(material, name),
  };
}

/** What is new in the domain's own test set: what all of its sources were cut by. */
function heldIn({ domains, parts }: Material, name: string): Promised[] {
  const sources = new Set(
    (domains.get(name) ?? [])
      .filter(({ label }) => label === 'bonafide')
      .map(({ corpus, domain }) => [corpus, domain].filter((part) => part !== undefined).join(' ')),
  );
  const held = parts.sources.filter(({ source }) => sources.has(source)).map(({ held }) => held);
  if (held.every((unit) => unit === 'speaker')) return ['recording', 'speaker'];
  if (held.every((unit) => unit === 'source')) return ['recording', 'sentence'];
  return ['recording'];
}

function crossDomain(
  material: Material,
  { train, test, domains }: { train: string; test: string; domains: readonly string[] },
): PlannedCell {
  const heard = domains.flatMap((name) => generatorsOf(material, name));
  const apart = generatorsOf(material, test).every((generator) => !heard.includes(generator));
  const bySource = domains.every((name) => sourcesApart(material, name, test));
  return {
    kind: 'cross-domain',
    train,
    test,
    domains,
    treated: UNTREATED,
    promised: [
      'recording',
      'sentence',
      'speaker',
      ...(bySource ? (['source'] as const) : []),
      ...(apart ? (['generator'] as const) : []),
    ],
  };
}

function generatorsOf({ domains }: Material, name: string): string[] {
  return [...new Set((domains.get(name) ?? []).flatMap(({ generator }) => generator ?? []))];
}

function sourcesApart({ domains }: Material, one: string, other: string): boolean {
  const of = (name: string): Set<string> =>
    new Set(
      (domains.get(name) ?? []).flatMap(({ label, corpus, domain }) =>
        label === 'bonafide' ? [`${corpus ?? ''} ${domain ?? ''}`] : [],
      ),
    );
  const known = of(one);
  return [...of(other)].every((source) => !known.has(source));
}

/** Recordings of a domain with the generators of the others, or why there are none. */
function newGenerators({ benchmark, clips }: Material, name: string): CorpusClip[] | string {
  const own = splitFilter(benchmark.domains[name]!);
  const others = Object.entries(benchmark.domains)
    .filter(([other]) => other !== name)
    .map(([, filter]) => splitFilter(filter).spoof);
  if (Object.keys(own.spoof).length === 0)
    return `${name} names no generators: it has no variant with new ones.`;
  const found = exceptFakes(clipsOfDomain(clips, own.source), own.spoof).filter(
    (clip) => clip.label === 'bonafide' || others.some((filter) => matches(clip, filter)),
  );
  return found.some(({ label }) => label === 'spoof')
    ? found
    : `The recordings of ${name} have no fakes by generators of other domains.`;
}

/** Recordings of the domains of other sources with the generators of one, or why there are none. */
function newSource(material: Material, name: string): Ingredients | string {
  const { benchmark, clips } = material;
  const { spoof } = splitFilter(benchmark.domains[name]!);
  if (Object.keys(spoof).length === 0)
    return `${name} names no generators: a new source with its generators is the same as another domain.`;
  const found = Object.entries(benchmark.domains)
    .filter(([other]) => other !== name && sourcesApart(material, name, other))
    .map(([other, filter]) => ({
      name: `${other} + generators of ${name}`,
      clips: clipsOfDomain(clips, { ...splitFilter(filter).source, ...spoof }),
    }))
    .filter((ingredient) => ingredient.clips.some(({ label }) => label === 'spoof'));
  return found.length === 0
    ? `The generators of ${name} have not spoken for recordings of other sources.`
    : found;
}
