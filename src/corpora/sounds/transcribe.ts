/**
 * A rough transcription: at every onset the notes that explain the spectrum best. It is meant to keep harmony and
 * rhythm well enough that a sequenced version plays the same piece, no more.
 * @module
 */

import { stft } from '../../audio/dsp/stft.ts';
import type { Note } from './midi.ts';

const RATE = 16000;
const SPECTRUM = { fftSize: 2048, hop: 256 };
const HOP_SEC = SPECTRUM.hop / RATE;
const LOWEST = 33;
const HIGHEST = 88;
const HARMONICS = 6;
/** Weight of each further harmonic. */
const DECAY = 0.5;
const MOST_NOTES = 4;
/** A note this much weaker than the first of its chord is none. */
const LEAST_SALIENCE = 0.3;
const MIN_SEGMENT_FRAMES = 6;
/** Onsets exceed the local mean of the flux by this factor … */
const ONSET_FACTOR = 1.6;
const FLUX_REACH = 12;
/** … and reach this share of the largest flux. */
const LEAST_FLUX = 0.1;
/** General MIDI: bass drum, snare drum, closed hi-hat. */
const DRUMS = { kick: 36, snare: 38, hat: 42 } as const;

/**
 * Transcribes a window of music.
 * @param x 16 kHz
 * @returns notes in order of their beginnings
 */
export function transcribe(x: Float32Array): Note[] {
  const spectrum = magnitudes(x);
  const starts = findOnsets(spectrum);
  const loudest = Math.max(1e-9, ...starts.map((from) => energyOf(spectrum, from, from + 4)));
  return starts.flatMap((from, i) => {
    const to = starts[i + 1] ?? spectrum.frames;
    const level = energyOf(spectrum, from, Math.min(to, from + 4)) / loudest;
    const velocity = Math.round(Math.max(20, Math.min(120, 120 + 15 * Math.log10(level + 1e-9))));
    const time = { startSec: from * HOP_SEC, endSec: to * HOP_SEC, velocity };
    const chord = notesIn(spectrum, from, to).map((key): Note => ({ ...time, key, isDrum: false }));
    const drums = drumsAt(spectrum, from).map((key): Note => ({ ...time, key, isDrum: true }));
    return [...chord, ...drums];
  });
}

interface Magnitudes {
  readonly frames: number;
  readonly bins: number;
  /** Row-major `[frames, bins]`. */
  readonly values: Float32Array;
}

function magnitudes(x: Float32Array): Magnitudes {
  const { frames, bins, re, im } = stft(x, SPECTRUM);
  const values = re.map((real, i) => Math.sqrt(real * real + im[i]! * im[i]!));
  return { frames, bins, values };
}

/** Frames where the spectrum grows more than it does around; the first frame is one. */
function findOnsets({ frames, bins, values }: Magnitudes): number[] {
  const flux = new Float64Array(frames);
  for (let t = 1; t < frames; t += 1) {
    for (let k = 0; k < bins; k += 1) {
      const growth =
        Math.log1p(10 * values[t * bins + k]!) - Math.log1p(10 * values[(t - 1) * bins + k]!);
      if (growth > 0) flux[t]! += growth;
    }
  }
  const least = LEAST_FLUX * Math.max(...flux);
  const starts = [0];
  for (let t = MIN_SEGMENT_FRAMES; t < frames - MIN_SEGMENT_FRAMES; t += 1) {
    const around = flux.subarray(Math.max(0, t - FLUX_REACH), t + FLUX_REACH + 1);
    const mean = around.reduce((sum, value) => sum + value, 0) / around.length;
    const near = flux.subarray(t - 3, t + 4);
    if (flux[t]! < Math.max(least, ONSET_FACTOR * mean, ...near)) continue;
    if (t - starts[starts.length - 1]! >= MIN_SEGMENT_FRAMES) starts.push(t);
  }
  return starts;
}

function energyOf({ bins, values }: Magnitudes, from: number, to: number): number {
  let sum = 0;
  for (let i = from * bins; i < Math.min(values.length, to * bins); i += 1) sum += values[i]! ** 2;
  return sum;
}

/** Keys whose harmonics explain a stretch best, one after the other, each taken out of the spectrum. */
function notesIn({ bins, values }: Magnitudes, from: number, to: number): number[] {
  const mean = new Float64Array(bins);
  for (let t = from; t < to; t += 1) {
    for (let k = 0; k < bins; k += 1) mean[k]! += values[t * bins + k]! / (to - from);
  }
  const keys: number[] = [];
  let first = 0;
  while (keys.length < MOST_NOTES) {
    let best = 0;
    let salience = 0;
    for (let key = LOWEST; key <= HIGHEST; key += 1) {
      const found = salienceOf(mean, key);
      if (found > salience) [best, salience] = [key, found];
    }
    if (salience <= LEAST_SALIENCE * first) break;
    first = Math.max(first, salience);
    keys.push(best);
    eachHarmonic(best, (bin) => mean.fill(0, Math.max(0, bin - 1), bin + 2));
  }
  return keys;
}

function salienceOf(mean: Float64Array, key: number): number {
  let sum = 0;
  eachHarmonic(key, (bin, h) => {
    const peak = Math.max(mean[bin - 1] ?? 0, mean[bin] ?? 0, mean[bin + 1] ?? 0);
    sum += DECAY ** (h - 1) * peak;
  });
  return sum;
}

function eachHarmonic(key: number, visit: (bin: number, harmonic: number) => void): void {
  const hz = 440 * 2 ** ((key - 69) / 12);
  for (let h = 1; h <= HARMONICS; h += 1) {
    visit(Math.round((h * hz * SPECTRUM.fftSize) / RATE), h);
  }
}

/** Drums that explain a growth of the lowest, middle and highest band. */
function drumsAt(spectrum: Magnitudes, t: number): number[] {
  const growth = (lowHz: number, highHz: number): number => {
    const before = bandAt(spectrum, Math.max(0, t - 2), lowHz, highHz);
    return bandAt(spectrum, t + 1, lowHz, highHz) / (before + 1e-3);
  };
  const found: number[] = [];
  if (growth(40, 120) > 4) found.push(DRUMS.kick);
  if (growth(4000, 8000) > 3) found.push(growth(1000, 3000) > 2 ? DRUMS.snare : DRUMS.hat);
  return found;
}

function bandAt(
  { frames, bins, values }: Magnitudes,
  t: number,
  lowHz: number,
  highHz: number,
): number {
  const row = Math.min(t, frames - 1) * bins;
  const binOf = (hz: number): number => Math.round((hz * SPECTRUM.fftSize) / RATE);
  let sum = 0;
  for (let k = binOf(lowHz); k < binOf(highHz); k += 1) sum += values[row + k]!;
  return sum;
}
