/**
 * Clips that can be learnt from.
 * @module
 */

import type { Clip, Label } from '../../datasets/clip.ts';

/** A clip whose label is known. */
export interface LabelledClip extends Clip {
  readonly label: Label;
}

/** True for a clip with a label: what has none would be taken for one class or the other. */
export function isLabelled(clip: Clip): clip is LabelledClip {
  return clip.label !== undefined;
}
