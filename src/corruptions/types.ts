/**
 * The corruption contract: draw parameters (JSON, replayable), then apply them.
 * @module
 */

import type * as z from 'zod';
import type { Audio } from '../audio/audio.ts';
import type { Json } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';

/**
 * Corruption families of the robustness literature; `channel` is what calls do to speech, `occlusion` probes what a
 * detector listens to.
 */
export type CorruptionFamily =
  | 'noise'
  | 'modification'
  | 'compression'
  | 'neural-codec'
  | 'channel'
  | 'occlusion';

/** One step of a corruption's published (or stated) severity grid; level 1 is the mildest. */
export interface CorruptionLevel<P> {
  readonly level: number;
  /** Raw value in `unit`, for example 8 (kbit/s). */
  readonly value: number;
  readonly unit: string;
  readonly params: P;
}

/** What can be measured of an effect; `measureEffect` gives all of them. */
export type EffectMeasure = 'snrDb' | 'logSpectralDistanceDb' | 'stoi' | 'bytesPerSec';

/** What the page of a corruption says beside its options and levels. */
export interface CorruptionPage {
  readonly formula: string;
  /** Where the levels come from. */
  readonly grid: string;
  /** What moves in one direction from level to level; null where levels are variants without an order. */
  readonly measure: EffectMeasure | null;
  /** Value at which nothing would change, where levels lie on both sides of it: each side has its own order. */
  readonly neutral?: number;
  /** Quirks and limits, a sentence each. */
  readonly limits: readonly string[];
  readonly citation: string;
}

/** What came of applying a corruption. */
export interface Corrupted {
  /** The changed sound, at the rate of the clip. */
  readonly audio: Audio;
  /** Bytes that a codec really wrote; absent where nothing is encoded. */
  readonly encodedBytes?: number;
}

/** A corruption with its parameters `P` (schema output) and what it draws at random, `D`. */
export interface Corruption<P = unknown, D extends Json = Json> {
  /** kebab-case. */
  readonly name: string;
  /** What kind of damage it is, in tables and patterns like `noise/*`. */
  readonly family: CorruptionFamily;
  /** One sentence for lists and docs. */
  readonly summary: string;
  /** What its page says beside options and levels. */
  readonly page: CorruptionPage;
  /** Its options, each with a default. */
  readonly schema: z.ZodObject;
  /** From the mildest to the strongest. */
  readonly levels: readonly CorruptionLevel<P>[];
  /** False if length or alignment change; true otherwise. */
  readonly aligned: boolean;
  /** Everything random, as JSON: `apply` with the same `drawn` gives the same bytes. */
  draw(params: P, rng: Rng): D;
  /** Applies what was drawn; never changes its input. May be asynchronous (codecs load lazily). */
  apply(audio: Audio, drawn: D): Corrupted | Promise<Corrupted>;
  /**
   * Hash of the recordings that decide the result beside `drawn`; absent where there are none.
   * @throws RingtrueError `corruptions/asset-missing`
   */
  assetHash?(): Promise<string>;
}

/** One step of a condition: a corruption at a level, or with options of its own. */
export interface ConditionStep {
  /** Name of the corruption. */
  readonly corruption: string;
  /** Null where options take the place of a level. */
  readonly level: number | null;
  /** Options that differ from those of the level, or from the defaults; absent where there are none. */
  readonly options?: Readonly<Record<string, Json>>;
}

/**
 * A condition of a study: `clean`, one corruption at a level or with options, or a chain of them.
 * `id` is how reports and files call it: `clean`, `mp3@2`, `echo@3~mode=reference`, `opus@2+background-noise@3`.
 */
export interface Condition {
  readonly id: string;
  /** Corruptions in the order in which they are applied; none for `clean`. */
  readonly steps: readonly ConditionStep[];
}
