/**
 * Permutation tests of gaps between groups: how large a gap comes up when group labels are shuffled over
 * speakers? Clips of a speaker are not independent, so they keep together.
 * @module
 */

import { createRng, type Rng } from '../core/rng.ts';
import type { Block } from './fairness-groups.ts';

/** What shuffling group labels says of a statistic. */
export interface PermutationTest {
  /** Share of shuffles with at least the gap that was seen, the seen one counted in: (1 + hits)/(1 + shuffles). */
  readonly p: number;
  /** The gap that chance alone gives with these speakers and sizes: mean, and the quantile of the band. */
  readonly chance: { readonly mean: number; readonly high: number };
  /** How often labels were shuffled. */
  readonly shuffles: number;
}

/** How often and with what seed labels are shuffled. */
export interface PermutationOptions {
  readonly seed: number | string;
  readonly shuffles: number;
  /** Quantile of the chance band. */
  readonly level: number;
}

/** Shuffles that differ by rounding alone count as equal. */
const ROUNDING = 1e-12;

/**
 * Compares a statistic with its values under shuffled labels.
 * @param seen the statistic of the labels as they are
 * @param draw the statistic under the next shuffle; NaN where it is not defined (such shuffles are left out)
 */
export function permutationTest(
  seen: number,
  draw: () => number,
  { shuffles, level }: Pick<PermutationOptions, 'shuffles' | 'level'>,
): PermutationTest {
  const values = Float64Array.from({ length: shuffles }, draw)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const hits = values.reduce((sum, value) => sum + (value >= seen - ROUNDING ? 1 : 0), 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = Math.min(values.length - 1, Math.ceil(level * values.length) - 1);
  return {
    p: (1 + hits) / (1 + values.length),
    chance: { mean, high: values[at] ?? Number.NaN },
    shuffles: values.length,
  };
}

/**
 * Tests the largest gap of an error rate between groups.
 * @param blocks clips of one class by speaker and group; at least two groups
 * @param within labels are shuffled among blocks of the same stratum only; absent: among all
 */
export function testRateGap(
  blocks: readonly Block[],
  options: PermutationOptions & { readonly within?: ((block: Block) => number) | undefined },
): PermutationTest {
  const groups = 1 + Math.max(...blocks.map(({ group }) => group));
  const labels = Uint32Array.from(blocks, ({ group }) => group);
  const shuffle = createShuffle(blocks.map(options.within ?? (() => 0)));
  const rng = createRng(options.seed).split('fairness/labels');
  const errors = new Float64Array(groups);
  const clips = new Float64Array(groups);
  const gap = (): number => {
    errors.fill(0);
    clips.fill(0);
    for (let i = 0; i < labels.length; i += 1) {
      const block = blocks[i]!;
      errors[labels[i]!]! += block.errors;
      clips[labels[i]!]! += block.clips;
    }
    return gapOf(groups, (g) => errors[g]! / clips[g]!);
  };
  const seen = gap();
  const draw = (): number => {
    shuffle(labels, rng);
    return gap();
  };
  return permutationTest(seen, draw, options);
}

/** Largest less smallest of the values that are defined; NaN for fewer than two of them. */
export function gapOf(count: number, at: (i: number) => number): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let defined = 0;
  for (let i = 0; i < count; i += 1) {
    const value = at(i);
    if (Number.isNaN(value)) continue;
    defined += 1;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return defined < 2 ? Number.NaN : most - least;
}

/**
 * A function that shuffles labels in place, inside each stratum.
 * @param strata stratum of each item, [items]
 */
export function createShuffle(
  strata: readonly (number | string)[],
): (labels: Uint32Array, rng: Rng) => void {
  const members = new Map<number | string, number[]>();
  for (const [i, stratum] of strata.entries()) {
    const found = members.get(stratum);
    if (found === undefined) members.set(stratum, [i]);
    else found.push(i);
  }
  const lists = [...members.values()].filter(({ length }) => length > 1);
  return (labels, rng) => {
    for (const list of lists) {
      for (let i = list.length - 1; i > 0; i -= 1) {
        const j = rng.int(i + 1);
        const swap = labels[list[i]!]!;
        labels[list[i]!] = labels[list[j]!]!;
        labels[list[j]!] = swap;
      }
    }
  };
}

/**
 * How many ways there are to give the labels to the blocks, at most 2^53 − 1: with few of them no p-value
 * can be small, whatever the gap.
 */
export function countArrangements(
  blocks: readonly Block[],
  within: (block: Block) => number = () => 0,
): number {
  const strata = new Map<number, Map<number, number>>();
  for (const block of blocks) {
    const sizes = strata.get(within(block)) ?? new Map<number, number>();
    strata.set(within(block), sizes.set(block.group, (sizes.get(block.group) ?? 0) + 1));
  }
  let product = 1;
  for (const sizes of strata.values()) {
    let placed = 0;
    for (const size of sizes.values()) {
      for (let k = 1; k <= size; k += 1) {
        placed += 1;
        product = Math.min(Number.MAX_SAFE_INTEGER, (product * placed) / k);
      }
    }
  }
  return Math.round(product);
}
