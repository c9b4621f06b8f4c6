/**
 * All figures of all groups in one pass over the clips sorted by score: what a resample or a shuffle of
 * group labels is counted with.
 * @module
 */

import type { SortedTrials } from './bootstrap.ts';

/** Figures of each group, [groups] each; NaN where a group lacks what a figure needs. */
export interface GroupScan {
  /** Clips, with their weights. */
  readonly bonafide: Float64Array;
  readonly spoof: Float64Array;
  /** Interpolated rule. */
  readonly eer: Float64Array;
  /** Own genuine clips against own fakes. */
  readonly auc: Float64Array;
  /** Own genuine clips against the fakes of all other groups: low if they are over-flagged. */
  readonly genuineAuc: Float64Array;
  /** Own fakes against the genuine clips of all other groups: low if they are under-detected. */
  readonly fakesAuc: Float64Array;
  /** Scans clips: `group` and `weight` of each clip in sorted order (no weights: each clip once). */
  scan(group: Uint32Array, weight: Uint8Array | null): void;
}

/** Memory and code for scans of the same clips in `groups` groups. */
export function createGroupScan(
  { rank, spoof: isSpoof }: Pick<SortedTrials, 'rank' | 'spoof'>,
  groups: number,
): GroupScan {
  const make = (): Float64Array => new Float64Array(groups);
  const out = {
    bonafide: make(),
    spoof: make(),
    eer: make(),
    auc: make(),
    genuineAuc: make(),
    fakesAuc: make(),
  };
  const difference = make();
  const falseAlarms = make();
  const belowBonafide = make();
  const belowSpoof = make();
  const hereBonafide = make();
  const hereSpoof = make();
  const touched = new Uint32Array(groups);
  const clips = rank.length;

  const scan = (group: Uint32Array, weight: Uint8Array | null): void => {
    for (const array of [...Object.values(out), belowBonafide, belowSpoof]) array.fill(0);
    let allBonafide = 0;
    let allSpoof = 0;
    for (let i = 0; i < clips; i += 1) {
      const w = weight === null ? 1 : weight[i]!;
      if (isSpoof[i] === 1) {
        out.spoof[group[i]!]! += w;
        allSpoof += w;
      } else {
        out.bonafide[group[i]!]! += w;
        allBonafide += w;
      }
    }
    for (let g = 0; g < groups; g += 1) {
      difference[g] = -out.bonafide[g]! * out.spoof[g]!;
      falseAlarms[g] = out.bonafide[g]!;
      out.eer[g] = Number.NaN;
    }
    let below = 0;
    let belowFakes = 0;
    for (let begin = 0; begin < clips; ) {
      const at = rank[begin];
      let end = begin;
      let here = 0;
      let hereFakes = 0;
      let count = 0;
      for (; end < clips && rank[end] === at; end += 1) {
        const g = group[end]!;
        const w = weight === null ? 1 : weight[end]!;
        if (w === 0) continue;
        if (hereBonafide[g] === 0 && hereSpoof[g] === 0) touched[count++] = g;
        if (isSpoof[end] === 1) {
          hereSpoof[g]! += w;
          hereFakes += w;
        } else {
          hereBonafide[g]! += w;
          here += w;
        }
      }
      for (let k = 0; k < count; k += 1) {
        const g = touched[k]!;
        const b = hereBonafide[g]!;
        const s = hereSpoof[g]!;
        // Pairs that are ordered rightly, ties by half (Mann and Whitney).
        out.auc[g]! += s * (belowBonafide[g]! + b / 2);
        out.fakesAuc[g]! += s * (below - belowBonafide[g]! + (here - b) / 2);
        const fakesAbove = allSpoof - belowFakes - (out.spoof[g]! - belowSpoof[g]!);
        out.genuineAuc[g]! += b * (fakesAbove - (hereFakes - s) / 2);
        stepEer(g, b, s);
      }
      for (let k = 0; k < count; k += 1) {
        const g = touched[k]!;
        belowBonafide[g]! += hereBonafide[g]!;
        belowSpoof[g]! += hereSpoof[g]!;
        hereBonafide[g] = 0;
        hereSpoof[g] = 0;
      }
      below += here;
      belowFakes += hereFakes;
      begin = end;
    }
    for (let g = 0; g < groups; g += 1) {
      const b = out.bonafide[g]!;
      const s = out.spoof[g]!;
      out.auc[g]! /= b * s;
      out.genuineAuc[g]! /= b * (allSpoof - s);
      out.fakesAuc[g]! /= s * (allBonafide - b);
    }
  };

  /** Where fpr and fnr of the group meet, by lines between its own scores (as `eer`). */
  const stepEer = (g: number, b: number, s: number): void => {
    if (difference[g]! >= 0) return;
    const step = s * out.bonafide[g]! + b * out.spoof[g]!;
    const next = difference[g]! + step;
    if (next >= 0) {
      out.eer[g] = (falseAlarms[g]! - (-difference[g]! / step) * b) / out.bonafide[g]!;
    }
    difference[g] = next;
    falseAlarms[g]! -= b;
  };

  return { ...out, scan };
}
