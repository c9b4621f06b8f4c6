/**
 * The leave-one-out benchmark (arXiv 2401.09512): every corpus against every other, unions of two, and one corpus,
 * language or system left out of training.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Promised } from './audit.ts';
import type { LeaveOneOut } from './benchmark-file.ts';
import { type Design, type Draft, designOf, emptyDraft, type PlannedCell } from './design.ts';
import {
  addTestSet,
  addTrainSet,
  type Ingredients,
  type Material,
  ofPart,
  tryPlan,
} from './domains.ts';
import { type CorpusClip, fieldOf, SPOOF_FIELDS, valuesOf } from './filter.ts';
import { groupBy, textGroup } from './parts.ts';
import { findTwins } from './sampling.ts';

const UNTREATED = { train: false, test: false };

/** Training set of all domains together. */
export const ALL = 'all';

/**
 * Draws up the sets and cells.
 * @throws RingtrueError `benchmarks/bad-file`, `datasets/class-missing`, `benchmarks/too-few-clips`
 */
export function designLeaveOneOut(benchmark: LeaveOneOut, material: Material): Design {
  const names = [...material.domains.keys()];
  if (names.length < 2) {
    throw new RingtrueError(
      'benchmarks/bad-file',
      `domains: ${names.length} named; a leave-one-out benchmark needs at least two`,
    );
  }
  const draft = emptyDraft();
  const one = (name: string): Ingredients => [{ name, clips: material.domains.get(name)! }];
  for (const name of names) {
    addTrainSet(draft, material, { name, ingredients: one(name) });
    addTestSet(draft, material, { name, ingredients: one(name) });
  }
  const cell = (more: Pick<PlannedCell, 'kind' | 'train' | 'test' | 'domains'>): PlannedCell => ({
    ...more,
    treated: UNTREATED,
    promised: promisedFor(material, more),
  });
  for (const train of names)
    for (const test of names)
      draft.cells.push(
        cell({
          kind: train === test ? 'in-domain' : 'cross-domain',
          train,
          test,
          domains: [train],
        }),
      );
  if (benchmark.unions) {
    for (const [i, first] of names.entries()) {
      for (const second of names.slice(i + 1)) {
        const domains = [first, second];
        const train = domains.join('+');
        addTrainSet(draft, material, { name: train, ingredients: domains.flatMap(one) });
        for (const test of names) draft.cells.push(cell({ kind: 'union', train, test, domains }));
      }
    }
  }
  if (benchmark.leave.length > 0) {
    addTrainSet(draft, material, {
      name: ALL,
      ingredients: names.flatMap(one),
      exactly: benchmark.sizes.train,
    });
    for (const field of benchmark.leave) {
      if (field === 'domain') leaveDomains(draft, material);
      else leaveValues(draft, material, field);
    }
  }
  return designOf(draft, material.parts);
}

/** Cells that the control repeats: those between single domains. */
export function controlledCells({ cells }: Design): PlannedCell[] {
  return cells.filter(({ kind }) => kind === 'in-domain' || kind === 'cross-domain');
}

function promisedFor(
  material: Material,
  { test, domains }: Pick<PlannedCell, 'test' | 'domains'>,
): Promised[] {
  const sources = (names: readonly string[]): Set<string> =>
    new Set(
      names
        .flatMap((name) => material.domains.get(name) ?? [])
        .flatMap(({ label, corpus, domain }) =>
          label === 'bonafide' ? [`${corpus ?? ''} ${domain ?? ''}`] : [],
        ),
    );
  const heard = sources(domains);
  const apart = [...sources([test])].every((source) => !heard.has(source));
  const bySpeaker = material.parts.sources.some(({ held }) => held === 'speaker');
  return [
    'recording',
    ...(bySpeaker ? [] : (['sentence'] as const)),
    ...(apart ? (['speaker', 'source'] as const) : []),
  ];
}

function leaveDomains(draft: Draft, material: Material): void {
  const names = [...material.domains.keys()];
  for (const left of names) {
    const others = names.filter((name) => name !== left);
    const train = `all but ${left}`;
    const ingredients = others.map((name) => ({ name, clips: material.domains.get(name)! }));
    addTrainSet(draft, material, {
      name: train,
      ingredients,
      exactly: material.benchmark.sizes.train,
    });
    addLeft(draft, { value: `domain ${left}`, train, test: left, domains: others }, [
      'recording',
      ...promisedFor(material, { test: left, domains: others }).filter(
        (what) => what === 'source' || what === 'speaker',
      ),
    ]);
  }
}

function leaveValues(draft: Draft, material: Material, field: string): void {
  const clips = [...new Set([...material.domains.values()].flat())];
  const values = valuesOf(clips, field);
  if (values.length < 2) {
    throw new RingtrueError(
      'benchmarks/unknown-value',
      `leave: ${field} has ${values.length === 0 ? 'no value' : `one value, ${values[0]}`}; at least two are needed to leave one out`,
      { details: { path: 'leave', value: field, known: values } },
    );
  }
  const { least } = material.benchmark.sizes;
  for (const value of values) {
    const test = `${field} ${value}`;
    const has = (clip: CorpusClip): boolean => fieldOf(clip, field) === value;
    const tested = clipsWith(clips, { field, has });
    const pairs = findTwins(ofPart(material, 'test', tested)).filter(
      ({ fakes }) => fakes.length > 0,
    );
    if (pairs.length < least) {
      draft.notes.push(
        `${test} was not left out: its test part has ${pairs.length} bona fide clips with a twin, ${least} are needed.`,
      );
      continue;
    }
    const train = `all but ${test}`;
    const ingredients = [...material.domains]
      .map(([name, members]) => ({
        name: `${name} but ${test}`,
        clips: members.filter((clip) => !has(clip)),
      }))
      .filter(({ clips: some }) =>
        findTwins(ofPart(material, 'train', some)).some(({ fakes }) => fakes.length > 0),
      );
    const planned = tryPlan(draft, () => {
      addTrainSet(draft, material, {
        name: train,
        ingredients,
        exactly: material.benchmark.sizes.train,
      });
      addTestSet(draft, material, { name: test, ingredients: [{ name: test, clips: tested }] });
    });
    if (!planned) continue;
    const domains = [...material.domains.keys()];
    addLeft(draft, { value: test, train, test, domains }, [
      'recording',
      ...(field === 'generator' ? (['generator'] as const) : []),
    ]);
  }
}

/** Clips with a value; where only fakes have it, with the bona fide clips of their text groups. */
function clipsWith(
  clips: readonly CorpusClip[],
  { field, has }: { readonly field: string; readonly has: (clip: CorpusClip) => boolean },
): CorpusClip[] {
  if (!SPOOF_FIELDS.includes(field)) return clips.filter(has);
  return [...groupBy(clips, textGroup).values()].flatMap((members) => {
    const fakes = members.filter((clip) => clip.label === 'spoof' && has(clip));
    const reals = members.filter(({ label }) => label === 'bonafide');
    return fakes.length === 0 ? [] : [...reals, ...fakes];
  });
}

/** The cell of a value that was left out, and that of the same test set after it was heard. */
function addLeft(
  draft: Draft,
  left: Pick<PlannedCell, 'train' | 'test' | 'domains'> & { readonly value: string },
  promised: readonly Promised[],
): void {
  draft.cells.push(
    { ...left, kind: 'left-out', treated: UNTREATED, promised },
    { ...left, kind: 'heard', train: ALL, treated: UNTREATED, promised: ['recording'] },
  );
}
