/**
 * How far a change of the clips moves the scores of each class: which way a detector is misled.
 * @module
 */

import { bootstrapWeights, type IntervalOptions, intervalOptions, toFigure } from './bootstrap.ts';
import { clusterOf, type ScoredClip } from './evaluate.ts';
import { type PairedOptions, pairClips } from './paired.ts';
import { groupClusters } from './resample.ts';
import type { Figure } from './types.ts';

/** Mean change of the score of each class, in standard deviations of all scores before the change. */
export interface ScoreShift {
  /** Above 0: bona fide clips look more like spoofs. */
  readonly bonafide: Figure;
  /** Below 0: spoofs look more like bona fide clips. */
  readonly spoof: Figure;
}

/**
 * Mean of (after − before) / SD(before), for each class, over the clips that both hold, with cluster-bootstrap
 * intervals; clusters are taken from `after`.
 * @returns null if all scores before are equal
 * @throws RingtrueError `metrics/unpaired`, `metrics/class-missing`, `datasets/duplicate-id`, `core/invalid-options`
 */
export function scoreShift(
  after: readonly ScoredClip[],
  before: readonly ScoredClip[],
  options: IntervalOptions & Pick<PairedOptions, 'unmatched'> = {},
): ScoreShift | null {
  const interval = intervalOptions(options);
  // In one order, so that sums round alike whatever the order of the rows.
  const sorted = [...after].sort((x, y) => (x.clip < y.clip ? -1 : x.clip > y.clip ? 1 : 0));
  const { a, b, spoof, rows } = pairClips(sorted, before, options);
  const clusters = groupClusters(rows.map(clusterOf), spoof);
  const spread = deviation(b);
  if (!(spread > 0)) return null;
  const shifts = a.map((value, i) => (value - b[i]!) / spread);
  const means = (weights: Uint8Array | null, out: Float64Array): void => {
    const sum = [0, 0];
    const n = [0, 0];
    for (let i = 0; i < shifts.length; i += 1) {
      const weight = weights === null ? 1 : weights[clusters.of[i]!]!;
      sum[spoof[i]!]! += weight * shifts[i]!;
      n[spoof[i]!]! += weight;
    }
    out[0] = sum[0]! / n[0]!;
    out[1] = sum[1]! / n[1]!;
  };
  const values = new Float64Array(2);
  means(null, values);
  const replicates = bootstrapWeights(clusters, interval, 2, means);
  return {
    bonafide: toFigure(values[0]!, replicates?.[0], interval.level),
    spoof: toFigure(values[1]!, replicates?.[1], interval.level),
  };
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
