/**
 * What a published method claims, and whether it was found here.
 * @module
 */

import type { WorkContext } from '../core/progress.ts';

/** `not-testable` where what the claim needs (data, models) is not to be had here. */
export type ClaimStatus = 'reproduced' | 'not-reproduced' | 'not-testable';

/** A figure behind a claim; `low` and `high` are null where no interval can be had. */
export interface ClaimFigure {
  /** What was measured, in words. */
  readonly name: string;
  /** In the unit that the name says; rates are between 0 and 1. */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Clips, models or runs behind it, as the name says. */
  readonly n: number;
}

/** One claim with what was expected and what was found. */
export interface Claim {
  /** Short name within its paper or benchmark. */
  readonly id: string;
  /** What is claimed, in a sentence. */
  readonly claim: string;
  /** The bound that was set before anything was measured. */
  readonly expected: string;
  /** What became of it. */
  readonly status: ClaimStatus;
  /** What it was judged by. */
  readonly figures: readonly ClaimFigure[];
  /** Why it failed or cannot be tested, if that is known. */
  readonly note?: string;
}

/** What a paper runs with. */
export interface PaperContext extends WorkContext {
  /** Folder of the paper: its YAML files lie there. */
  readonly folder: string;
  /** Folder for what the run writes. */
  readonly out: string;
}

/** A published method that is run again: the export `paper` of `papers/NAME/paper.ts`. */
export interface Paper {
  /** Number of its card and a short name: that of its folder. */
  readonly id: string;
  /** Title of the publication. */
  readonly title: string;
  /** Corpora that must be built. */
  readonly corpora: readonly string[];
  /** Minutes on two cores, roughly. */
  readonly minutes: number;
  /** @throws RingtrueError whatever its benchmark throws */
  run(context: PaperContext): Promise<Claim[]>;
}

/** A claim with a bound on a figure: reproduced where it holds. */
export function claimOf(
  claim: Omit<Claim, 'status' | 'note'> & { readonly note?: string | undefined },
  holds: boolean,
): Claim {
  const { note, ...rest } = claim;
  return {
    ...rest,
    status: holds ? 'reproduced' : 'not-reproduced',
    ...(note === undefined ? {} : { note }),
  };
}

/** A claim that cannot be tested here, with the reason. */
export function notTestable(
  claim: Omit<Claim, 'status' | 'figures' | 'note'>,
  note: string,
): Claim {
  return { ...claim, status: 'not-testable', figures: [], note };
}
