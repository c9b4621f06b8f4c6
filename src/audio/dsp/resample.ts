/**
 * Sample-rate conversion by a polyphase Kaiser-windowed sinc.
 * @module
 */

import { cosTurns, sinTurns } from '../../core/portable-math.ts';
import { withKernel } from './kernels/dsp-kernel.ts';
import { putPiece } from './stft.ts';
import { kaiser } from './windows.ts';

/** `fast`: 16 zero crossings a side, about −80 dB alias; `best`: 48 and about −120 dB. */
export type ResampleQuality = 'fast' | 'best';

const QUALITY: Readonly<Record<ResampleQuality, { zeros: number; beta: number; rollOff: number }>> =
  {
    fast: { zeros: 16, beta: 8.5, rollOff: 0.9 },
    best: { zeros: 48, beta: 12.5, rollOff: 0.945 },
  };

/** Ratios of all usual rates are exact in so many phases. */
const MAX_PHASES = 1024;
/** Other ratios are taken to the nearest fraction of so many phases: off by less than 1 / ODD_PHASES². */
const ODD_PHASES = 256;
/** Filter banks kept. */
const MAX_BANKS = 32;

/** Periods of the filter bank that are computed in one call of the kernel, at least. */
const CHUNK = 4096;

interface Bank {
  readonly up: number;
  readonly down: number;
  /** Taps of a row, with zeros at its end up to a multiple of 8. */
  readonly taps: number;
  /** Taps before and after the centre. */
  readonly half: number;
  /** Row-major `[up, taps]`. */
  readonly rows: Float32Array;
}

const banks = new Map<string, Bank>();

/**
 * Converts a plane to another sample rate: zero delay, length round(n · to / from).
 * @param x samples
 * @param fromRate Hz, positive
 * @param toRate Hz, positive
 * @returns the input itself if the rates are equal
 */
export function resample(
  x: Float32Array,
  fromRate: number,
  toRate: number,
  { quality = 'best' }: { quality?: ResampleQuality } = {},
): Float32Array {
  if (fromRate === toRate) return x;
  const { up, down, taps, half, rows } = bankFor(fromRate, toRate, quality);
  const length = Math.round((x.length * toRate) / fromRate);
  const out = new Float32Array(length);
  for (let start = 0; start < length; start += CHUNK * up) {
    const count = Math.min(CHUNK * up, length - start);
    // Chunks begin at phase 0.
    const first = (start / up) * down - half + 1;
    const needed = Math.ceil((count * down) / up) + taps + 1;
    withKernel((scratch) => {
      const signal = putPiece(scratch, x, first, needed);
      const result = scratch.floats(count);
      scratch.kernel.polyphase(signal, scratch.put(rows), taps, up, down, count, result);
      scratch.copy(result, count, out, start);
    });
  }
  return out;
}

function bankFor(fromRate: number, toRate: number, quality: ResampleQuality): Bank {
  const key = `${fromRate}/${toRate}/${quality}`;
  let bank = banks.get(key);
  if (bank === undefined) {
    bank = design(fromRate, toRate, quality);
    // The first key is the oldest.
    if (banks.size >= MAX_BANKS) banks.delete(banks.keys().next().value ?? key);
  } else banks.delete(key);
  banks.set(key, bank);
  return bank;
}

/** The fraction nearest to `value` whose numerator is at most `limit`, by its continued fraction. */
function nearestFraction(value: number, limit: number): [number, number] {
  let [p, q, lastP, lastQ] = [1, 0, 0, 1];
  let rest = value;
  for (;;) {
    const whole = Math.floor(rest);
    const nextP = whole * p + lastP;
    if (nextP > limit && q > 0) return [p, q];
    [p, q, lastP, lastQ] = [nextP, whole * q + lastQ, p, q];
    if (rest - whole < 1e-9 * rest) return [p, q];
    rest = 1 / (rest - whole);
  }
}

/** Points of a window on either side of its centre. */
const RESOLUTION = 8192;
const windows = new Map<ResampleQuality, Float64Array>();

/** The window, sampled finely once and read at each tap's distance from the centre. */
function windowOf(quality: ResampleQuality): Float64Array {
  const window = windows.get(quality) ?? kaiser(2 * RESOLUTION + 1, QUALITY[quality].beta);
  windows.set(quality, window);
  return window;
}

function design(fromRate: number, toRate: number, quality: ResampleQuality): Bank {
  const { zeros, rollOff } = QUALITY[quality];
  const ratio = toRate / fromRate;
  const exact = nearestFraction(ratio, MAX_PHASES);
  const isExact = Math.abs(exact[0] / exact[1] - ratio) < 1e-9 * ratio;
  const [up, down] = isExact ? exact : nearestFraction(ratio, ODD_PHASES);
  const cutoff = Math.min(1, up / down) * rollOff;
  const half = Math.ceil(zeros / cutoff);
  const taps = 8 * Math.ceil((2 * half) / 8);
  const window = windowOf(quality);
  const rows = new Float32Array(up * taps);
  const row = new Float64Array(2 * half);
  const stepCos = cosTurns(cutoff / 2);
  const stepSin = sinTurns(cutoff / 2);
  for (let phase = 0; phase < up; phase += 1) {
    let sum = 0;
    // The sine of π · cutoff · t, turned on by one tap at a time.
    const start = (cutoff * (1 - half - phase / up)) / 2;
    let cos = cosTurns(start);
    let sin = sinTurns(start);
    for (let k = 0; k < row.length; k += 1) {
      const t = k - half + 1 - phase / up;
      const place = (t / half) * RESOLUTION + RESOLUTION;
      const low = Math.max(0, Math.min(2 * RESOLUTION - 1, Math.floor(place)));
      const share = place - low;
      const shape = Math.abs(t) >= half ? 0 : window[low]! * (1 - share) + window[low + 1]! * share;
      const value = (t === 0 ? cutoff : sin / (Math.PI * t)) * shape;
      row[k] = value;
      sum += value;
      [cos, sin] = [cos * stepCos - sin * stepSin, sin * stepCos + cos * stepSin];
    }
    // Every phase has gain 1 at 0 Hz.
    for (let k = 0; k < row.length; k += 1) rows[phase * taps + k] = row[k]! / sum;
  }
  return { up, down, taps, half, rows };
}
