/**
 * Area under the ROC curve with a weight for each clip, counted within strata only.
 * @module
 */

/** Scores sorted once, so that many weightings of the same clips are cheap. */
export interface SortedScores {
  /** Clips, by rising score. */
  readonly order: Uint32Array;
  /** 1 where the score of that position equals the one before it. */
  readonly tied: Uint8Array;
}

/** Sorts clips by score. @param scores `[clips]` */
export function sortScores(scores: Float64Array): SortedScores {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  const tied = Uint8Array.from(order, (clip, i) =>
    i > 0 && scores[clip] === scores[order[i - 1]!] ? 1 : 0,
  );
  return { order, tied };
}

/**
 * Share of (bona fide, spoof) pairs in which the spoof scores higher, ties half; a pair counts by the
 * product of its weights. Pairs are formed within a stratum only: scores of two folds of a
 * cross-validation come from two classifiers and cannot be compared.
 * @param spoof `[clips]`, 1 for spoof
 * @param strata `[clips]`, number of the stratum
 * @param weights `[clips]`, how often each clip counts; all once if absent
 * @returns NaN where no stratum has both classes
 */
export function stratifiedAuc(
  sorted: SortedScores,
  spoof: Uint8Array,
  strata: Uint8Array,
  weights?: Float64Array,
): number {
  const count = strata.reduce((most, stratum) => Math.max(most, stratum), 0) + 1;
  // Per stratum: weight of bona fide below the present score and at it, of spoofs at it, and of pairs.
  const below = new Float64Array(count);
  const atBonafide = new Float64Array(count);
  const atSpoof = new Float64Array(count);
  const spoofs = new Float64Array(count);
  let won = 0;
  const close = (): void => {
    for (let s = 0; s < count; s += 1) {
      won += atSpoof[s]! * (below[s]! + atBonafide[s]! / 2);
      below[s]! += atBonafide[s]!;
      atBonafide[s] = 0;
      atSpoof[s] = 0;
    }
  };
  for (const [i, clip] of sorted.order.entries()) {
    if (sorted.tied[i] === 0) close();
    const stratum = strata[clip]!;
    const weight = weights === undefined ? 1 : weights[clip]!;
    if (spoof[clip] === 1) {
      atSpoof[stratum]! += weight;
      spoofs[stratum]! += weight;
    } else atBonafide[stratum]! += weight;
  }
  close();
  let pairs = 0;
  for (let s = 0; s < count; s += 1) pairs += spoofs[s]! * below[s]!;
  return pairs === 0 ? Number.NaN : won / pairs;
}
