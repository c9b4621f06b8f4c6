/**
 * The trial contract: one clip under one condition scored by one detector, as Parquet rows hold it.
 * @module
 */

import type { ErrorCode } from '../core/errors.ts';
import type { Label } from '../datasets/clip.ts';

/** One trial. Exactly one of `score`, `refused`, `failed` is set. */
export interface TrialRow {
  /** Which run it belongs to: the first 16 hex digits of the hash of everything that decides scores. */
  readonly run: string;
  /** Name of the detector in the study. */
  readonly detector: string;
  /** Name of the corpus. */
  readonly corpus: string;
  /** Part of the corpus that was scored. */
  readonly split: string;
  /** Id of the clip in its manifest. */
  readonly clip: string;
  /** SHA-256 of the clip's file; null if it could not be read, and in runs from before it was kept. */
  readonly sha256: string | null;
  /** Condition id: `clean`, `mp3@2`, `echo@3~mode=reference`, `opus@2+background-noise@3`. */
  readonly condition: string;
  /** Corruption of a one-step condition with its options; null for `clean`, chains and what is no level. */
  readonly corruption: string | null;
  /** Level of a one-step condition, 1 the mildest; null for `clean` and chains. */
  readonly level: number | null;
  /** Raw value of the level, in the corruption's unit. */
  readonly value: number | null;
  /** Seed of the study, from which every draw comes. */
  readonly seed: number;
  /** Higher is more likely spoof. */
  readonly score: number | null;
  /** Natural-log likelihood ratio by the card's calibration, bounded as a scan tells it; null if the card has none. */
  readonly llr: number | null;
  /** Code of a refusal (the recording does not allow a score). */
  readonly refused: ErrorCode | null;
  /** Code of a failure (something broke). */
  readonly failed: ErrorCode | null;
  /** Length of the clip before the corruption; 0 if it could not be decoded. */
  readonly durationSec: number;
  /** Bytes that a codec of the condition really wrote; null where nothing was encoded. */
  readonly encodedBytes: number | null;
  /** What the clip is. */
  readonly label: Label;
  /** Who speaks; null if the manifest does not say. */
  readonly speaker: string | null;
  /** BCP 47 tag; null if the manifest does not say. */
  readonly language: string | null;
  /** What made a spoof; null if the manifest does not say. */
  readonly generator: string | null;
  /** Recording or text group that clips share; null if the manifest does not say. */
  readonly source: string | null;
  /** Further attributes of the clip for group tables; null if it has none. */
  readonly group: Readonly<Record<string, string>> | null;
}
