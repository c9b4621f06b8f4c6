/**
 * Confounds made visible: different generators or codecs per group look like bias. Contingency tables say
 * how mixed attributes are, and a stratified gap compares groups within the same generator or codec.
 * @module
 */

import { createRng } from '../core/rng.ts';
import type { Label } from '../datasets/clip.ts';
import { bootstrapWeights, type IntervalOptions, intervalOptions, toFigure } from './bootstrap.ts';
import { clusterOf, type ScoredClip } from './evaluate.ts';
import {
  createShuffle,
  gapOf,
  type PermutationTest,
  permutationTest,
} from './fairness-permutation.ts';
import type { Counts, Figure } from './types.ts';

/** Clips with the same values of all attributes. */
export interface ContingencyCell {
  /** Value of each attribute, in the order of the table's attributes. */
  readonly values: readonly string[];
  /** Clips of each class. */
  readonly n: Counts;
}

/**
 * Counts clips by the values of several attributes; cells without clips are not there.
 * @param valuesOf values of a row, one per attribute
 */
export function contingency<R extends { readonly label: Label }>(
  rows: readonly R[],
  valuesOf: (row: R) => readonly string[],
): ContingencyCell[] {
  const cells = new Map<string, { values: readonly string[]; bonafide: number; spoof: number }>();
  for (const row of rows) {
    const values = valuesOf(row);
    const key = values.join('\0');
    const cell = cells.get(key) ?? { values, bonafide: 0, spoof: 0 };
    cells.set(key, cell);
    cell[row.label] += 1;
  }
  return [...cells]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, { values, bonafide, spoof }]) => ({ values, n: { bonafide, spoof } }));
}

/**
 * Cramér's V of two attributes: 0 if they have nothing to do with each other, 1 if one tells the other (then
 * no figure can tell them apart). NaN where one of them has a single value.
 */
export function cramersV(pairs: readonly (readonly [string, string])[]): number {
  const rows = new Map<string, number>();
  const columns = new Map<string, number>();
  const cells = new Map<string, number>();
  for (const [a, b] of pairs) {
    rows.set(a, (rows.get(a) ?? 0) + 1);
    columns.set(b, (columns.get(b) ?? 0) + 1);
    const key = `${a}\0${b}`;
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
  let sum = 0;
  for (const [a, inRow] of rows) {
    for (const [b, inColumn] of columns) {
      const seen = cells.get(`${a}\0${b}`) ?? 0;
      sum += (seen * seen) / (inRow * inColumn);
    }
  }
  // χ²/n = Σ seen²/(row·column) − 1; rounding may leave it a hair below 0.
  return Math.sqrt(Math.max(0, sum - 1) / (Math.min(rows.size, columns.size) - 1));
}

/** A clip with its `group` and its `stratum` (a codec, a generator); null leaves it out. */
export interface StratifiedClip extends ScoredClip {
  readonly group: string | null;
  readonly stratum: string | null;
}

/** How the largest gap of a rate changes when groups are compared within strata. */
export interface StratifiedGap {
  /** Rate whose gap is looked at. */
  readonly rate: 'fpr' | 'fnr';
  /** Gap of the clips as they are, whatever strata they come from. */
  readonly raw: Figure;
  /**
   * Gap of rates that are averaged over the strata that every group has, with the same weights for every
   * group (direct standardisation); null where no stratum has all groups: then nobody can tell the two apart.
   */
  readonly stratified: Figure | null;
  /** Labels shuffled over speakers that have clips in the same strata; null as above. */
  readonly test: PermutationTest | null;
  /** Strata that every group has. */
  readonly strata: readonly string[];
  /** Share of clips in them. */
  readonly coverage: number;
  /** Groups that were compared. */
  readonly groups: readonly string[];
}

/** Options of {@link stratifiedGap}. */
export interface StratifiedOptions extends IntervalOptions {
  /** Rate whose gap is looked at. */
  readonly rate: 'fpr' | 'fnr';
  /** At or above is called spoof. */
  readonly threshold: number;
  /** Clips that every group must have in a stratum for it to count. @default 5 */
  readonly leastClips?: number;
}

/**
 * Compares groups within strata.
 * @returns undefined where fewer than two groups have clips of the class
 * @throws RingtrueError `core/invalid-options`
 */
export function stratifiedGap(
  given: readonly StratifiedClip[],
  options: StratifiedOptions,
): StratifiedGap | undefined {
  const interval = intervalOptions(options);
  const { rate, threshold, leastClips = 5 } = options;
  const label: Label = rate === 'fpr' ? 'bonafide' : 'spoof';
  const blocks = new Map<string, StratumBlock>();
  for (const row of given) {
    if (row.label !== label || row.group === null || row.stratum === null) continue;
    const { group, stratum } = row;
    const speaker = clusterOf(row);
    const key = `${stratum}\0${group}\0${speaker}`;
    const block = blocks.get(key) ?? { speaker, group, stratum, errors: 0, clips: 0 };
    blocks.set(key, block);
    block.clips += 1;
    if (row.score >= threshold === (rate === 'fpr')) block.errors += 1;
  }
  const sorted = [...blocks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block);
  const groups = namesOf(sorted.map(({ group }) => group));
  if (groups.length < 2) return undefined;

  const all = createTable(sorted, groups);
  const whole = all.sum(all.labels, null);
  const shared = all.strata.filter((_, s) => whole.clips[s]!.every((n) => n >= leastClips));
  const kept = sorted.filter(({ stratum }) => shared.includes(stratum));
  const common = createTable(kept, groups);
  const shares = common.sum(common.labels, null).clips.map(total);
  const clipsShared = total(shares);
  const about = {
    rate,
    strata: shared,
    coverage: clipsShared / total(whole.clips.map(total)),
    groups,
  };

  /** Every clip alike, whatever its stratum. */
  const rawGap = (weight: Weight): number => {
    const { errors, clips } = all.sum(all.labels, weight);
    return gapOf(groups.length, (g) => total(column(errors, g)) / total(column(clips, g)));
  };
  /** Rates within strata, averaged with the same weights for every group. */
  const standardGap = (labels: Uint32Array, weight: Weight): number => {
    const { errors, clips } = common.sum(labels, weight);
    const rate = (g: number): number =>
      total(shares.map((share, s) => (share * errors[s]![g]!) / clips[s]![g]!)) / clipsShared;
    return gapOf(groups.length, rate);
  };
  const speakers = namesOf(sorted.map(({ speaker }) => speaker));
  const numberOf = new Map(speakers.map((name, i) => [name, i]));
  const weightOf =
    (weights: Uint8Array): Weight =>
    (speaker) =>
      weights[numberOf.get(speaker)!]!;
  const ranges = {
    count: speakers.length,
    strata: [[0, speakers.length]] as const,
    enough: speakers.length > 1,
  };
  const replicates = bootstrapWeights(ranges, interval, 2, (weights, out) => {
    out[0] = rawGap(weightOf(weights));
    out[1] = standardGap(common.labels, weightOf(weights));
  });
  const raw = toFigure(rawGap(null), replicates?.[0], interval.level);
  if (shared.length === 0) return { ...about, raw, stratified: null, test: null };
  const value = standardGap(common.labels, null);
  // A speaker keeps together, and changes places with speakers of the same strata only.
  const unitOf = kept.map(({ speaker, group }) => `${group}\0${speaker}`);
  const units = namesOf(unitOf);
  const unitAt = new Map(units.map((name, u) => [name, u]));
  const profiles = units.map(() => '');
  const ofUnit = new Uint32Array(units.length);
  for (const [i, { stratum }] of kept.entries()) {
    const u = unitAt.get(unitOf[i]!)!;
    profiles[u] += `${stratum}\0`;
    ofUnit[u] = common.labels[i]!;
  }
  const shuffle = createShuffle(profiles);
  const rng = createRng(interval.seed).split('fairness/labels');
  const draw = (): number => {
    shuffle(ofUnit, rng);
    return standardGap(
      Uint32Array.from(unitOf, (name) => ofUnit[unitAt.get(name)!]!),
      null,
    );
  };
  return {
    ...about,
    raw,
    stratified: toFigure(value, replicates?.[1], interval.level),
    test: permutationTest(value, draw, { ...interval, shuffles: interval.replicates }),
  };
}

/** Clips of one speaker in one group and stratum. */
interface StratumBlock {
  readonly speaker: string;
  readonly group: string;
  readonly stratum: string;
  errors: number;
  clips: number;
}

/** How often a speaker counts; null: once each. */
type Weight = ((speaker: string) => number) | null;

/** Sums of blocks by stratum and group. */
function createTable(blocks: readonly StratumBlock[], groups: readonly string[]) {
  const strata = namesOf(blocks.map(({ stratum }) => stratum));
  const stratumOf = blocks.map(({ stratum }) => strata.indexOf(stratum));
  const make = (): number[][] => strata.map(() => groups.map(() => 0));
  return {
    strata,
    labels: Uint32Array.from(blocks, ({ group }) => groups.indexOf(group)),
    /** @param labels group of each block, [blocks] */
    sum(labels: Uint32Array, weight: Weight): { errors: number[][]; clips: number[][] } {
      const errors = make();
      const clips = make();
      for (const [i, block] of blocks.entries()) {
        const w = weight === null ? 1 : weight(block.speaker);
        errors[stratumOf[i]!]![labels[i]!]! += w * block.errors;
        clips[stratumOf[i]!]![labels[i]!]! += w * block.clips;
      }
      return { errors, clips };
    },
  };
}

function namesOf(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function column(table: readonly (readonly number[])[], k: number): number[] {
  return table.map((row) => row[k]!);
}
