/**
 * Pool adjacent violators: the best rising step function from scores to P(spoof). Its block ends are
 * the vertices of the convex hull of the ROC curve.
 * @module
 */

import type { RankCounts } from './ranking.ts';

/** Memory for {@link poolAdjacentViolators}, to be reused over many calls. */
export interface PavBlocks {
  /** Blocks in use. */
  count: number;
  /** Bona fide clips per block. */
  readonly bonafide: Float64Array;
  /** Spoof clips per block. */
  readonly spoof: Float64Array;
  /** One past the last rank of each block. */
  readonly end: Uint32Array;
}

/** Memory for blocks over at most so many ranks. */
export function createPavBlocks(ranks: number): PavBlocks {
  return {
    count: 0,
    bonafide: new Float64Array(ranks),
    spoof: new Float64Array(ranks),
    end: new Uint32Array(ranks),
  };
}

/**
 * Pools ranks, ascending, until the share of spoof clips rises from block to block. Exact: shares are
 * compared as products of integers. Empty ranks join the block before them.
 */
export function poolAdjacentViolators(
  counts: RankCounts,
  blocks = createPavBlocks(counts.ranks),
): PavBlocks {
  const { bonafide, spoof, end } = blocks;
  let top = -1;
  for (let rank = 0; rank < counts.ranks; rank += 1) {
    let b = counts.bonafide[rank]!;
    let s = counts.spoof[rank]!;
    if (b + s > 0) {
      while (top >= 0 && spoof[top]! * b >= s * bonafide[top]!) {
        b += bonafide[top]!;
        s += spoof[top]!;
        top -= 1;
      }
      top += 1;
      bonafide[top] = b;
      spoof[top] = s;
    }
    if (top >= 0) end[top] = rank + 1;
  }
  blocks.count = top + 1;
  return blocks;
}
