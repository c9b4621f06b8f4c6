/**
 * The leakage audit: what was promised to be new in a test set, and is not (card 02, check 6).
 * @module
 */

import type { CorpusClip } from './filter.ts';
import { sentenceOf, textGroup } from './parts.ts';

/** What a test set can promise not to share with the training and dev clips. */
export type Promised = 'recording' | 'sentence' | 'speaker' | 'source' | 'generator';

/** How each is read off a clip; undefined where the clip does not say, or it is not asked of it. */
const KEYS: Readonly<Record<Promised, (clip: CorpusClip) => string | undefined>> = {
  recording: ({ sha256, path }) => sha256 ?? path,
  sentence: (clip) => sentenceOf(clip) ?? textGroup(clip),
  // The voice of a synthesiser comes with the generator; whose recordings were heard is the question.
  // Names of speakers mean something inside their corpus only.
  speaker: ({ label, corpus, speaker }) =>
    label === 'bonafide' && speaker !== undefined ? `${corpus ?? ''} ${speaker}`.trim() : undefined,
  source: ({ label, corpus, domain }) =>
    label === 'bonafide' && domain !== undefined ? `${corpus ?? ''} ${domain}`.trim() : undefined,
  generator: ({ label, generator }) => (label === 'spoof' ? generator : undefined),
};

/** A training set and a test set, with what was promised. */
export interface AuditedPair {
  readonly train: string;
  readonly test: string;
  readonly promised: readonly Promised[];
  /** Training and dev clips. */
  readonly heard: readonly CorpusClip[];
  readonly tested: readonly CorpusClip[];
}

/** One promise and whether it was kept. */
export interface AuditRow {
  readonly train: string;
  readonly test: string;
  readonly what: Promised;
  /** Values that both sides have; at most ten are named. */
  readonly shared: readonly string[];
  /** How many there are. */
  readonly count: number;
  /** Test clips that carry them. */
  readonly clips: number;
}

/** What the audit found. */
export interface Audit {
  /** Promises that were looked into. */
  readonly promises: number;
  /** Those that were broken. */
  readonly broken: readonly AuditRow[];
  /** What could not be looked into because no clip says it. */
  readonly unknown: readonly { readonly test: string; readonly what: Promised }[];
}

const NAMED = 10;

/** Looks into every promise of every pair. */
export function auditLeaks(pairs: readonly AuditedPair[]): Audit {
  const broken: AuditRow[] = [];
  const unknown = new Map<string, { test: string; what: Promised }>();
  let promises = 0;
  for (const { train, test, promised, heard, tested } of pairs) {
    for (const what of promised) {
      const key = KEYS[what];
      const known = new Set(heard.flatMap((clip) => key(clip) ?? []));
      const asked = tested.filter((clip) => key(clip) !== undefined);
      if (known.size === 0 || asked.length === 0) {
        unknown.set(`${test} ${what}`, { test, what });
        continue;
      }
      promises += 1;
      const leaked = asked.filter((clip) => known.has(key(clip)!));
      if (leaked.length === 0) continue;
      const shared = [...new Set(leaked.map((clip) => key(clip)!))].sort();
      broken.push({
        train,
        test,
        what,
        shared: shared.slice(0, NAMED),
        count: shared.length,
        clips: leaked.length,
      });
    }
  }
  return { promises, broken, unknown: [...unknown.values()] };
}
