/**
 * Limits that a training measured on its own data, in sentences for the card.
 * @module
 */

import type { Clip, Corpus } from '../datasets/clip.ts';
import type { Figure } from '../metrics/types.ts';

/**
 * What the training data and the held-out figures do not allow to claim.
 * @param train clips that were trained on
 * @param held figures of the eval split, null without one
 * @param confound AUC of trivial features on the corpus, if it was verified
 */
export function measuredLimits(
  train: readonly Clip[],
  held: { readonly auc: Figure } | null,
  confound: Corpus['confound'],
): string[] {
  const bonafide = train.filter(({ label }) => label === 'bonafide');
  const speakers = distinct(bonafide.map(({ speaker }) => speaker));
  const generators = distinct(train.map(({ generator }) => generator));
  const limits: string[] = [];
  if (speakers > 0 && generators > 0) {
    limits.push(
      `Heard ${count(speakers, 'genuine speaker')} and ${count(generators, 'generator')} in ${count(train.length, 'clip')}: nothing is promised for other voices, languages, rooms and generators.`,
    );
  }
  if (held === null) {
    limits.push('No held-out split was scored: how well it does on unseen voices is not known.');
    return limits;
  }
  const { value, low, high } = held.auc;
  if (low === null || high === null) return limits;
  const auc = `AUC ${value.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]`;
  if (low <= 0.5) {
    limits.push(`Not shown to be better than chance on the held-out split (${auc}).`);
  } else if (confound !== undefined && low <= confound.high) {
    limits.push(
      `Not shown to be better than trivial features on the held-out split (${auc}; theirs reaches ${confound.high.toFixed(3)}).`,
    );
  }
  return limits;
}

function distinct(values: readonly (string | undefined)[]): number {
  return new Set(values.filter((value) => value !== undefined)).size;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
