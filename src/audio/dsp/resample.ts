/**
 * Sample-rate conversion by a polyphase Kaiser-windowed sinc.
 * @module
 */

import { sinTurns } from '../../core/portable-math.ts';
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

/** Ratios with more phases than this are taken to the nearest that has as many. */
const MAX_PHASES = 4096;

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
    banks.set(key, bank);
  }
  return bank;
}

function design(fromRate: number, toRate: number, quality: ResampleQuality): Bank {
  const { zeros, beta, rollOff } = QUALITY[quality];
  // Rates are integers in practice; others are taken to the nearest 1/1000 Hz, then to MAX_PHASES phases.
  let up = Math.round(toRate * (Number.isInteger(toRate) && Number.isInteger(fromRate) ? 1 : 1000));
  let down = Math.round(
    fromRate * (Number.isInteger(toRate) && Number.isInteger(fromRate) ? 1 : 1000),
  );
  const divisor = gcd(up, down);
  up /= divisor;
  down /= divisor;
  if (up > MAX_PHASES) {
    down = Math.round((down * MAX_PHASES) / up);
    up = MAX_PHASES;
  }
  const cutoff = Math.min(1, up / down) * rollOff;
  const half = Math.ceil(zeros / cutoff);
  const taps = 8 * Math.ceil((2 * half) / 8);
  // The window is sampled finely once and read at each tap's distance from the centre.
  const resolution = 8192;
  const window = kaiser(2 * resolution + 1, beta);
  const rows = new Float32Array(up * taps);
  const row = new Float64Array(2 * half);
  for (let phase = 0; phase < up; phase += 1) {
    let sum = 0;
    for (let k = 0; k < row.length; k += 1) {
      const t = k - half + 1 - phase / up;
      const place = (t / half) * resolution + resolution;
      const low = Math.max(0, Math.min(2 * resolution - 1, Math.floor(place)));
      const share = place - low;
      const shape = Math.abs(t) >= half ? 0 : window[low]! * (1 - share) + window[low + 1]! * share;
      const sinc = t === 0 ? cutoff : sinTurns((cutoff * t) / 2) / (Math.PI * t);
      row[k] = sinc * shape;
      sum += sinc * shape;
    }
    // Every phase has gain 1 at 0 Hz.
    for (let k = 0; k < row.length; k += 1) rows[phase * taps + k] = row[k]! / sum;
  }
  return { up, down, taps, half, rows };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
