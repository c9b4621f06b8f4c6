/**
 * The detector contract. Scores: higher is more likely spoof, always.
 * @module
 */

import * as z from 'zod';
import type { Audio } from '../audio/audio.ts';
import { toMono } from '../audio/audio.ts';
import { resample } from '../audio/dsp/resample.ts';

/** What a detector's card says: where it comes from, how far to trust it. */
export const cardSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  summary: z.string(),
  licence: z.string(),
  languages: z.array(z.string()).describe('languages of the training data'),
  trainedOn: z
    .array(
      z.strictObject({
        corpus: z.string(),
        split: z.string(),
        clips: z.number().int(),
        hash: z.string(),
        clipHashes: z
          .array(z.string())
          .optional()
          .describe('first 16 hex digits of the SHA-256 of each clip, sorted'),
        collections: z
          .array(z.string())
          .optional()
          .describe('where the recordings come from: names of packages or domains, sorted'),
        licences: z.array(z.string()).optional().describe('licences of the recordings, sorted'),
      }),
    )
    .describe('training data, for the contamination check; hash is over the sorted clip hashes'),
  recipe: z.string().describe('the command that trains it'),
  operatingPoints: z
    .array(z.strictObject({ name: z.string(), threshold: z.number(), fixedOn: z.string() }))
    .describe('thresholds on the score, and the data that fixed them'),
  calibration: z
    .strictObject({
      scale: z.number().positive(),
      offset: z.number(),
      fixedOn: z.string(),
      n: z.number().int(),
    })
    .optional()
    .describe('natural-log LR = scale × score + offset'),
  limits: z.array(z.string()).describe('where it fails, in sentences'),
});
/** A detector's card. */
export type Card = z.infer<typeof cardSchema>;

/** A front end: a pure function of mono samples at one rate, shared by every detector that uses it. */
export interface FrontEnd<F> {
  /** Hash or text that names the front end with all its parameters. */
  readonly id: string;
  /** Rate of the samples it takes, in Hz. */
  readonly sampleRate: number;
  /** @param mono samples at `sampleRate` */
  compute(mono: Float32Array): F;
}

/** One clip as detectors see it: resampling and features are computed once and shared. */
export class DetectorInput {
  /** The clip as decoded or corrupted. */
  readonly audio: Audio;
  readonly #rates = new Map<number, Float32Array>();
  readonly #features = new Map<string, unknown>();

  constructor(audio: Audio) {
    this.audio = audio;
  }

  /** Mono samples at a rate; do not write into them. */
  mono(sampleRate: number): Float32Array {
    let samples = this.#rates.get(sampleRate);
    if (samples === undefined) {
      samples = resample(toMono(this.audio), this.audio.sampleRate, sampleRate);
      this.#rates.set(sampleRate, samples);
    }
    return samples;
  }

  /** Features of a front end; do not write into them. */
  features<F>(frontEnd: FrontEnd<F>): F {
    let value = this.#features.get(frontEnd.id);
    if (value === undefined) {
      value = frontEnd.compute(this.mono(frontEnd.sampleRate));
      this.#features.set(frontEnd.id, value);
    }
    // The id names the front end with its parameters, so one id has one feature type.
    return value as F;
  }
}

/** Score of a window inside a clip. */
export interface WindowScore {
  readonly startSec: number;
  readonly endSec: number;
  readonly score: number;
}

/** What a detector says of one clip. */
export interface DetectorScore {
  /** Higher is more likely spoof; finite. */
  readonly score: number;
  /** Scores over time, if the detector has them. */
  readonly windows?: readonly WindowScore[];
}

/** A detector, ours or foreign. */
export interface Detector {
  /** Hash of weights and preprocessing (or of the address, for remote ones). */
  readonly id: string;
  /** Name for reports: unique within a study. */
  readonly name: string;
  /** What is known of it: training data, thresholds, calibration, limits. */
  readonly card: Card;
  /** Rate in Hz that it hears, and the shortest sound in s that it scores. */
  readonly needs: { readonly sampleRate: number; readonly minSec: number };
  /**
   * Scores a batch, in order.
   * @throws RingtrueError `models/bad-output`, `models/unreachable`
   */
  score(
    batch: readonly DetectorInput[],
    options?: { signal?: AbortSignal },
  ): Promise<DetectorScore[]>;
  /** Frees sessions and processes. */
  dispose(): Promise<void>;
}
