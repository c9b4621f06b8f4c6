/**
 * Group tables: who is judged worse than others?
 * @module
 */

import { bootstrap, type Interval, sortTrials, toFigure } from '../metrics/bootstrap.ts';
import { eerOfCounts } from '../metrics/eer.ts';
import { clusterOf, METRIC_RULES } from '../metrics/evaluate.ts';
import { createResampler, groupClusters } from '../metrics/resample.ts';
import type { Figure } from '../metrics/types.ts';
import { type Attribute, readAttribute } from './attributes.ts';
import type { Plan, PlannedDetector } from './plan.ts';
import type { GroupResult } from './summary.ts';
import { thresholdOf } from './thresholds.ts';
import { countLabels, type ScoredTrial, type TrialTables } from './trial-tables.ts';

/**
 * Tables of one detector by the attributes of the study: on clean clips and pooled over all conditions.
 * Where only spoofs have the attribute (a generator), those of a group stand against all bona fide clips.
 */
export function groupsOf(
  detector: PlannedDetector,
  plan: Plan,
  tables: TrialTables,
  interval: Interval,
): GroupResult[] {
  const { conditions, study, clips } = plan;
  const first = conditions.find(({ steps }) => steps.length === 0) ?? conditions[0];
  if (first === undefined) return [];
  const parts = [
    { condition: first.id, trials: tables(detector.name, first.id).scored },
    ...(conditions.length === 1
      ? []
      : [
          {
            condition: 'pooled',
            trials: conditions.flatMap(({ id }) => tables(detector.name, id).scored),
          },
        ]),
  ];
  const threshold = thresholdOf(detector, plan);
  const attributes = study.groups.flatMap((name) => readAttribute(clips, name) ?? []);
  return parts.flatMap(({ condition, trials }) =>
    attributes.flatMap((attribute) =>
      split(trials, attribute).map(([group, members]) => ({
        detector: detector.name,
        condition,
        by: attribute.name,
        group,
        n: countLabels(members),
        ...eerOf(members, interval),
        ...(threshold.from === 'none' ? {} : ratesOf(members, threshold.value, interval)),
      })),
    ),
  );
}

function split(
  trials: readonly ScoredTrial[],
  { values, spoofOnly }: Attribute,
): [group: string, members: ScoredTrial[]][] {
  const groups = new Map<string, ScoredTrial[]>();
  for (const trial of trials) {
    const group = values.get(trial.clip) ?? null;
    if (group === null) continue;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [trial]);
    else members.push(trial);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (!spoofOnly) return sorted;
  const bonafide = trials.filter(({ label }) => label === 'bonafide');
  return sorted.map(([group, members]) => [group, [...bonafide, ...members]]);
}

/** In pooled tables a clip is there once a condition: its trials are resampled together. */
function eerOf(trials: readonly ScoredTrial[], interval: Interval): { readonly eer?: Figure } {
  const n = countLabels(trials);
  if (n.bonafide === 0 || n.spoof === 0) return {};
  const spoof = Uint8Array.from(trials, ({ label }) => (label === 'spoof' ? 1 : 0));
  const clusters = groupClusters(trials.map(clusterOf), spoof);
  const score = Float64Array.from(trials, (trial) => trial.score);
  const sorted = sortTrials(score, spoof, clusters.of);
  const replicates = bootstrap([sorted], clusters, interval, 1, ([counts], out) => {
    out[0] = eerOfCounts(counts!);
  });
  const value = eerOfCounts(sorted.ranking);
  return { eer: toFigure(value, replicates?.[0], interval.level, METRIC_RULES.eer) };
}

function ratesOf(
  trials: readonly ScoredTrial[],
  threshold: number,
  interval: Interval,
): { readonly fpr?: Figure; readonly fnr?: Figure } {
  const bonafide = trials.filter(({ label }) => label === 'bonafide');
  const spoof = trials.filter(({ label }) => label === 'spoof');
  return {
    ...(bonafide.length === 0
      ? {}
      : { fpr: shareOf(bonafide, ({ score }) => score >= threshold, interval) }),
    ...(spoof.length === 0
      ? {}
      : { fnr: shareOf(spoof, ({ score }) => score < threshold, interval) }),
  };
}

/** Share of the trials with a property, by a bootstrap over their clusters. */
function shareOf(
  trials: readonly ScoredTrial[],
  holds: (trial: ScoredTrial) => boolean,
  { seed, replicates, level }: Interval,
): Figure {
  const sums = new Map<string, { hits: number; of: number }>();
  for (const trial of trials) {
    const name = clusterOf(trial);
    const sum = sums.get(name) ?? { hits: 0, of: 0 };
    sum.hits += holds(trial) ? 1 : 0;
    sum.of += 1;
    sums.set(name, sum);
  }
  const clusters = [...sums].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, sum]) => sum);
  const share = (weights: ArrayLike<number>): number => {
    let hits = 0;
    let of = 0;
    for (const [i, cluster] of clusters.entries()) {
      hits += weights[i]! * cluster.hits;
      of += weights[i]! * cluster.of;
    }
    return hits / of;
  };
  const value = share(new Uint8Array(clusters.length).fill(1));
  if (clusters.length < 2) return { value, low: null, high: null };
  const resampler = createResampler([[0, clusters.length]], seed);
  const weights = new Uint8Array(clusters.length);
  const drawn = Float64Array.from({ length: replicates }, () => {
    resampler.next(weights);
    return share(weights);
  }).sort();
  return toFigure(value, drawn, level);
}
