/**
 * Linear-prediction cepstra (LPCC).
 * @module
 */

import { portableLog } from '../../core/portable-math.ts';
import type { Features } from './cepstrum.ts';
import { eachFrameBlock, type FramingOptions, frameCount, frameWindow } from './framing.ts';

/** Options of {@link lpcc}. */
export interface LpccOptions extends FramingOptions {
  /** Order p of the predictor. */
  readonly order: number;
  /** Cepstra from `firstCoefficient` on. */
  readonly coefficients: number;
  /** 0 begins with c0, the logarithm of the prediction error's energy; 1 with c1. */
  readonly firstCoefficient: 0 | 1;
  /** Least energy of the prediction error. */
  readonly floor: number;
}

/** A predictor x̂[n] = Σ_k a_k x[n − k] with the energy that it leaves. */
export interface Predictor {
  /** a_1 … a_p. */
  readonly coefficients: Float64Array;
  readonly error: number;
}

/** What the autocorrelation at lag 0 is multiplied by: keeps the recursion stable on pure tones (−90 dB). */
const WHITE_NOISE = 1 + 1e-9;

/**
 * The predictor of an autocorrelation by the recursion of Levinson and Durbin; all 0 for silence.
 * @param r `[order + 1]`
 */
export function levinsonDurbin(r: Float64Array): Predictor {
  const order = r.length - 1;
  const a = new Float64Array(order);
  const before = new Float64Array(order);
  let error = r[0]!;
  for (let i = 0; i < order && error > 0; i += 1) {
    let reflection = r[i + 1]!;
    for (let k = 0; k < i; k += 1) reflection -= a[k]! * r[i - k]!;
    reflection /= error;
    before.set(a);
    for (let k = 0; k < i; k += 1) a[k] = before[k]! - reflection * before[i - 1 - k]!;
    a[i] = reflection;
    error *= 1 - reflection * reflection;
  }
  return { coefficients: a, error };
}

/**
 * Cepstrum of the all-pole model 1 / (1 − Σ a_k z^−k): c_n = a_n + Σ_{k<n} (k/n) c_k a_{n−k}, a_n = 0 beyond the
 * order.
 * @returns c_1 … c_count
 */
export function predictorCepstrum(a: Float64Array, count: number): Float64Array {
  const c = new Float64Array(count);
  for (let n = 1; n <= count; n += 1) {
    let sum = n <= a.length ? a[n - 1]! : 0;
    for (let k = Math.max(1, n - a.length); k < n; k += 1)
      sum += (k / n) * c[k - 1]! * a[n - k - 1]!;
    c[n - 1] = sum;
  }
  return c;
}

/** Linear-prediction cepstra, `[frames, coefficients]`. */
export function lpcc(x: Float32Array, options: LpccOptions): Features {
  const { order, coefficients, firstCoefficient, floor, fftSize } = options;
  const frames = frameCount(x.length, options);
  const data = new Float32Array(frames * coefficients);
  const window = frameWindow(options);
  const windowed = new Float64Array(fftSize);
  const r = new Float64Array(order + 1);
  eachFrameBlock(x, options, ({ first, count, frames: block }) => {
    for (let t = 0; t < count; t += 1) {
      for (let i = 0; i < fftSize; i += 1) windowed[i] = block[t * fftSize + i]! * window[i]!;
      for (let lag = 0; lag <= order; lag += 1) {
        let sum = 0;
        for (let i = lag; i < fftSize; i += 1) sum += windowed[i]! * windowed[i - lag]!;
        r[lag] = sum;
      }
      r[0]! *= WHITE_NOISE;
      const { coefficients: a, error } = levinsonDurbin(r);
      const row = (first + t) * coefficients;
      if (firstCoefficient === 0) data[row] = portableLog(Math.max(error, floor));
      const skip = 1 - firstCoefficient;
      data.set(predictorCepstrum(a, coefficients - skip), row + skip);
    }
  });
  return { frames, dims: coefficients, data };
}
