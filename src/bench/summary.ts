/**
 * The shape of `summary.json`: every number of a run with its interval and its n.
 * @module
 */

import type { CorpusIdentity } from '../datasets/clip.ts';
import type { ScoreShift } from '../metrics/score-shift.ts';
import type { Counts, Figure } from '../metrics/types.ts';
import type { HeardClips } from './contamination.ts';
import type { FairnessSummary } from './fairness.ts';
import type { Threshold } from './thresholds.ts';

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
  /** Error rates at the detector's fixed threshold (never re-tuned on the clips of the study). */
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
  /** Paired difference to the same detector's clean EER, on the same clips and the same resamples. */
  readonly eerMinusClean?: Figure & { readonly p: number | null };
  /** How far the scores of each class moved from clean ones of the same clips, in their standard deviations. */
  readonly scoreShift?: ScoreShift;
  /** Why there are no figures; absent if there are. */
  readonly problem?: string;
  readonly failed: number;
  readonly refused: number;
}

/** A row of a group table: clean and pooled figures by an attribute of the study. */
export interface GroupResult {
  readonly detector: string;
  /** `clean` (or the study's first condition if it has no clean one), or `pooled` over all conditions. */
  readonly condition: string;
  /** Attribute: by default `generator`, `speaker` and `language`. */
  readonly by: string;
  readonly group: string;
  /** Trials behind the figures; the spoofs of a generator stand against all bona fide clips. */
  readonly n: Counts;
  /** Absent if the group lacks a class. */
  readonly eer?: Figure;
  /** Bona fide of the group called spoof at the fixed threshold; absent without threshold or bona fide. */
  readonly fpr?: Figure;
  /** Spoof of the group called bona fide at the fixed threshold; absent without threshold or spoof. */
  readonly fnr?: Figure;
}

/**
 * A condition; all but `id` and `family` is absent where it does not apply, and in earlier runs. How the levels of a
 * corruption lie decides how they may be drawn: those on both sides of `neutral` are never folded onto each other.
 */
export interface ConditionSummary {
  readonly id: string;
  /** Null for `clean` and chains of several families. */
  readonly family: string | null;
  /** True where a higher level is stronger; false for two-sided levels and variants. */
  readonly ordered?: boolean;
  /** Value at which nothing would change, of levels on both sides of it. */
  readonly neutral?: number;
  /** Name of a variant without an order, such as a key. */
  readonly variant?: string;
}

/** `summary.json`. */
export interface Summary {
  /** Version of this layout. */
  readonly schema: 1;
  /** Name of the study. */
  readonly name: string;
  /**
   * `version` of a built corpus; `options` of the reader, if it has any; `fingerprint` of all its clips, as in
   * `verify.json`. All absent in earlier runs.
   */
  readonly corpus: CorpusIdentity & { readonly split: string; readonly n: Counts };
  /** AUC of all trivial features together on this corpus: the floor every figure stands on. */
  readonly confound: Figure | null;
  /** In the order of the study. */
  readonly detectors: readonly {
    readonly name: string;
    readonly id: string;
    readonly summary: string;
    /** Clips of this run that it was trained on; null if its card does not say what it was trained on. */
    readonly heard: HeardClips | null;
    /** The threshold that its errors are counted at and where it came from; absent in earlier runs. */
    readonly threshold?: Threshold;
  }[];
  /** In the order of the study. */
  readonly conditions: readonly ConditionSummary[];
  /** How intervals were made: coverage, resamples, seed of their draw. */
  readonly interval: {
    readonly level: number;
    readonly replicates: number;
    readonly seed: number;
    /** What is resampled: `speaker`, `source` or `clip`, and why. */
    readonly unit: string;
    readonly note: string;
  };
  /** One a detector and condition. */
  readonly results: readonly ConditionResult[];
  /** Rows of the group tables. */
  readonly groups: readonly GroupResult[];
  /** Whether the groups of each attribute fare alike; absent in runs from before it was looked at. */
  readonly fairness?: FairnessSummary;
  /** Mean EER over the levels of a corruption. */
  readonly robustness: readonly {
    readonly detector: string;
    readonly corruption: string;
    readonly family: string;
    readonly levels: number;
    readonly meanEer: Figure;
    /** Clips scored under all of the levels; absent in earlier runs, as for the means below. */
    readonly n?: Counts;
    /** Spearman's ρ of level and EER; null for fewer than three levels, and levels without an order. */
    readonly monotony: number | null;
    /** Level with the highest EER. */
    readonly worst: { readonly condition: string; readonly eer: number };
  }[];
  /** Mean EER over all one-step conditions of a family. */
  readonly families: readonly {
    readonly detector: string;
    readonly family: string;
    readonly conditions: number;
    readonly meanEer: Figure;
    readonly n?: Counts;
  }[];
  /**
   * Mean EER under compression and strong modification less that under mild noise, on the same clips and
   * resamples; no row where the study has only one of the two.
   */
  readonly contrasts: readonly {
    readonly detector: string;
    /** Conditions on either side. */
    readonly conditions: { readonly strong: number; readonly mildNoise: number };
    /** Above 0: the detector stands noise better. */
    readonly difference: Figure;
    readonly n?: Counts;
  }[];
  /**
   * Mean corruption error against the first detector (below 1: better), and the same of the rises over clean (above
   * 1: degrades faster); null with the reason in `note` where it has no meaning, and without an interval where too many
   * resamples have none.
   */
  readonly corruptionErrors: readonly {
    readonly detector: string;
    readonly base: string;
    /** Clips that both have scored under every condition. */
    readonly n?: Counts;
    readonly mce: Figure | null;
    readonly relativeMce: Figure | null;
    readonly note: string | null;
  }[];
  /** The `assert:` lines of the study, in order. */
  readonly assertions: readonly {
    readonly text: string;
    /** Value of the left side; null if a figure is missing because nothing was scored. */
    readonly value: number | null;
    /** Value of the right side. */
    readonly bound: number | null;
    readonly ok: boolean;
  }[];
  /** Trials without a score, by code; `clips` names up to twenty of them. */
  readonly failures: readonly {
    readonly kind: 'failed' | 'refused';
    readonly code: string;
    readonly count: number;
    readonly clips: readonly string[];
  }[];
}
