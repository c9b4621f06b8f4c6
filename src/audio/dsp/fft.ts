/**
 * Fourier transform of any length: radix-2 for powers of two, Bluestein's algorithm otherwise.
 * @module
 */

import { cosTurns, sinTurns } from '../../core/portable-math.ts';

/** A transform of one length; its tables are made once. */
export interface Fft {
  readonly size: number;
  /** In place: X[k] = Σ x[n] e^(−2πi kn/N). */
  forward(re: Float64Array, im: Float64Array): void;
  /** In place, with the factor 1/N: undoes `forward`. */
  inverse(re: Float64Array, im: Float64Array): void;
  /**
   * Transform of real samples.
   * @param x `[size]`
   * @param re receives the half spectrum `[floor(size / 2) + 1]`
   * @param im likewise
   */
  realForward(x: ArrayLike<number>, re: Float64Array, im: Float64Array): void;
}

const cache = new Map<number, Fft>();

/**
 * The transform of length `n`, from a cache.
 * @param n positive integer
 */
export function createFft(n: number): Fft {
  let fft = cache.get(n);
  if (fft === undefined) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`internal: FFT of length ${n}`);
    fft = (n & (n - 1)) === 0 ? powerOfTwo(n) : bluestein(n);
    cache.set(n, fft);
  }
  return fft;
}

function withReal(size: number, forward: Fft['forward'], inverse: Fft['inverse']): Fft {
  const bins = (size >> 1) + 1;
  if (size < 4 || (size & 1) === 1) {
    const scratchRe = new Float64Array(size);
    const scratchIm = new Float64Array(size);
    return {
      size,
      forward,
      inverse,
      realForward(x, re, im) {
        for (let i = 0; i < size; i += 1) scratchRe[i] = x[i]!;
        scratchIm.fill(0);
        forward(scratchRe, scratchIm);
        re.set(scratchRe.subarray(0, bins));
        im.set(scratchIm.subarray(0, bins));
      },
    };
  }
  // Even and odd samples as real and imaginary parts of a transform of half the length.
  const half = size >> 1;
  const inner = createFft(half);
  const zr = new Float64Array(half);
  const zi = new Float64Array(half);
  const cos = Float64Array.from({ length: bins }, (_, k) => cosTurns(k / size));
  const sin = Float64Array.from({ length: bins }, (_, k) => sinTurns(k / size));
  return {
    size,
    forward,
    inverse,
    realForward(x, re, im) {
      for (let i = 0; i < half; i += 1) {
        zr[i] = x[2 * i]!;
        zi[i] = x[2 * i + 1]!;
      }
      inner.forward(zr, zi);
      for (let k = 0; k <= half; k += 1) {
        const a = k === half ? 0 : k;
        const b = k === 0 ? 0 : half - k;
        const evenRe = (zr[a]! + zr[b]!) / 2;
        const evenIm = (zi[a]! - zi[b]!) / 2;
        const oddRe = (zi[a]! + zi[b]!) / 2;
        const oddIm = (zr[b]! - zr[a]!) / 2;
        re[k] = evenRe + cos[k]! * oddRe + sin[k]! * oddIm;
        im[k] = evenIm + cos[k]! * oddIm - sin[k]! * oddRe;
      }
    },
  };
}

function powerOfTwo(n: number): Fft {
  const cos = new Float64Array(n >> 1);
  const sin = new Float64Array(n >> 1);
  for (let i = 0; i < n >> 1; i += 1) {
    cos[i] = cosTurns(i / n);
    sin[i] = sinTurns(i / n);
  }
  const reversed = new Uint32Array(n);
  const bits = 31 - Math.clz32(n);
  for (let i = 0; i < n; i += 1) {
    let r = 0;
    for (let b = 0; b < bits; b += 1) r |= ((i >> b) & 1) << (bits - 1 - b);
    reversed[i] = r;
  }
  const transform = (re: Float64Array, im: Float64Array): void => {
    for (let i = 0; i < n; i += 1) {
      const j = reversed[i]!;
      if (j > i) {
        const swapRe = re[i]!;
        re[i] = re[j]!;
        re[j] = swapRe;
        const swapIm = im[i]!;
        im[i] = im[j]!;
        im[j] = swapIm;
      }
    }
    for (let half = 1; half < n; half <<= 1) {
      const step = n / (half << 1);
      for (let start = 0; start < n; start += half << 1) {
        for (let k = 0; k < half; k += 1) {
          const wr = cos[k * step]!;
          const wi = -sin[k * step]!;
          const a = start + k;
          const b = a + half;
          const br = re[b]! * wr - im[b]! * wi;
          const bi = re[b]! * wi + im[b]! * wr;
          re[b] = re[a]! - br;
          im[b] = im[a]! - bi;
          re[a]! += br;
          im[a]! += bi;
        }
      }
    }
  };
  const inverse = (re: Float64Array, im: Float64Array): void => {
    // The inverse is the forward transform with real and imaginary parts exchanged.
    transform(im, re);
    for (let i = 0; i < n; i += 1) {
      re[i]! /= n;
      im[i]! /= n;
    }
  };
  return withReal(n, transform, inverse);
}

function bluestein(n: number): Fft {
  let m = 1;
  while (m < 2 * n - 1) m <<= 1;
  const inner = createFft(m);
  const chirpRe = new Float64Array(n);
  const chirpIm = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    // i² mod 2n keeps the angle small, so that long transforms stay exact.
    const turns = ((i * i) % (2 * n)) / (2 * n);
    chirpRe[i] = cosTurns(turns);
    chirpIm[i] = -sinTurns(turns);
  }
  const filterRe = new Float64Array(m);
  const filterIm = new Float64Array(m);
  for (let i = 0; i < n; i += 1) {
    filterRe[i] = chirpRe[i]!;
    filterIm[i] = -chirpIm[i]!;
    if (i > 0) {
      filterRe[m - i] = chirpRe[i]!;
      filterIm[m - i] = -chirpIm[i]!;
    }
  }
  inner.forward(filterRe, filterIm);
  const ar = new Float64Array(m);
  const ai = new Float64Array(m);
  const transform = (re: Float64Array, im: Float64Array): void => {
    ar.fill(0);
    ai.fill(0);
    for (let i = 0; i < n; i += 1) {
      ar[i] = re[i]! * chirpRe[i]! - im[i]! * chirpIm[i]!;
      ai[i] = re[i]! * chirpIm[i]! + im[i]! * chirpRe[i]!;
    }
    inner.forward(ar, ai);
    for (let i = 0; i < m; i += 1) {
      const r = ar[i]! * filterRe[i]! - ai[i]! * filterIm[i]!;
      ai[i] = ar[i]! * filterIm[i]! + ai[i]! * filterRe[i]!;
      ar[i] = r;
    }
    inner.inverse(ar, ai);
    for (let i = 0; i < n; i += 1) {
      re[i] = ar[i]! * chirpRe[i]! - ai[i]! * chirpIm[i]!;
      im[i] = ar[i]! * chirpIm[i]! + ai[i]! * chirpRe[i]!;
    }
  };
  const inverse = (re: Float64Array, im: Float64Array): void => {
    transform(im, re);
    for (let i = 0; i < n; i += 1) {
      re[i]! /= n;
      im[i]! /= n;
    }
  };
  return withReal(n, transform, inverse);
}
