/**
 * The one border between the two orientations of the field. Ringtrue's scores rise with "spoof";
 * ASVspoof files and the formulas in its evaluation packages rise with "bona fide". Scores are negated
 * here and nowhere else; labels are never swapped. A bona fide log-likelihood ratio becomes a spoof
 * log-likelihood ratio by the same negation.
 * @module
 */

/** What a high score means. */
export type Polarity = 'spoof-high' | 'bonafide-high';

/** Both polarities, as options offer them. */
export const POLARITIES = ['spoof-high', 'bonafide-high'] as const satisfies readonly Polarity[];

/**
 * A score between our orientation (high = spoof) and the given polarity; negation is its own inverse,
 * so the same call reads and writes. Never gives −0.
 */
export function orient(score: number, polarity: Polarity): number {
  return polarity === 'spoof-high' ? score + 0 : 0 - score;
}
