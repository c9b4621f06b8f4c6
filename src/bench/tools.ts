/**
 * What the engine needs from other rooms, as one contract: workers load a module that opens it.
 * @module
 */

import type { Audio } from '../audio/audio.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Corrupted } from '../corruptions/types.ts';
import type { Clip } from '../datasets/clip.ts';
import type { Detector } from '../models/types.ts';
import type { PlannedCondition } from './plan.ts';
import type { Study } from './study.ts';

/** What {@link OpenTools} is told. */
export interface ToolsSetup {
  readonly limits: Study['limits'];
  /** Folder that relative paths of detectors start from. */
  readonly cwd: string;
}

/** Decoding, corrupting and scoring; one set for each worker. */
export interface Tools {
  /**
   * Conditions that a study file names, in order, families and ranges written out.
   * @throws RingtrueError `corruptions/unknown`, `corruptions/unknown-level`, `corruptions/bad-condition`,
   *   `corruptions/unknown-option`, `corruptions/bad-option`, `corruptions/asset-missing`
   */
  parseConditions(spec: Study['conditions']): Promise<PlannedCondition[]>;
  /** @throws RingtrueError `models/unknown`, `models/bad-file`, `core/missing-dependency` */
  loadDetector(ref: string): Promise<Detector>;
  /** @param trusted true for a file of our own making: it is decoded in this process */
  decode(clip: Clip, trusted: boolean): Promise<Audio>;
  /** Never changes its input. */
  corrupt(audio: Audio, condition: PlannedCondition, rng: Rng): Promise<Corrupted>;
  /** Why a recording, before any corruption, does not allow a score; null if it does. */
  refusalOf(audio: Audio, needs: Detector['needs']): ErrorCode | null;
  /** Ends decoder processes. */
  close(): Promise<void>;
}

/** Opens a set of tools; the export `openTools` of a tools module. */
export type OpenTools = (setup: ToolsSetup) => Promise<Tools>;
