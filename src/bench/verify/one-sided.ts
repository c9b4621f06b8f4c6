/**
 * Parts of a corpus in which the label needs no listening at all.
 * @module
 */

import type { Clip, Label } from '../../datasets/clip.ts';
import { clipsByPart } from './feature-aucs.ts';

/** A part with one label only. */
export interface OneSided {
  readonly dimension: 'split' | 'domain' | 'language';
  readonly part: string;
  readonly label: Label;
  readonly clips: number;
}

/**
 * Splits, domains and languages in which all clips have the same label: whoever can tell the part can tell
 * the label there.
 */
export function oneSidedParts(clips: readonly Clip[]): OneSided[] {
  return (['split', 'domain', 'language'] as const).flatMap((dimension) =>
    [...clipsByPart(clips, dimension)].flatMap(([part, some]): OneSided[] => {
      const labels = new Set(some.map((i) => clips[i]!.label));
      const [label] = labels;
      return labels.size === 1 && label !== undefined
        ? [{ dimension, part, label, clips: some.length }]
        : [];
    }),
  );
}
