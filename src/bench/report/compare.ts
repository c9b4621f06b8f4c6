/**
 * Two runs over the same clips, or two detectors of one run: paired differences, and the clips that flipped.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { chooseCluster } from '../../metrics/cluster.ts';
import type { ScoredClip } from '../../metrics/evaluate.ts';
import { type Difference, pairedDifferences } from '../../metrics/paired.ts';
import type { Counts, Figure } from '../../metrics/types.ts';
import type { TrialRow } from '../../store/trial.ts';
import { readTrials } from '../../store/trials.ts';
import type { Summary } from '../summary.ts';
import { readSummary } from './render.ts';

/** A difference B − A with its interval, and the two-sided p-value of no difference. */
export interface ComparedFigure extends Figure {
  /** Figure of A. */
  readonly a: number;
  /** Figure of B. */
  readonly b: number;
  /** From the resamples; null where no interval can be had. */
  readonly p: number | null;
}

/** Differences B − A of a pair of detectors under one condition, on the clips that both have scored. */
export interface ComparedCondition {
  readonly detectorA: string;
  readonly detectorB: string;
  readonly condition: string;
  readonly n: Counts;
  readonly eer: ComparedFigure;
  readonly auc: ComparedFigure;
  /**
   * Clips that one side calls right and the other wrong, at each side's own fixed threshold; null if a side has
   * none.
   */
  readonly flips: { readonly mended: number; readonly broken: number } | null;
}

/** A clip whose decision differs between the two sides. */
export interface FlippedClip {
  readonly clip: string;
  readonly condition: string;
  readonly detectorA: string;
  readonly detectorB: string;
  readonly label: TrialRow['label'];
  readonly scoreA: number;
  readonly scoreB: number;
  /** `mended`: wrong in A, right in B; `broken`: the other way. */
  readonly change: 'mended' | 'broken';
}

/** What {@link compareRuns} finds. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly conditions: readonly ComparedCondition[];
  readonly flipped: readonly FlippedClip[];
  /** Detectors and conditions that only one run has, and conditions that could not be compared with the reason. */
  readonly unmatched: readonly string[];
  /** Why flips cannot be told, a sentence without its full stop for each side without a threshold. */
  readonly withoutThreshold: readonly string[];
  readonly note: string;
  /** AUC of all trivial features together on the corpus of either run; null where it was not verified. */
  readonly confound: { readonly a: Figure | null; readonly b: Figure | null };
}

/** Options of {@link compareRuns}. */
export interface CompareOptions {
  /** Detector of A and detector of B, in place of those of the same name: also two of one run. */
  readonly detectors?: readonly [string, string] | undefined;
  /** Seed of the resamples. @default 1 */
  readonly seed?: number;
  /** Bootstrap resamples. @default 1000 */
  readonly replicates?: number;
}

/** One of the two runs. */
interface Side {
  readonly name: 'A' | 'B';
  readonly summary: Summary;
  readonly trials: readonly TrialRow[];
}

/**
 * Compares two finished runs: every detector that both have, or, where each has just one, those two, or the two
 * that are named. A run may be compared with itself: one detector with another.
 * @throws RingtrueError `store/bad-run`, `store/bad-parquet`, `metrics/unpaired` if there is nothing to pair
 */
export async function compareRuns(
  folderA: string,
  folderB: string,
  { detectors, seed = 1, replicates = 1000 }: CompareOptions = {},
): Promise<Comparison> {
  const a = await readSide('A', folderA);
  const b = await readSide('B', folderB);
  const pairs = matchDetectors(a.summary, b.summary, detectors);
  const unmatched =
    detectors === undefined
      ? [...onlyIn(a, b, detectorNames, pairs), ...onlyIn(b, a, detectorNames, pairs)]
      : [];
  unmatched.push(...onlyIn(a, b, conditionIds), ...onlyIn(b, a, conditionIds));
  const shared = conditionIds(a.summary).filter((id) => conditionIds(b.summary).includes(id));
  const conditions: ComparedCondition[] = [];
  const flipped: FlippedClip[] = [];
  const withoutThreshold = new Set<string>();
  let note = '';
  for (const pair of pairs) {
    const [detectorA, detectorB] = pair;
    const sides = [fixedIn(a, detectorA), fixedIn(b, detectorB)];
    for (const { missing } of sides) if (missing !== null) withoutThreshold.add(missing);
    const thresholds = sides.map(({ value }) => value);
    for (const condition of shared) {
      const rowsA = scored(a.trials, detectorA, condition);
      const rowsB = scored(b.trials, detectorB, condition);
      try {
        const compared = comparePair(rowsA, rowsB, { seed, replicates });
        note = compared.note;
        const flips = findFlips(rowsA, rowsB, pair, thresholds);
        flipped.push(...(flips ?? []));
        const count = (change: FlippedClip['change']): number =>
          flips?.filter((flip) => flip.change === change).length ?? 0;
        conditions.push({
          detectorA,
          detectorB,
          condition,
          n: compared.n,
          eer: compared.eer,
          auc: compared.auc,
          flips: flips && { mended: count('mended'), broken: count('broken') },
        });
      } catch (thrown) {
        if (!(thrown instanceof RingtrueError)) throw thrown;
        unmatched.push(`${detectorB} ${condition}: ${thrown.message} (${thrown.code})`);
      }
    }
  }
  return {
    a: folderA,
    b: folderB,
    conditions,
    flipped,
    unmatched: [...new Set(unmatched)],
    withoutThreshold: [...withoutThreshold],
    note,
    confound: { a: a.summary.confound, b: b.summary.confound },
  };
}

async function readSide(name: Side['name'], folder: string): Promise<Side> {
  return { name, summary: await readSummary(folder), trials: await readTrials(folder) };
}

function detectorNames({ detectors }: Summary): string[] {
  return detectors.map(({ name }) => name);
}

function conditionIds({ conditions }: Summary): string[] {
  return conditions.map(({ id }) => id);
}

/** Names that a run has, the other has not, and no pair holds. */
function onlyIn(
  side: Side,
  other: Side,
  namesOf: (summary: Summary) => string[],
  pairs: readonly DetectorPair[] = [],
): string[] {
  const known = new Set([...namesOf(other.summary), ...pairs.flat()]);
  return namesOf(side.summary)
    .filter((name) => !known.has(name))
    .map((name) => `${name} (only in ${side.name})`);
}

/** Detector of A, detector of B. */
type DetectorPair = readonly [string, string];

function matchDetectors(
  a: Summary,
  b: Summary,
  wanted: DetectorPair | undefined,
): readonly DetectorPair[] {
  const [namesA, namesB] = [detectorNames(a), detectorNames(b)];
  const known = `A has ${namesA.join(', ')}, B has ${namesB.join(', ')}`;
  if (wanted !== undefined) {
    if (namesA.includes(wanted[0]) && namesB.includes(wanted[1])) return [wanted];
    throw new RingtrueError(
      'metrics/unpaired',
      `expected a detector of A and one of B, got ${wanted.join(' and ')}: ${known}`,
    );
  }
  const shared = namesA.filter((name) => namesB.includes(name));
  if (shared.length > 0) return shared.map((name) => [name, name]);
  const [onlyA, onlyB] = [namesA[0], namesB[0]];
  if (onlyA !== undefined && onlyB !== undefined && namesA.length === 1 && namesB.length === 1) {
    return [[onlyA, onlyB]];
  }
  throw new RingtrueError('metrics/unpaired', `the runs share no detector: ${known}`, {
    hint: 'Name a detector of A and one of B: --detectors NAME NAME.',
  });
}

interface ScoredRow {
  readonly trial: TrialRow;
  readonly score: number;
}

function scored(trials: readonly TrialRow[], detector: string, condition: string): ScoredRow[] {
  return trials.flatMap((trial) =>
    trial.detector === detector && trial.condition === condition && trial.score !== null
      ? [{ trial, score: trial.score }]
      : [],
  );
}

function comparePair(
  a: readonly ScoredRow[],
  b: readonly ScoredRow[],
  interval: { readonly seed: number; readonly replicates: number },
): Pick<ComparedCondition, 'n' | 'eer' | 'auc'> & { readonly note: string } {
  // Clusters come from the first side; B is the first side so that differences read B − A.
  const choice = chooseCluster(
    b.map(({ trial: { label, speaker, source, clip } }) => ({ label, speaker, source, clip })),
  );
  const rows = (side: readonly ScoredRow[], clusters?: readonly string[]): ScoredClip[] =>
    side.map(({ trial: { clip, label }, score }, i) => ({
      clip,
      label,
      score,
      ...(clusters === undefined ? {} : { cluster: clusters[i]! }),
    }));
  const { n, differences } = pairedDifferences(rows(b, choice.clusters), rows(a), {
    unmatched: 'drop',
    ...interval,
  });
  const turned = (difference: Difference): ComparedFigure => ({
    ...difference,
    a: difference.b,
    b: difference.a,
  });
  return { n, eer: turned(differences.eer), auc: turned(differences.auc), note: choice.note };
}

/** The fixed threshold of a detector of a run, or a sentence that says that it has none there, and why if that is known. */
function fixedIn(
  { name, summary: { detectors, results } }: Side,
  detector: string,
):
  | { readonly value: number; readonly missing: null }
  | { readonly value: null; readonly missing: string } {
  const threshold = detectors.find((each) => each.name === detector)?.threshold;
  const missing = `${detector} has no fixed threshold in ${name}`;
  if (threshold?.from === 'none') return { value: null, missing: `${missing} (${threshold.why})` };
  if (threshold !== undefined) return { value: threshold.value, missing: null };
  // Earlier runs have it beside the figures only.
  const value = results.find((result) => result.detector === detector && result.atThreshold)
    ?.atThreshold?.threshold;
  return value === undefined ? { value: null, missing } : { value, missing: null };
}

/** Null if a side has no threshold. */
function findFlips(
  a: readonly ScoredRow[],
  b: readonly ScoredRow[],
  [detectorA, detectorB]: DetectorPair,
  [thresholdA, thresholdB]: readonly (number | null | undefined)[],
): FlippedClip[] | null {
  if (thresholdA == null || thresholdB == null) return null;
  const before = new Map(a.map((row) => [row.trial.clip, row.score]));
  return b.flatMap(({ trial, score }) => {
    const scoreA = before.get(trial.clip);
    if (scoreA === undefined) return [];
    const right = (value: number, threshold: number): boolean =>
      value >= threshold === (trial.label === 'spoof');
    const was = right(scoreA, thresholdA);
    const is = right(score, thresholdB);
    if (was === is) return [];
    return [
      {
        clip: trial.clip,
        condition: trial.condition,
        detectorA,
        detectorB,
        label: trial.label,
        scoreA,
        scoreB: score,
        change: is ? ('mended' as const) : ('broken' as const),
      },
    ];
  });
}
