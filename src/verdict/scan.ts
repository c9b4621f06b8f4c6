/**
 * Scan: one recording through refusal rules, detectors and calibration to a verdict.
 * @module
 */

import type { Audio } from '../audio/audio.ts';
import { durationSec } from '../audio/audio.ts';
import { type ErrorCode, errorEntry, toRingtrueError } from '../core/errors.ts';
import { refusalOf } from '../models/refusal.ts';
import { type Detector, DetectorInput, type WindowScore } from '../models/types.ts';
import { decide, type Evidence, evidenceOf, type Verdict } from './verdict.ts';

/** A detector's evidence with its scores over time. */
export interface ScanEvidence extends Evidence {
  readonly windows: readonly WindowScore[];
}

/** What a scan says of one file. */
export interface ScanResult {
  readonly file: string;
  /** `scored`: there is a verdict; `refused`: the recording does not allow one; `failed`: something broke. */
  readonly status: 'scored' | 'refused' | 'failed';
  readonly durationSec: number | null;
  readonly code?: ErrorCode;
  readonly message?: string;
  readonly hint?: string;
  readonly detectors: readonly ScanEvidence[];
  readonly verdict: Verdict | null;
}

/** Options of {@link scanAudio}. */
export interface ScanOptions {
  /** Likelihood ratio that a decision needs. @default 3 */
  readonly lrLimit?: number;
  /** SHA-256 of the file: a detector that was trained on it does not count. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
}

/** Turns anything thrown for a file into its result; the next file goes on. */
export function failedScan(file: string, thrown: unknown): ScanResult {
  const { code, message, hint } = toRingtrueError(thrown);
  return {
    file,
    status: 'failed',
    durationSec: null,
    code,
    message,
    hint,
    detectors: [],
    verdict: null,
  };
}

/**
 * Scans decoded sound.
 * @param file name for the result
 * @param detectors scored in this order; what one of them cannot score fails the file
 */
export async function scanAudio(
  file: string,
  audio: Audio,
  detectors: readonly Detector[],
  { lrLimit, sha256, signal }: ScanOptions = {},
): Promise<ScanResult> {
  const base = { file, durationSec: durationSec(audio) };
  const needs = {
    minSec: Math.max(0, ...detectors.map((detector) => detector.needs.minSec)),
  };
  const refusal = refusalOf(audio, needs);
  if (refusal !== null) {
    const { hint } = errorEntry(refusal.code);
    return {
      ...base,
      status: 'refused',
      code: refusal.code,
      message: refusal.message,
      hint,
      detectors: [],
      verdict: null,
    };
  }
  const input = new DetectorInput(audio);
  const evidence: ScanEvidence[] = [];
  for (const detector of detectors) {
    const [scored] = await detector.score([input], signal === undefined ? {} : { signal });
    if (scored === undefined) continue;
    evidence.push({
      ...evidenceOf(detector, scored.score, sha256),
      windows: scored.windows ?? [],
    });
  }
  return { ...base, status: 'scored', detectors: evidence, verdict: decide(evidence, lrLimit) };
}
