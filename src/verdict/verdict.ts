/**
 * From detector scores to a decision that a person can act on.
 * @module
 */

import { calibratedLlr } from '../models/calibrated-llr.ts';
import { heardIn, unlistedSets, whyUnlisted } from '../models/contamination.ts';
import type { Card } from '../models/types.ts';

/** One detector's evidence on one recording. */
export interface Evidence {
  /** Detector name. */
  readonly id: string;
  /** Higher is more likely spoof. */
  readonly score: number;
  /** Natural-log likelihood ratio, bounded by what the calibration data can support; null without calibration. */
  readonly llr: number | null;
  /** Threshold on the score at the card's first operating point; null if the card has none. */
  readonly threshold: number | null;
  /** What fixed the threshold, for example `speech-mini dev, EER`. */
  readonly thresholdFixedOn: string | null;
  /** Training data that holds this very recording; empty as a rule. Such evidence decides nothing. */
  readonly heardIn: readonly string[];
  /** Why nobody can tell whether it was trained on this recording; absent where all that it heard was looked through. */
  readonly uncompared?: string;
}

/** What the evidence amounts to. */
export interface Verdict {
  readonly decision: 'spoof' | 'bonafide' | 'undetermined';
  /** Mean of the detectors' LLRs (they share data, so they are not added up); null without any. */
  readonly llr: number | null;
  /** A decision is made where |llr| reaches this. */
  readonly limit: number;
  /** One sentence for people, without a prior: it says what the evidence supports, not what is true. */
  readonly wording: string;
  /** Why it is undetermined, or what to keep in mind. */
  readonly reasons: readonly string[];
}

/** Likelihood ratio that a decision needs unless the caller says otherwise. */
export const DEFAULT_LR_LIMIT = 3;

/**
 * Evidence of one detector from its card and its score.
 * @param sha256 of the recording's file, to be looked for in the training data
 */
export function evidenceOf(
  { name, card }: { readonly name: string; readonly card: Card },
  score: number,
  sha256?: string,
): Evidence {
  const [point] = card.operatingPoints;
  const heard = sha256 === undefined ? [] : heardIn(card, sha256);
  const uncompared = heard.length > 0 ? undefined : whyUncompared(card, sha256);
  return {
    id: name,
    score,
    llr: calibratedLlr(card, score),
    threshold: point?.threshold ?? null,
    thresholdFixedOn: point === undefined ? null : `${point.fixedOn}, ${point.name}`,
    heardIn: heard,
    ...(uncompared === undefined ? {} : { uncompared }),
  };
}

function whyUncompared(card: Card, sha256: string | undefined): string | undefined {
  if (card.trainedOn.length === 0) return 'its card does not say what it was trained on';
  const unlisted = unlistedSets(card);
  if (unlisted.length > 0) return whyUnlisted(unlisted);
  return sha256 === undefined ? 'the recording came without its SHA-256' : undefined;
}

/**
 * Three-way decision: spoof or bonafide where the mean LLR reaches the limit and no detector with
 * evidence of its own at that limit contradicts it; undetermined otherwise.
 * @param lrLimit likelihood ratio (> 1) that a decision needs
 */
export function decide(evidence: readonly Evidence[], lrLimit: number = DEFAULT_LR_LIMIT): Verdict {
  const limit = Math.log(lrLimit);
  const heard = evidence.filter((item) => item.heardIn.length > 0);
  const reasons = evidence.flatMap(({ id, heardIn: sets, uncompared }) => {
    if (sets.length > 0) {
      return [`${id} was trained on this very recording (${sets.join(', ')}): it does not count`];
    }
    if (uncompared === undefined) return [];
    return [`whether ${id} was trained on this recording is not known: ${uncompared}`];
  });
  const llrs = evidence.flatMap((item) =>
    item.llr === null || item.heardIn.length > 0 ? [] : [item.llr],
  );
  if (llrs.length === 0) {
    return {
      decision: 'undetermined',
      llr: null,
      limit,
      wording:
        heard.length > 0
          ? 'No detector is left whose score could be read as evidence.'
          : 'No detector used here is calibrated, so its score cannot be read as evidence.',
      reasons: [...reasons, ...(heard.length < evidence.length ? ['no calibrated detector'] : [])],
    };
  }
  const llr = llrs.reduce((sum, value) => sum + value, 0) / llrs.length;
  const against: string[] = [];
  const contradiction =
    llrs.some((value) => value >= limit) && llrs.some((value) => value <= -limit);
  if (contradiction) against.push('the detectors contradict each other');
  else if (Math.abs(llr) < limit)
    against.push(`the evidence is weaker than the limit of ${lrLimit} to 1`);
  const decision = against.length > 0 ? 'undetermined' : llr > 0 ? 'spoof' : 'bonafide';
  return { decision, llr, limit, wording: wordingOf(llr), reasons: [...reasons, ...against] };
}

/** Verbal scale of likelihood ratios (ENFSI guideline for evaluative reporting, 2015). */
function wordingOf(llr: number): string {
  const ratio = Math.exp(Math.abs(llr));
  const towards = llr >= 0 ? 'synthetic or manipulated' : 'genuine';
  const against = llr >= 0 ? 'genuine' : 'synthetic or manipulated';
  if (ratio < 2) return 'The findings do not support one explanation over the other.';
  const strength =
    ratio < 10 ? 'weak' : ratio < 100 ? 'moderate' : ratio < 1000 ? 'moderately strong' : 'strong';
  const digits = ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0);
  return `The findings are ${digits} times more probable if the recording is ${towards} than if it is ${against}: ${strength} support.`;
}
