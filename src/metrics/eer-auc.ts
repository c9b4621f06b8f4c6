/**
 * EER and AUC of many scores at once, from the sorted classes alone: no ranking is made.
 * @module
 */

import { requireBothClasses } from './ranking.ts';
import { countBelow, withSorted } from './sort.ts';
import type { Scores } from './types.ts';

/**
 * The interpolated EER and the AUC, the same numbers as `eer` and `rocAuc` give, several times faster.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`
 */
export function eerAndAuc(scores: Scores): { readonly eer: number; readonly auc: number } {
  const nb = scores.bonafide.length;
  const ns = scores.spoof.length;
  requireBothClasses({ bonafide: nb, spoof: ns });
  return withSorted(scores, ({ bonafide, spoof, countPairs }) => ({
    eer: eerOfSorted(bonafide, spoof),
    auc: countPairs() / 2 / (nb * ns),
  }));
}

/**
 * The share of clips passed only grows with the threshold, so the score at which both errors meet is
 * found by halving.
 */
function eerOfSorted(bonafide: Float64Array, spoof: Float64Array): number {
  const nb = bonafide.length;
  const ns = spoof.length;
  const reaches = (value: number): boolean =>
    countAtMost(spoof, value) * nb + countAtMost(bonafide, value) * ns >= nb * ns;
  const at = Math.min(firstReaching(bonafide, reaches), firstReaching(spoof, reaches));
  const below = countBelow(bonafide, at);
  const missed = countBelow(spoof, at);
  const bonafideHere = countAtMost(bonafide, at) - below;
  const spoofHere = countAtMost(spoof, at) - missed;
  const gap = nb * ns - missed * nb - below * ns;
  const along = gap / (spoofHere * nb + bonafideHere * ns);
  return (nb - below - along * bonafideHere) / nb;
}

function firstReaching(sorted: Float64Array, reaches: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reaches(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low < sorted.length ? sorted[low]! : Number.POSITIVE_INFINITY;
}

function countAtMost(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
