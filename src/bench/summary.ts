/**
 * The shape of `summary.json`: every number of a run with its interval and its n.
 * @module
 */

import type { Counts, Figure } from '../metrics/types.ts';

/** Results of one detector under one condition. */
export interface ConditionResult {
  readonly detector: string;
  readonly condition: string;
  readonly corruption: string | null;
  readonly level: number | null;
  readonly value: number | null;
  readonly unit: string | null;
  readonly n: Counts;
  /** Interpolated rule. Absent if a class has no scored clip. */
  readonly eer?: Figure;
  readonly auc?: Figure;
  readonly minDcf?: Figure;
  readonly actDcf?: Figure;
  readonly cllr?: Figure;
  readonly minCllr?: Figure;
  /** Error rates at the detector's threshold fixed on clean dev data (never re-tuned here). */
  readonly atThreshold?: {
    readonly threshold: number;
    readonly fixedOn: string;
    /** Bona fide called spoof. */
    readonly fpr: Figure;
    /** Spoof called bona fide. */
    readonly fnr: Figure;
    /** Mean of both. */
    readonly error: Figure;
  };
  /** Paired difference to the same detector's clean EER, on the same resamples. */
  readonly eerMinusClean?: Figure & { readonly p: number };
  readonly failed: number;
  readonly refused: number;
}

/** A row of a group table: clean and pooled figures by generator, speaker or language. */
export interface GroupResult {
  readonly detector: string;
  readonly condition: string;
  readonly by: 'generator' | 'speaker' | 'language';
  readonly group: string;
  readonly n: Counts;
  readonly eer?: Figure;
}

/** `summary.json`. */
export interface Summary {
  readonly schema: 1;
  readonly name: string;
  readonly corpus: { readonly name: string; readonly split: string; readonly n: Counts };
  /** AUC of all trivial features together on this corpus: the floor every figure stands on. */
  readonly confound: Figure | null;
  readonly detectors: readonly {
    readonly name: string;
    readonly id: string;
    readonly summary: string;
  }[];
  readonly conditions: readonly { readonly id: string; readonly family: string | null }[];
  readonly interval: {
    readonly level: number;
    readonly replicates: number;
    readonly seed: number;
    /** What is resampled: `speaker`, `source` or `clip`, and why. */
    readonly unit: string;
    readonly note: string;
  };
  readonly results: readonly ConditionResult[];
  readonly groups: readonly GroupResult[];
  /** Mean over levels per corruption, per family; mCE and relative mCE against the first detector. */
  readonly robustness: readonly {
    readonly detector: string;
    readonly corruption: string;
    readonly family: string;
    readonly meanEer: Figure;
  }[];
  readonly assertions: readonly {
    readonly text: string;
    readonly value: number;
    readonly ok: boolean;
  }[];
  readonly failures: readonly {
    readonly code: string;
    readonly count: number;
    readonly clips: readonly string[];
  }[];
}
