/**
 * Is a detector as good for one group as for the next? All figures of card 22 §5 at one threshold for all
 * groups, with intervals over speakers and permutation tests that shuffle group labels over speakers.
 * @module
 */

import { createRng } from '../core/rng.ts';
import type { Label } from '../datasets/clip.ts';
import { wilsonInterval } from './binomial.ts';
import {
  bootstrapWeights,
  type Interval,
  type IntervalOptions,
  intervalOptions,
  sortTrials,
  toFigure,
} from './bootstrap.ts';
import {
  type Block,
  blocksOf,
  type GroupedClip,
  type GroupedTrials,
  groupTrials,
} from './fairness-groups.ts';
import {
  countArrangements,
  createShuffle,
  gapOf,
  type PermutationTest,
  permutationTest,
  testRateGap,
} from './fairness-permutation.ts';
import { createGroupScan } from './fairness-scan.ts';
import {
  createFairnessStatistic,
  FAIRNESS_FIGURES,
  type FairnessFigure,
  GROUP_FIGURES,
  type GroupFigure,
} from './fairness-statistic.ts';
import type { ClusterRanges } from './resample.ts';
import type { Counts, Figure } from './types.ts';

/** Cells with fewer speakers than this are thin: their intervals are wide, and often too narrow still. */
export const LEAST_SPEAKERS = 30;
/** A group with fewer clips of a class is listed, but its rate is not compared. */
export const LEAST_CLIPS = 10;
/** Resamples of fewer speakers are too few for percentiles: clips are resampled then. */
const RESAMPLED_SPEAKERS = 5;

/** What an interval resamples, as `rule` of a figure. */
const RULES = {
  speakers: 'speakers resampled',
  clips: 'clips resampled, as there are too few speakers: covers new clips of these speakers only',
} as const;
/** A rate without errors, or with nothing else, does not vary in resamples. */
const WILSON_RULES = {
  speakers: 'wilson, as many trials as speakers',
  clips: 'wilson, as many trials as clips: covers new clips of these speakers only',
} as const;

/** Options of {@link evaluateFairness}. */
export interface FairnessOptions extends IntervalOptions {
  /** One threshold for all groups, fixed on other clips than these. At or above is called spoof. */
  readonly threshold: number;
  /** Weight of fpr in FDR, GARBE and the inequity rate; fnr has the rest. @default 0.5 */
  readonly alpha?: number;
  /** Cells with fewer speakers are thin. @default 30 */
  readonly leastSpeakers?: number;
  /** Whether thin cells are marked, or hidden (their n is told, they are not compared). @default mark */
  readonly thinCells?: 'mark' | 'hide';
  /** Groups with fewer clips of a class are not compared in it. @default 10 */
  readonly leastClips?: number;
}

/** One group. */
export interface GroupFairness {
  /** Its value of the attribute. */
  readonly group: string;
  /** Clips of each class. */
  readonly n: Counts;
  /** Different speakers (clusters) behind the clips. */
  readonly speakers: Counts;
  /** Whether a class has fewer speakers than `leastSpeakers`. */
  readonly thin: { readonly bonafide: boolean; readonly spoof: boolean };
  /** What the group has clips for; `rule` says what the interval resamples. */
  readonly figures: Readonly<Partial<Record<GroupFigure, Figure>>>;
}

/** An error rate that groups are tested for. */
export type TestedRate = 'fpr' | 'fnr' | 'eer';

/** The largest gap of a rate between groups, against chance. */
export interface GapTest extends PermutationTest {
  /** Rate whose gap is tested. */
  readonly rate: TestedRate;
  /** Above 0 even without any difference: judge it by `chance` and `p`, not by its interval. */
  readonly gap: Figure;
  /** Group with the highest rate. */
  readonly highest: { readonly group: string; readonly value: number };
  /** Group with the lowest rate. */
  readonly lowest: { readonly group: string; readonly value: number };
  /** Groups that were compared. */
  readonly groups: readonly string[];
  /** Clips and speakers behind the gap. */
  readonly n: number;
  /** Different speakers (clusters) behind the gap. */
  readonly speakers: number;
  /** Ways to give the labels to the speakers, at most 2^53 − 1: no p-value is below 1/arrangements. */
  readonly arrangements: number;
}

/** Everything about one attribute. */
export interface FairnessEvaluation {
  /** At or above is called spoof, in every group. */
  readonly threshold: number;
  /** How intervals were made. */
  readonly interval: Interval;
  /** Whether labels were shuffled over speakers, or among each speaker's own clips. */
  readonly design: GroupedTrials['design'];
  /** Every group, compared or not. */
  readonly groups: readonly GroupFairness[];
  /** Tests of gaps; a rate that fewer than two groups have clips for is not there. */
  readonly gaps: readonly GapTest[];
  /** Figures over the groups that are compared; those that cannot be had are not there. */
  readonly figures: Readonly<Partial<Record<FairnessFigure, Figure>>>;
  /** Group with the lowest balanced accuracy; null if none has both classes. */
  readonly worst: string | null;
}

/**
 * Evaluates one attribute. The order of the rows does not change the result.
 * @param given clips with their group; `cluster` is the speaker, and a clip without one stands alone
 * @throws RingtrueError `metrics/not-finite`, `core/invalid-options`
 */
export function evaluateFairness(
  given: readonly GroupedClip[],
  options: FairnessOptions,
): FairnessEvaluation {
  const interval = intervalOptions(options);
  const { threshold, alpha = 0.5 } = options;
  const trials = groupTrials(given);
  const blocks = {
    bonafide: blocksOf(trials, 'bonafide', threshold),
    spoof: blocksOf(trials, 'spoof', threshold),
  };
  const cells = cellsOf(trials, blocks, options);
  const numbersOf = (label: Label): number[] =>
    cells.flatMap((cell, g) => (cell.compared[label] ? [g] : []));
  const [fpr, fnr] = [numbersOf('bonafide'), numbersOf('spoof')];
  const compared = { fpr, fnr, both: fpr.filter((g) => fnr.includes(g)) };

  const statistic = createFairnessStatistic(trials, { threshold, alpha, compared });
  const values = new Float64Array(statistic.size);
  statistic.compute(null, values);
  const resample = (unit: Unit): Float64Array[] | null => {
    const { ranges, of } = rangesOf(trials, unit);
    const weight = new Uint8Array(trials.rows.length);
    return bootstrapWeights(ranges, interval, statistic.size, (weights, out) => {
      for (let i = 0; i < of.length; i += 1) weight[i] = weights[of[i]!]!;
      statistic.compute(weight, out);
    });
  };
  const units = cells.flatMap(({ shown, unit }) =>
    LABELS.filter((label) => shown[label]).map((label) => unit[label]),
  );
  const replicates = {
    speakers: units.includes('speakers') ? resample('speakers') : null,
    clips: units.includes('clips') ? resample('clips') : null,
  };
  const figureAt = (at: number, unit: Unit): Figure =>
    toFigure(values[at]!, replicates[unit]?.[at], interval.level, RULES[unit]);

  const groups = cells.map((cell, g): GroupFairness => {
    const { group, n, speakers, thin } = cell;
    const figures: Partial<Record<GroupFigure, Figure>> = {};
    for (const [name, needs] of entriesOf(GROUP_FIGURES)) {
      const at = statistic.groupAt(g, name);
      if (Number.isNaN(values[at]!) || needs.some((label) => !cell.shown[label])) continue;
      const unit = weaker(needs.map((label) => cell.unit[label]));
      figures[name] = certain(figureAt(at, unit), name, cell, unit, interval.level);
    }
    return { group, n, speakers, thin, figures };
  });

  const unitOf = (which: 'fpr' | 'fnr' | 'both'): Unit =>
    weaker(
      compared[which].flatMap((g) => [
        ...(which === 'fnr' ? [] : [cells[g]!.unit.bonafide]),
        ...(which === 'fpr' ? [] : [cells[g]!.unit.spoof]),
      ]),
    );
  const figures: Partial<Record<FairnessFigure, Figure>> = {};
  for (const [name, which] of entriesOf(FAIRNESS_FIGURES)) {
    const at = statistic.figureAt(name);
    if (Number.isFinite(values[at]!)) figures[name] = figureAt(at, unitOf(which));
  }

  const shuffling = { ...interval, shuffles: interval.replicates };
  const among = (list: readonly Block[], numbers: readonly number[]): Block[] =>
    list.filter(({ group }) => numbers.includes(group));
  const within = trials.design === 'within' ? (block: Block) => block.speaker : undefined;
  const describe = (rate: TestedRate, numbers: readonly number[], used: readonly Block[]) => {
    const ranked = numbers
      .map((g) => ({ group: trials.groups[g]!, value: values[statistic.groupAt(g, rate)]! }))
      .sort((a, b) => b.value - a.value);
    return {
      rate,
      highest: ranked[0]!,
      lowest: ranked.at(-1)!,
      groups: numbers.map((g) => trials.groups[g]!),
      n: used.reduce((sum, { clips }) => sum + clips, 0),
      speakers: new Set(used.map(({ speaker }) => speaker)).size,
      arrangements: countArrangements(used, within),
    };
  };
  const gaps: GapTest[] = [];
  for (const [rate, numbers, list, gap] of [
    ['fpr', fpr, blocks.bonafide, figures.fprGap],
    ['fnr', fnr, blocks.spoof, figures.fnrGap],
  ] as const) {
    if (gap === undefined) continue;
    const used = among(list, numbers);
    const test = testRateGap(used, { ...shuffling, within });
    gaps.push({ ...describe(rate, numbers, used), gap, ...test });
  }
  if (figures.eerGap !== undefined) {
    const used = among([...blocks.bonafide, ...blocks.spoof], compared.both);
    const test = testEerGap(trials, compared.both, shuffling);
    gaps.push({ ...describe('eer', compared.both, used), gap: figures.eerGap, ...test });
  }
  const worst = groups
    .filter((_, g) => compared.both.includes(g))
    .sort((a, b) => accuracyOf(a) - accuracyOf(b))[0];
  return {
    threshold,
    interval,
    design: trials.design,
    groups,
    gaps,
    figures,
    worst: worst?.group ?? null,
  };
}

const LABELS = ['bonafide', 'spoof'] as const satisfies readonly Label[];

type Unit = 'speakers' | 'clips';

/** A group with what may be said of it. */
interface Cell extends Omit<GroupFairness, 'figures'> {
  readonly shown: Readonly<Record<Label, boolean>>;
  readonly compared: Readonly<Record<Label, boolean>>;
  readonly unit: Readonly<Record<Label, Unit>>;
}

function cellsOf(
  { groups }: GroupedTrials,
  blocks: Readonly<Record<Label, readonly Block[]>>,
  { leastSpeakers = LEAST_SPEAKERS, thinCells = 'mark', leastClips = LEAST_CLIPS }: FairnessOptions,
): Cell[] {
  return groups.map((group, g) => {
    const both = <T>(of: (label: Label) => T): Record<Label, T> => ({
      bonafide: of('bonafide'),
      spoof: of('spoof'),
    });
    const mine = both((label) => blocks[label].filter((block) => block.group === g));
    const n = both((label) => mine[label].reduce((sum, { clips }) => sum + clips, 0));
    const speakers = both((label) => mine[label].length);
    const thin = both((label) => speakers[label] < leastSpeakers);
    const shown = both((label) => n[label] > 0 && !(thinCells === 'hide' && thin[label]));
    return {
      group,
      n,
      speakers,
      thin,
      shown,
      compared: both((label) => shown[label] && n[label] >= leastClips),
      unit: both((label) =>
        speakers[label] === 0 || speakers[label] >= RESAMPLED_SPEAKERS ? 'speakers' : 'clips',
      ),
    };
  });
}

/** Of what several intervals resample, that which covers less. */
function weaker(units: readonly Unit[]): Unit {
  return units.includes('clips') ? 'clips' : 'speakers';
}

/** Resamples of a rate of 0 or 1 never vary; Wilson's interval still says how little is known. */
function certain(
  figure: Figure,
  name: GroupFigure,
  { n, speakers }: Cell,
  unit: Unit,
  level: number,
): Figure {
  if ((name !== 'fpr' && name !== 'fnr') || (figure.value > 0 && figure.value < 1)) return figure;
  const label = name === 'fpr' ? 'bonafide' : 'spoof';
  const trials = unit === 'speakers' ? speakers[label] : n[label];
  return {
    ...wilsonInterval(figure.value * trials, trials, { level }),
    rule: WILSON_RULES[unit],
  };
}

function accuracyOf({ figures }: GroupFairness): number {
  return figures.balancedAccuracy?.value ?? Number.POSITIVE_INFINITY;
}

/** Keys with their type, which Object.entries loses. */
function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}

/**
 * What is resampled. Speakers are drawn within their group, and apart by the classes that they have, so
 * that every resample has all groups with both classes; in a design within speakers they are drawn from all.
 */
function rangesOf(trials: GroupedTrials, unit: Unit): { ranges: ClusterRanges; of: Uint32Array } {
  const { rows, group, speaker, groupOfSpeaker, design } = trials;
  const items = unit === 'speakers' ? speaker : Uint32Array.from(rows, (_, i) => i);
  const count = unit === 'speakers' ? trials.speakers : rows.length;
  const kinds = new Uint8Array(count);
  for (const [i, item] of items.entries()) kinds[item]! |= rows[i]!.label === 'spoof' ? 2 : 1;
  const groupOf = new Int32Array(count);
  for (const [i, item] of items.entries()) {
    groupOf[item] = unit === 'clips' ? group[i]! : design === 'within' ? -1 : groupOfSpeaker[item]!;
  }
  const order = [...kinds.keys()];
  // Clips with equal scores are exchangeable, so their order within a stratum must not be that of the rows.
  const place = unit === 'clips' ? (item: number) => rows[item]!.score : (item: number) => item;
  order.sort(
    (a, b) => groupOf[a]! - groupOf[b]! || kinds[a]! - kinds[b]! || place(a) - place(b) || a - b,
  );
  const number = new Uint32Array(count);
  const strata: [number, number][] = [];
  for (const [i, item] of order.entries()) {
    number[item] = i;
    const before = order[i - 1];
    const same =
      before !== undefined && groupOf[before] === groupOf[item] && kinds[before] === kinds[item];
    if (same) strata.at(-1)![1] = i + 1;
    else strata.push([i, i + 1]);
  }
  return {
    ranges: { count, strata, enough: strata.some(([begin, end]) => end - begin > 1) },
    of: Uint32Array.from(items, (item) => number[item]!),
  };
}

/**
 * Tests the gap of EERs. A speaker keeps all clips, genuine and fake; speakers are shuffled among those
 * with clips of the same classes, so that each group keeps both.
 */
function testEerGap(
  trials: GroupedTrials,
  numbers: readonly number[],
  options: Interval & { readonly shuffles: number },
): PermutationTest {
  const chosen = trials.rows.flatMap((_, i) => (numbers.includes(trials.group[i]!) ? [i] : []));
  const keys = chosen.map((i) => trials.group[i]! * trials.speakers + trials.speaker[i]!);
  const blockKeys = [...new Set(keys)].sort((a, b) => a - b);
  const numberOf = new Map(blockKeys.map((key, b) => [key, b]));
  const kinds = new Uint8Array(blockKeys.length);
  for (const [k, i] of chosen.entries()) {
    kinds[numberOf.get(keys[k]!)!]! |= trials.rows[i]!.label === 'spoof' ? 2 : 1;
  }
  const sorted = sortTrials(
    Float64Array.from(chosen, (i) => trials.rows[i]!.score),
    Uint8Array.from(chosen, (i) => (trials.rows[i]!.label === 'spoof' ? 1 : 0)),
    Uint32Array.from(keys, (key) => numberOf.get(key)!),
  );
  const labels = Uint32Array.from(blockKeys, (key) => Math.floor(key / trials.speakers));
  const scan = createGroupScan(sorted, trials.groups.length);
  const group = new Uint32Array(chosen.length);
  const gap = (): number => {
    for (let i = 0; i < group.length; i += 1) group[i] = labels[sorted.cluster[i]!]!;
    scan.scan(group, null);
    return gapOf(numbers.length, (k) => scan.eer[numbers[k]!]!);
  };
  const seen = gap();
  const shuffle = createShuffle(
    blockKeys.map((key, b) =>
      trials.design === 'within' ? `${key % trials.speakers} ${kinds[b]}` : String(kinds[b]),
    ),
  );
  const rng = createRng(options.seed).split('fairness/labels');
  return permutationTest(
    seen,
    () => {
      shuffle(labels, rng);
      return gap();
    },
    options,
  );
}
