/**
 * Recordings that do not allow a score, by name.
 * @module
 */

import type { Audio } from '../audio/audio.ts';
import { toMono } from '../audio/audio.ts';
import { peak, rmsDb } from '../audio/dsp/level.ts';
import { trackPitch } from '../audio/dsp/pitch.ts';
import { resample } from '../audio/dsp/resample.ts';
import { energyVad } from '../audio/dsp/vad.ts';
import type { ErrorCode } from '../core/errors.ts';

/** Why a recording is refused. */
export interface Refusal {
  readonly code: Extract<ErrorCode, `verdict/${string}`>;
  readonly message: string;
}

/** Below this level everywhere, a recording is silent. */
const SILENCE_DB = -60;
/** Share of samples at the very top that a clipped recording has. */
const CLIPPED_SHARE = 0.02;
/** Speech leaves gaps and changes level: a steady sound with fewer dB between loud and soft frames is none. */
const MIN_DYNAMICS_DB = 6;
/** Speech has voiced frames, but never only; outside this share it is noise or an instrument. */
const VOICED_SHARE = [0.03, 0.98] as const;
/**
 * Notes hold their pitch, voices glide: where more than this share of the steps between pitched frames is
 * smaller than STILL_SEMITONES, it is music or a tone. Jumps are a new note or a mistaken octave, no steps.
 * In speech-mini genuine speech reaches 0.18 and synthetic 0.39.
 */
const STILL_SHARE = 0.45;
const STILL_SEMITONES = 0.06;
const JUMP_SEMITONES = 3;
/** A monotonous voice holds its pitch too, but has one note: between its 10th and 90th percentile lies less. */
const MELODY_SEMITONES = 5;
/** No voice is as still as that, whatever its range. */
const TONE_SHARE = 0.9;
/** Fewer pitched steps than these say nothing. */
const STILL_STEPS = 10;
const STEP_SEC = 0.02;
const RATE = 16000;
/** Seconds looked at for the tests of speech; long recordings are judged by their beginning. */
const LOOK_SEC = 30;

/**
 * Decides whether a recording can be scored at all: silent, too short, heavily clipped, no speech, or music.
 * The last two are coarse tests of level dynamics and pitch: about one piece of music in ten passes, and
 * speech as loud as its noise does not (measured in docs/detectors/refusals.md).
 * @param needs seconds of active sound that the detectors need
 * @returns null if it can be scored
 */
export function refusalOf(audio: Audio, { minSec }: { readonly minSec: number }): Refusal | null {
  const mono = toMono(audio);
  if (rmsDb(mono) < SILENCE_DB) {
    return {
      code: 'verdict/silence',
      message: `the level is ${rmsDb(mono).toFixed(0)} dBFS, silence begins below ${SILENCE_DB}`,
    };
  }
  const { activeSec, active, frameSec } = energyVad(mono, audio.sampleRate);
  if (activeSec < minSec) {
    return {
      code: 'verdict/too-short',
      message: `${activeSec.toFixed(2)} s of active sound, ${minSec} s are needed`,
    };
  }
  const clipped = clippedShare(mono);
  if (clipped > CLIPPED_SHARE) {
    return {
      code: 'verdict/clipped',
      message: `${(100 * clipped).toFixed(1)} % of the samples are clipped, at most ${100 * CLIPPED_SHARE} % may be`,
    };
  }
  const start = Math.max(0, active.indexOf(1)) * frameSec;
  const look = resample(
    mono.subarray(
      Math.floor(start * audio.sampleRate),
      Math.floor((start + LOOK_SEC) * audio.sampleRate),
    ),
    audio.sampleRate,
    RATE,
    { quality: 'fast' },
  );
  const dynamics = dynamicsDb(look);
  const { f0 } = trackPitch(look, RATE, { hopSec: STEP_SEC });
  const voiced = f0.length === 0 ? 0 : f0.filter((hz) => hz > 0).length / f0.length;
  if (dynamics < MIN_DYNAMICS_DB || voiced < VOICED_SHARE[0] || voiced > VOICED_SHARE[1]) {
    return {
      code: 'verdict/no-speech',
      message: `level varies by ${dynamics.toFixed(1)} dB and ${(100 * voiced).toFixed(0)} % of the frames have a pitch: not like speech`,
    };
  }
  const still = stillShare(f0);
  const range = rangeSemitones(f0);
  if (still > TONE_SHARE || (still > STILL_SHARE && range > MELODY_SEMITONES)) {
    return {
      code: 'verdict/music',
      message: `the pitch holds still in ${(100 * still).toFixed(0)} % of its steps, in speech it glides; its notes span ${range.toFixed(0)} semitones`,
    };
  }
  return null;
}

/** Distance of the 10th and 90th percentile of pitch. */
function rangeSemitones(f0: Float32Array): number {
  const pitches = f0.filter((hz) => hz > 0).sort();
  const at = (share: number): number => pitches[Math.floor(share * (pitches.length - 1))] ?? 1;
  return 12 * Math.log2(at(0.9) / at(0.1));
}

/** Share of steps between neighbouring pitched frames in which the pitch hardly moves; 0 of few steps. */
function stillShare(f0: Float32Array): number {
  let steps = 0;
  let still = 0;
  for (let t = 1; t < f0.length; t += 1) {
    if (f0[t]! <= 0 || f0[t - 1]! <= 0) continue;
    const semitones = 12 * Math.abs(Math.log2(f0[t]! / f0[t - 1]!));
    if (semitones > JUMP_SEMITONES) continue;
    steps += 1;
    if (semitones < STILL_SEMITONES) still += 1;
  }
  return steps < STILL_STEPS ? 0 : still / steps;
}

function clippedShare(x: Float32Array): number {
  const top = peak(x);
  if (top < 0.5) return 0;
  let count = 0;
  for (let i = 1; i < x.length; i += 1) {
    // Clipping leaves runs at the very top; a lone peak is none.
    if (Math.abs(x[i]!) >= 0.999 * top && Math.abs(x[i - 1]!) >= 0.999 * top) count += 1;
  }
  return count / x.length;
}

/** Difference between the 90th and the 20th percentile of the level of 20-ms frames. */
function dynamicsDb(x: Float32Array): number {
  const size = RATE / 50;
  const levels: number[] = [];
  for (let start = 0; start + size <= x.length; start += size) {
    levels.push(Math.max(-90, rmsDb(x.subarray(start, start + size))));
  }
  levels.sort((a, b) => a - b);
  const at = (share: number): number => levels[Math.floor(share * (levels.length - 1))] ?? 0;
  return at(0.9) - at(0.2);
}
