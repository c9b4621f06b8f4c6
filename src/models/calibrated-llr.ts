/**
 * The one reading of a score as evidence: a scan and a study tell the same likelihood ratio.
 * @module
 */

import type { Card } from './types.ts';

/**
 * Applies a card's calibration to a score: llr = scale × score + offset, bounded to ±ln(n + 1) where n is
 * the size of the smaller class that fixed it: n scores cannot support a larger ratio (the Laplace bound
 * of isotonic calibration).
 * @returns natural-log likelihood ratio, positive for spoof; null without a calibration
 */
export function calibratedLlr(
  { calibration }: Pick<Card, 'calibration'>,
  score: number,
): number | null {
  if (calibration === undefined) return null;
  const bound = Math.log(calibration.n + 1);
  return Math.max(-bound, Math.min(bound, calibration.scale * score + calibration.offset));
}
