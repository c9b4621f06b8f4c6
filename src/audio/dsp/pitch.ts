/**
 * Fundamental frequency by YIN (de Cheveigné & Kawahara 2002).
 * @module
 */

import { withKernel } from './kernels/dsp-kernel.ts';

/** Pitch over time; 0 where unvoiced. */
export interface PitchTrack {
  readonly hopSec: number;
  /** Hz. */
  readonly f0: Float32Array;
  /** 1 − aperiodicity, in [0, 1]. */
  readonly clarity: Float32Array;
}

/** Search range and step. */
export interface PitchOptions {
  /** @default 60 Hz */
  readonly minHz?: number;
  /** @default 450 Hz */
  readonly maxHz?: number;
  /** @default 0.01 s */
  readonly hopSec?: number;
  /** Aperiodicity below which a frame is voiced. @default 0.2 */
  readonly threshold?: number;
}

/** Tracks pitch in frames of two longest periods. */
export function trackPitch(
  x: Float32Array,
  sampleRate: number,
  { minHz = 60, maxHz = 450, hopSec = 0.01, threshold = 0.2 }: PitchOptions = {},
): PitchTrack {
  const hop = Math.round(hopSec * sampleRate);
  const longest = Math.floor(sampleRate / minHz);
  const shortest = Math.max(2, Math.floor(sampleRate / maxHz));
  const frames = Math.max(0, 1 + Math.floor((x.length - 2 * longest) / hop));
  const f0 = new Float32Array(frames);
  const clarity = new Float32Array(frames);
  const lags = 4 * Math.ceil(longest / 4);
  const difference = new Float64Array(longest + 1);
  withKernel((scratch) => {
    const signal = scratch.put(x, 0, lags + 8);
    const sums = scratch.floats(lags);
    const squares = new Float32Array(lags);
    for (let t = 0; t < frames; t += 1) {
      scratch.kernel.squaredDifferences(signal + 4 * t * hop, longest, lags, sums);
      scratch.copy(sums, lags, squares, 0);
      let running = 0;
      for (let lag = 1; lag <= longest; lag += 1) {
        running += squares[lag - 1]!;
        difference[lag] = running > 0 ? (squares[lag - 1]! * lag) / running : 1;
      }
      let found = 0;
      let lowest = 1;
      for (let lag = shortest; lag < longest; lag += 1) {
        const value = difference[lag]!;
        if (value < lowest) lowest = value;
        const dip =
          value < threshold && value <= difference[lag - 1]! && value <= difference[lag + 1]!;
        if (dip && found === 0) found = lag;
      }
      clarity[t] = 1 - Math.min(1, lowest);
      if (found > 0) {
        const a = difference[found - 1]!;
        const b = difference[found]!;
        const c = difference[found + 1]!;
        const bend = a - 2 * b + c;
        f0[t] = sampleRate / (found + (bend > 0 ? (a - c) / (2 * bend) : 0));
      }
    }
  });
  return { hopSec: hop / sampleRate, f0, clarity };
}
