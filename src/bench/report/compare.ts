/**
 * Two runs over the same clips: paired differences, and the clips that flipped.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { chooseCluster } from '../../metrics/cluster.ts';
import type { ScoredClip } from '../../metrics/evaluate.ts';
import { type Difference, pairedDifferences } from '../../metrics/paired.ts';
import type { Counts } from '../../metrics/types.ts';
import type { TrialRow } from '../../store/trial.ts';
import { readTrials } from '../../store/trials.ts';
import type { Summary } from '../summary.ts';
import { readSummary } from './render.ts';

/** Differences B − A of one detector under one condition. */
export interface ComparedCondition {
  readonly detectorA: string;
  readonly detectorB: string;
  readonly condition: string;
  readonly n: Counts;
  readonly eer: Difference;
  readonly auc: Difference;
  /** Clips that one run calls right and the other wrong, at each run's own fixed threshold. */
  readonly flips: { readonly mended: number; readonly broken: number };
}

/** A clip whose decision differs between the runs. */
export interface FlippedClip {
  readonly clip: string;
  readonly condition: string;
  readonly detector: string;
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
  readonly note: string;
}

/**
 * Compares two finished runs: every detector that both have, or, where each has just one, those two.
 * @throws RingtrueError `store/bad-run`, `store/bad-parquet`, `metrics/unpaired` if they share no clip
 */
export async function compareRuns(
  folderA: string,
  folderB: string,
  { seed = 1, replicates = 1000 } = {},
): Promise<Comparison> {
  const [summaryA, summaryB] = [await readSummary(folderA), await readSummary(folderB)];
  const [trialsA, trialsB] = [await readTrials(folderA), await readTrials(folderB)];
  const pairs = matchDetectors(summaryA, summaryB);
  const conditions: ComparedCondition[] = [];
  const flipped: FlippedClip[] = [];
  const unmatched: string[] = [];
  let note = '';
  for (const [detectorA, detectorB] of pairs) {
    for (const { id } of summaryA.conditions) {
      if (!summaryB.conditions.some((condition) => condition.id === id)) {
        unmatched.push(`${id} (only in A)`);
        continue;
      }
      const a = scored(trialsA, detectorA, id);
      const b = scored(trialsB, detectorB, id);
      const rows = (list: typeof a, clusters?: readonly string[]): ScoredClip[] =>
        list.map(({ trial, score }, i) => ({
          clip: trial.clip,
          label: trial.label,
          score,
          ...(clusters === undefined ? {} : { cluster: clusters[i]! }),
        }));
      try {
        // Clusters come from the first side; B is the first side so that differences read B − A.
        const choice = chooseCluster(
          b.map(({ trial }) => ({
            label: trial.label,
            speaker: trial.speaker,
            source: trial.source,
            clip: trial.clip,
          })),
        );
        note = choice.note;
        const compared = pairedDifferences(rows(b, choice.clusters), rows(a), {
          unmatched: 'drop',
          seed,
          replicates,
        });
        const flips = findFlips(
          a,
          b,
          thresholdOf(summaryA, detectorA),
          thresholdOf(summaryB, detectorB),
          detectorB,
        );
        flipped.push(...flips);
        conditions.push({
          detectorA,
          detectorB,
          condition: id,
          n: compared.n,
          eer: compared.differences.eer,
          auc: compared.differences.auc,
          flips: {
            mended: flips.filter(({ change }) => change === 'mended').length,
            broken: flips.filter(({ change }) => change === 'broken').length,
          },
        });
      } catch (thrown) {
        if (!(thrown instanceof RingtrueError)) throw thrown;
        unmatched.push(`${detectorB} ${id}: ${thrown.message} (${thrown.code})`);
      }
    }
  }
  return { a: folderA, b: folderB, conditions, flipped, unmatched: [...new Set(unmatched)], note };
}

function matchDetectors(a: Summary, b: Summary): [string, string][] {
  const shared = a.detectors.filter(({ name }) => b.detectors.some((other) => other.name === name));
  if (shared.length > 0) return shared.map(({ name }) => [name, name]);
  const [onlyA] = a.detectors;
  const [onlyB] = b.detectors;
  if (
    onlyA !== undefined &&
    onlyB !== undefined &&
    a.detectors.length === 1 &&
    b.detectors.length === 1
  )
    return [[onlyA.name, onlyB.name]];
  throw new RingtrueError(
    'metrics/unpaired',
    `the runs share no detector: A has ${a.detectors.map((d) => d.name).join(', ')}, B has ${b.detectors.map((d) => d.name).join(', ')}`,
  );
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

function thresholdOf(summary: Summary, detector: string): number | null {
  return (
    summary.results.find(
      (result) => result.detector === detector && result.atThreshold !== undefined,
    )?.atThreshold?.threshold ?? null
  );
}

function findFlips(
  a: readonly ScoredRow[],
  b: readonly ScoredRow[],
  thresholdA: number | null,
  thresholdB: number | null,
  detector: string,
): FlippedClip[] {
  if (thresholdA === null || thresholdB === null) return [];
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
        detector,
        label: trial.label,
        scoreA,
        scoreB: score,
        change: is ? ('mended' as const) : ('broken' as const),
      },
    ];
  });
}
