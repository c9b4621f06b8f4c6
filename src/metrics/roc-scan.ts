/**
 * EER and AUC of a resample in one pass over the sorted clips, without counts per rank: what makes
 * intervals over a million clips affordable.
 * @module
 */

import type { ResampleStatistic, SortedTrials } from './bootstrap.ts';

/** Clips a block; sums of products inside a block of bytes stay far below 2^31. */
const BLOCK = 256;

/**
 * A statistic that writes the interpolated EER and the AUC, equal to those of counts per rank.
 * Inside a block everything is a small integer; only sums of blocks are doubles.
 */
export function eerAndAucOf(trials: SortedTrials): ResampleStatistic {
  const { rank, spoof, cluster } = trials;
  const n = rank.length;
  // Cluster and label in one word, so that the pass reads one array and gathers from another.
  const code = new Uint32Array(n);
  for (let i = 0; i < n; i += 1) code[i] = cluster[i]! * 2 + spoof[i]!;
  const ties = mixedTies(rank, spoof);
  const blocks = Math.ceil(n / BLOCK);
  const bonafideBefore = new Float64Array(blocks + 1);
  const spoofBefore = new Float64Array(blocks + 1);
  return (weights, out) => {
    const ordered = scan(weights, code, bonafideBefore, spoofBefore);
    const bonafideTotal = bonafideBefore[blocks]!;
    const spoofTotal = spoofBefore[blocks]!;
    // Bona fide clips come first inside a tie, so the pass counted tied pairs in full.
    let tiedPairs = 0;
    for (let t = 0; t < ties.length; t += 3) {
      tiedPairs +=
        sumOf(weights, code, ties[t]!, ties[t + 1]!) *
        sumOf(weights, code, ties[t + 1]!, ties[t + 2]!);
    }
    out[0] = findEer(weights, bonafideTotal, spoofTotal);
    out[1] = (ordered - tiedPairs / 2) / bonafideTotal / spoofTotal;
  };

  /** The crossing lies in the first block that ends beyond it; the rest is a walk over its ties. */
  function findEer(weights: Uint8Array, bonafideTotal: number, spoofTotal: number): number {
    const full = bonafideTotal * spoofTotal;
    let block = 0;
    while (
      spoofBefore[block + 1]! * bonafideTotal + bonafideBefore[block + 1]! * spoofTotal < full &&
      block < blocks - 1
    ) {
      block += 1;
    }
    let i = block * BLOCK;
    let below = bonafideBefore[block]!;
    let missed = spoofBefore[block]!;
    // The tie that the block begins in may have begun before it.
    while (i > 0 && rank[i] === rank[i - 1]) {
      i -= 1;
      const word = code[i]!;
      const weight = weights[word >>> 1]!;
      if ((word & 1) === 1) missed -= weight;
      else below -= weight;
    }
    while (i < n) {
      let bonafideHere = 0;
      let spoofHere = 0;
      const at = rank[i];
      for (; i < n && rank[i] === at; i += 1) {
        const word = code[i]!;
        const weight = weights[word >>> 1]!;
        if ((word & 1) === 1) spoofHere += weight;
        else bonafideHere += weight;
      }
      const difference = missed * bonafideTotal + below * spoofTotal - full;
      const step = spoofHere * bonafideTotal + bonafideHere * spoofTotal;
      if (difference + step >= 0) {
        const along = -difference / step;
        return (bonafideTotal - below - along * bonafideHere) / bonafideTotal;
      }
      below += bonafideHere;
      missed += spoofHere;
    }
    return 0.5;
  }
}

/**
 * Counts pairs in the order of the clips, and both classes up to each block.
 * @returns pairs whose spoof clip comes later
 */
function scan(
  weights: Uint8Array,
  code: Uint32Array,
  bonafideBefore: Float64Array,
  spoofBefore: Float64Array,
): number {
  let bonafideTotal = 0;
  let spoofTotal = 0;
  let ordered = 0;
  for (let block = 0; block + 1 < bonafideBefore.length; block += 1) {
    const end = Math.min(code.length, (block + 1) * BLOCK);
    let products = 0;
    let bonafide = 0;
    let total = 0;
    for (let i = block * BLOCK; i < end; i += 1) {
      const word = code[i]!;
      const weight = weights[word >>> 1]!;
      const spoofWeight = weight & -(word & 1);
      products = (products + Math.imul(spoofWeight, bonafide)) | 0;
      bonafide = (bonafide + weight - spoofWeight) | 0;
      total = (total + weight) | 0;
    }
    ordered += products + (total - bonafide) * bonafideTotal;
    bonafideTotal += bonafide;
    spoofTotal += total - bonafide;
    bonafideBefore[block + 1] = bonafideTotal;
    spoofBefore[block + 1] = spoofTotal;
  }
  return ordered;
}

/** Begin, first spoof and end of each tie that holds both classes, flat. Bona fide clips come first. */
function mixedTies(rank: Uint32Array, spoof: Uint8Array): Uint32Array {
  const ties: number[] = [];
  for (let begin = 0; begin < rank.length; ) {
    let end = begin;
    let firstSpoof = -1;
    for (; end < rank.length && rank[end] === rank[begin]; end += 1) {
      if (firstSpoof < 0 && spoof[end] === 1) firstSpoof = end;
    }
    if (firstSpoof > begin) ties.push(begin, firstSpoof, end);
    begin = end;
  }
  return Uint32Array.from(ties);
}

function sumOf(weights: Uint8Array, code: Uint32Array, begin: number, end: number): number {
  let sum = 0;
  for (let i = begin; i < end; i += 1) sum += weights[code[i]! >>> 1]!;
  return sum;
}
