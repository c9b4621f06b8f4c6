/**
 * What a benchmark trains and tests: its sets, the cells that its tables show, and what each promises. Designs
 * are drawn up by `cross-domain.ts` and `leave-one-out.ts` and run by `matrix.ts`.
 * @module
 */

import type { AuditedPair, Promised } from './audit.ts';
import type { CorpusClip } from './filter.ts';
import type { DrawnSet, TrainSet } from './models.ts';
import type { Parts } from './parts.ts';

/** How a test set differs from what was heard in training. */
export type CellKind =
  /** Same source and generators; new speakers or new sentences. */
  | 'in-domain'
  /** Everything is new at once. */
  | 'cross-domain'
  /** Same source, new generators. */
  | 'new-generators'
  /** New source, same generators. */
  | 'new-source'
  /** Everything is new at once, after training on one or more domains with as many clips. */
  | 'diversity'
  /** A value (corpus, language, system) that was left out. */
  | 'left-out'
  /** The same value, heard in training. */
  | 'heard'
  /** A union of two domains. */
  | 'union';

/** A cell of the matrix that tables show. */
export interface PlannedCell {
  readonly kind: CellKind;
  readonly train: string;
  readonly test: string;
  /** Domains in training, for diversity. */
  readonly domains: readonly string[];
  /** Value that was left out (or heard), such as `language en`. */
  readonly value?: string;
  /** Whether training and test clips were treated alike. */
  readonly treated: { readonly train: boolean; readonly test: boolean };
  readonly promised: readonly Promised[];
}

/** A set of clips to test on. */
export interface TestSet {
  readonly name: string;
  readonly clips: readonly CorpusClip[];
}

/** What a benchmark trains and tests. */
export interface Design {
  readonly trainSets: readonly TrainSet[];
  readonly testSets: readonly TestSet[];
  readonly cells: readonly PlannedCell[];
  readonly parts: Parts;
  /** What could not be had and was left out, in sentences. */
  readonly notes: readonly string[];
}

/** A design while it is drawn up; a set or cell that is there already is not made twice. */
export interface Draft {
  readonly train: Map<string, TrainSet>;
  readonly test: Map<string, TestSet>;
  readonly cells: PlannedCell[];
  readonly notes: string[];
}

/** Nothing planned yet. */
export function emptyDraft(): Draft {
  return { train: new Map(), test: new Map(), cells: [], notes: [] };
}

/** A draft as a design. */
export function designOf({ train, test, cells, notes }: Draft, parts: Parts): Design {
  return {
    trainSets: [...train.values()],
    testSets: [...test.values()],
    cells,
    parts,
    notes,
  };
}

/** Every promise with the clips it is about, over all seeds of a training set. */
export function auditedPairs({ trainSets, testSets, cells }: Design): AuditedPair[] {
  const heardIn = new Map(
    trainSets.map(({ name, draws }) => [
      name,
      draws.flatMap(({ train, dev }: DrawnSet) => [...train, ...dev]),
    ]),
  );
  const testedIn = new Map(testSets.map(({ name, clips }) => [name, clips]));
  return cells.map(({ train, test, promised }) => ({
    train,
    test,
    promised,
    heard: heardIn.get(train) ?? [],
    tested: testedIn.get(test) ?? [],
  }));
}

/** Every clip that a design uses, once. */
export function clipsOfDesign({ trainSets, testSets }: Design): CorpusClip[] {
  const clips = new Map<string, CorpusClip>();
  for (const { draws } of trainSets)
    for (const { train, dev } of draws)
      for (const clip of [...train, ...dev]) clips.set(clip.id, clip);
  for (const set of testSets) for (const clip of set.clips) clips.set(clip.id, clip);
  return [...clips.values()];
}

/** Added to the name of a set whose clips were treated alike. */
export const CONTROL = ' (control)';

/**
 * Adds the control: training sets and test sets of untreated cells once more with treated clips, and the cells
 * between them (treated to treated, and untreated to treated).
 * @param treated by id of the untreated clip; clips that could not be treated are left out
 */
export function withControl(
  design: Design,
  {
    wanted,
    treated,
  }: {
    readonly wanted: readonly PlannedCell[];
    readonly treated: ReadonlyMap<string, CorpusClip>;
  },
): Design {
  const treat = (clips: readonly CorpusClip[]): CorpusClip[] =>
    clips.flatMap(({ id }) => treated.get(id) ?? []);
  const named = new Set(wanted.flatMap(({ train }) => train));
  const tested = new Set(wanted.flatMap(({ test }) => test));
  return {
    ...design,
    trainSets: [
      ...design.trainSets,
      ...design.trainSets
        .filter(({ name }) => named.has(name))
        .map(({ name, draws }) => ({
          name: `${name}${CONTROL}`,
          draws: draws.map(({ seed, train, dev }) => ({
            seed,
            train: treat(train),
            dev: treat(dev),
          })),
        })),
    ],
    testSets: [
      ...design.testSets,
      ...design.testSets
        .filter(({ name }) => tested.has(name))
        .map(({ name, clips }) => ({ name: `${name}${CONTROL}`, clips: treat(clips) })),
    ],
    cells: [
      ...design.cells,
      ...wanted.flatMap((cell) => [
        { ...cell, test: `${cell.test}${CONTROL}`, treated: { train: false, test: true } },
        {
          ...cell,
          train: `${cell.train}${CONTROL}`,
          test: `${cell.test}${CONTROL}`,
          treated: { train: true, test: true },
        },
      ]),
    ],
  };
}
