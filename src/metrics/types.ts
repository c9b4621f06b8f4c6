/**
 * Inputs and results shared by all metrics. Scores: higher is more likely spoof.
 * @module
 */

/** Scores of the two classes. */
export interface Scores {
  /** Of bona fide clips. */
  readonly bonafide: Float64Array;
  /** Of spoof clips. */
  readonly spoof: Float64Array;
}

/** A figure with its interval; `low` and `high` are null where no interval can be had, with the reason. */
export interface Figure {
  /** The point estimate. */
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Which of several rules gave it, for example `interpolated`. */
  readonly rule?: string;
}

/** Numbers of clips behind a figure. */
export interface Counts {
  /** Bona fide clips. */
  readonly bonafide: number;
  /** Spoof clips. */
  readonly spoof: number;
}
