/**
 * Short-time Fourier transform and its inverse.
 * @module
 */

import { createFft } from './fft.ts';
import { hann } from './windows.ts';

/** How a signal is cut into frames. */
export interface StftOptions {
  /** Length of the transform in samples. */
  readonly fftSize: number;
  /** Samples between frames. */
  readonly hop: number;
  /** Window; shorter than `fftSize` is centred in it. @default periodic Hann of `fftSize` */
  readonly window?: Float64Array;
  /** True pads half a transform of zeros at both ends, so that frame t is centred at t · hop. @default true */
  readonly center?: boolean;
}

/** Half spectra, row-major `[frames, bins]`, bins = fftSize / 2 + 1. */
export interface Stft {
  readonly frames: number;
  readonly bins: number;
  readonly re: Float32Array;
  readonly im: Float32Array;
}

interface Framing {
  readonly window: Float64Array;
  readonly offset: number;
  readonly frames: number;
}

function framing(
  length: number,
  { fftSize, hop, window = hann(fftSize, { periodic: true }), center = true }: StftOptions,
): Framing {
  const padded = new Float64Array(fftSize);
  padded.set(window, (fftSize - window.length) >> 1);
  const offset = center ? fftSize >> 1 : 0;
  const span = length + 2 * offset - fftSize;
  return { window: padded, offset, frames: span < 0 ? 0 : 1 + Math.floor(span / hop) };
}

/** Calls `visit` with the half spectrum of each frame; the arrays are reused. */
function eachFrame(
  x: Float32Array,
  options: StftOptions,
  visit: (frame: number, re: Float64Array, im: Float64Array) => void,
): { frames: number; bins: number } {
  const { fftSize, hop } = options;
  const { window, offset, frames } = framing(x.length, options);
  const bins = (fftSize >> 1) + 1;
  const fft = createFft(fftSize);
  const buffer = new Float64Array(fftSize);
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  for (let frame = 0; frame < frames; frame += 1) {
    const start = frame * hop - offset;
    for (let i = 0; i < fftSize; i += 1) {
      const at = start + i;
      buffer[i] = at >= 0 && at < x.length ? x[at]! * window[i]! : 0;
    }
    fft.realForward(buffer, re, im);
    visit(frame, re, im);
  }
  return { frames, bins };
}

/** Short-time Fourier transform of a plane. */
export function stft(x: Float32Array, options: StftOptions): Stft {
  const { frames } = framing(x.length, options);
  const bins = (options.fftSize >> 1) + 1;
  const re = new Float32Array(frames * bins);
  const im = new Float32Array(frames * bins);
  eachFrame(x, options, (frame, frameRe, frameIm) => {
    re.set(frameRe, frame * bins);
    im.set(frameIm, frame * bins);
  });
  return { frames, bins, re, im };
}

/** |X|² as row-major `[frames, bins]`. */
export function powerSpectrogram(
  x: Float32Array,
  options: StftOptions,
): { frames: number; bins: number; power: Float32Array } {
  const { frames } = framing(x.length, options);
  const bins = (options.fftSize >> 1) + 1;
  const power = new Float32Array(frames * bins);
  eachFrame(x, options, (frame, re, im) => {
    for (let k = 0; k < bins; k += 1) power[frame * bins + k] = re[k]! * re[k]! + im[k]! * im[k]!;
  });
  return { frames, bins, power };
}

/**
 * Inverse by weighted overlap-add: exact for an unchanged spectrum wherever windows overlap.
 * @param length samples of the result
 */
export function istft(
  { frames, bins, re, im }: Stft,
  options: StftOptions,
  length: number,
): Float32Array {
  const { fftSize, hop } = options;
  const { window, offset } = framing(length, options);
  const fft = createFft(fftSize);
  const fullRe = new Float64Array(fftSize);
  const fullIm = new Float64Array(fftSize);
  const sum = new Float64Array(length);
  const weight = new Float64Array(length);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let k = 0; k < bins; k += 1) {
      fullRe[k] = re[frame * bins + k]!;
      fullIm[k] = im[frame * bins + k]!;
      const mirror = fftSize - k;
      if (k > 0 && mirror >= bins) {
        fullRe[mirror] = fullRe[k]!;
        fullIm[mirror] = -fullIm[k]!;
      }
    }
    fft.inverse(fullRe, fullIm);
    const start = frame * hop - offset;
    for (let i = Math.max(0, -start); i < fftSize && start + i < length; i += 1) {
      sum[start + i]! += fullRe[i]! * window[i]!;
      weight[start + i]! += window[i]! * window[i]!;
    }
  }
  const out = new Float32Array(length);
  for (let i = 0; i < length; i += 1) out[i] = weight[i]! > 1e-8 ? sum[i]! / weight[i]! : 0;
  return out;
}
