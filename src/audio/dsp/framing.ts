/**
 * Frames of a signal, laid out one after the other: what every short-time feature family begins with (card 08,
 * common front end). Each step is a setting: mean of the frame taken away, pre-emphasis, shape of the window.
 * @module
 */

import { hamming, hann } from './windows.ts';

/** How a signal is cut into frames. */
export interface FramingOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** Samples of a frame. */
  readonly winLength: number;
  /** Samples between frames. */
  readonly hop: number;
  /** Samples of the transform; the frame lies in its middle. */
  readonly fftSize: number;
  /** @default 'hamming' */
  readonly window?: 'hamming' | 'hann';
  /** True is the window of filter design, period n − 1; false the one of spectra, period n. @default true */
  readonly symmetric?: boolean;
  /** a of y[n] = x[n] − a x[n−1]; the first sample of a frame sees the one before it. @default 0 */
  readonly preEmphasis?: number;
  /** Takes the mean of each frame away, before pre-emphasis. @default false */
  readonly removeDc?: boolean;
  /** True centres frame t at t · hop, with zeros beyond the ends; false begins it there. @default false */
  readonly center?: boolean;
}

/** Frames in a row of memory. */
export interface FrameBlock {
  /** Number of the first one in the signal. */
  readonly first: number;
  readonly count: number;
  /** Row-major `[count, fftSize]`: each frame in the middle of a transform, not windowed. */
  readonly frames: Float32Array;
  /** Σ x² of each frame before pre-emphasis, `[count]`. */
  readonly energies: Float64Array;
}

/** Frames that lie in memory at once. */
const BLOCK = 512;

/** Number of frames of a signal: only whole ones, unless they are centred. */
export function frameCount(
  samples: number,
  { winLength, hop, center = false }: FramingOptions,
): number {
  const span = center ? samples : samples - winLength;
  return span < 0 ? 0 : 1 + Math.floor(span / hop);
}

/** The window in the middle of a transform, `[fftSize]`. */
export function frameWindow({
  winLength,
  fftSize,
  window: shape = 'hamming',
  symmetric = true,
}: FramingOptions): Float64Array {
  const window = new Float64Array(fftSize);
  window.set(
    (shape === 'hamming' ? hamming : hann)(winLength, { periodic: !symmetric }),
    (fftSize - winLength) >> 1,
  );
  return window;
}

/** Calls `visit` with all frames of a signal, some hundreds at a time; the memory is used again. */
export function eachFrameBlock(
  x: Float32Array,
  options: FramingOptions,
  visit: (block: FrameBlock) => void,
): void {
  const { winLength, hop, fftSize, preEmphasis = 0, removeDc = false, center = false } = options;
  const total = frameCount(x.length, options);
  const lead = (fftSize - winLength) >> 1;
  const offset = center ? winLength >> 1 : 0;
  const frames = new Float32Array(Math.min(BLOCK, total) * fftSize);
  const energies = new Float64Array(Math.min(BLOCK, total));
  for (let first = 0; first < total; first += BLOCK) {
    const count = Math.min(BLOCK, total - first);
    for (let t = 0; t < count; t += 1) {
      const start = (first + t) * hop - offset;
      const at = t * fftSize + lead;
      const from = Math.max(0, -start);
      const to = Math.min(winLength, x.length - start);
      let sum = 0;
      let energy = 0;
      for (let i = from; i < to; i += 1) {
        const value = x[start + i]!;
        sum += value;
        energy += value * value;
      }
      const mean = removeDc ? sum / Math.max(1, to - from) : 0;
      energies[t] = Math.max(0, energy - mean * sum);
      let before = start + from > 0 ? x[start + from - 1]! - mean : 0;
      frames.fill(0, at, at + winLength);
      for (let i = from; i < to; i += 1) {
        const value = x[start + i]! - mean;
        frames[at + i] = value - preEmphasis * before;
        before = value;
      }
    }
    visit({
      first,
      count,
      frames: frames.subarray(0, count * fftSize),
      energies: energies.subarray(0, count),
    });
  }
}
