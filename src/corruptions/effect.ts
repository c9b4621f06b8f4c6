/**
 * How much a corruption changed a clip.
 * @module
 */

import { type Audio, durationSec, toMono } from '../audio/audio.ts';
import { logSpectralDistance, snrDb, stoi } from '../audio/dsp/quality.ts';
import type { Corrupted, EffectMeasure } from './types.ts';

/** A measured effect; null where a measure says nothing (no difference, no codec, too little speech). */
export type Effect = Readonly<Record<EffectMeasure, number | null>>;

/** Which way each measure goes as a corruption gets stronger. */
export const STRONGER: Readonly<Record<EffectMeasure, 'falls' | 'rises'>> = {
  snrDb: 'falls',
  logSpectralDistanceDb: 'rises',
  stoi: 'falls',
  bytesPerSec: 'falls',
};

/** Compares a clip with what became of it, as mono: signal-to-noise ratio, log-spectral distance, STOI, bytes a second. */
export function measureEffect(before: Audio, corrupted: Corrupted): Effect {
  const reference = toMono(before);
  const heard = toMono(corrupted.audio);
  const { sampleRate } = before;
  return {
    snrDb: finiteOrNull(snrDb(reference, heard)),
    logSpectralDistanceDb: finiteOrNull(logSpectralDistance(reference, heard, sampleRate)),
    stoi: finiteOrNull(stoi(reference, heard, sampleRate)),
    bytesPerSec:
      corrupted.encodedBytes === undefined ? null : corrupted.encodedBytes / durationSec(before),
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
