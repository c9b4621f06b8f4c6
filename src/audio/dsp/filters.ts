/**
 * Recursive filters (Butterworth, biquads) and convolution with long responses.
 * @module
 */

import { cosTurns, fromDb, sinTurns, tanTurns } from '../../core/portable-math.ts';
import { withKernel } from './kernels/dsp-kernel.ts';
import { prepareTransform } from './stft.ts';

/** Transfer function in powers of z⁻¹, a[0] = 1. */
export interface IirFilter {
  readonly b: Float64Array;
  readonly a: Float64Array;
}

/** What {@link butterworth} designs. */
export interface ButterworthOptions {
  readonly order: number;
  readonly type: 'low' | 'high';
  /** −3.01 dB point in Hz. */
  readonly cutoffHz: number;
  readonly sampleRate: number;
}

/**
 * Butterworth filter by the bilinear transform with pre-warping (the design of MATLAB and SciPy `butter`).
 * @throws RangeError if the cut-off is not inside (0, sampleRate / 2)
 */
export function butterworth({ order, type, cutoffHz, sampleRate }: ButterworthOptions): IirFilter {
  const ratio = (2 * cutoffHz) / sampleRate;
  if (!(ratio > 0 && ratio < 1))
    throw new RangeError(`cut-off ${cutoffHz} Hz is not inside (0, ${sampleRate / 2}) Hz`);
  const warped = 2 * tanTurns(ratio / 4);
  // Poles of the analogue prototype on the left half circle, moved to the cut-off, then into the z plane.
  let denominator: [number, number][] = [[1, 0]];
  let gain: [number, number] = [1, 0];
  for (let k = 0; k < order; k += 1) {
    const turns = (2 * k + order + 1) / (4 * order);
    const prototype: [number, number] = [cosTurns(turns), sinTurns(turns)];
    const pole = type === 'low' ? scale(prototype, warped) : divide([warped, 0], prototype);
    const digital = divide(add([2, 0], pole), subtract([2, 0], pole));
    denominator = multiplyPolynomial(denominator, [
      [1, 0],
      [-digital[0], -digital[1]],
    ]);
    const zeroFactor: [number, number] = type === 'low' ? [warped, 0] : [2, 0];
    gain = divide(multiply(gain, zeroFactor), subtract([2, 0], pole));
  }
  const sign = type === 'low' ? 1 : -1;
  const b = new Float64Array(order + 1);
  let binomial = 1;
  for (let k = 0; k <= order; k += 1) {
    b[k] = gain[0] * binomial * (k % 2 === 0 ? 1 : sign);
    binomial = (binomial * (order - k)) / (k + 1);
  }
  if (type === 'high') {
    // The prototype's product of poles enters the gain of the high-pass: normalise to 1 at half the rate.
    let at = 0;
    for (let k = 0; k <= order; k += 1) at += denominator[k]![0] * (k % 2 === 0 ? 1 : -1);
    const top = b.reduce((sum, value, k) => sum + value * (k % 2 === 0 ? 1 : -1), 0);
    for (let k = 0; k <= order; k += 1) b[k]! *= at / top;
  }
  return { b, a: Float64Array.from(denominator, ([re]) => re) };
}

type Complex = [number, number];
const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
const subtract = (a: Complex, b: Complex): Complex => [a[0] - b[0], a[1] - b[1]];
const scale = (a: Complex, s: number): Complex => [a[0] * s, a[1] * s];
const multiply = (a: Complex, b: Complex): Complex => [
  a[0] * b[0] - a[1] * b[1],
  a[0] * b[1] + a[1] * b[0],
];
const divide = (a: Complex, b: Complex): Complex => {
  const norm = b[0] * b[0] + b[1] * b[1];
  return [(a[0] * b[0] + a[1] * b[1]) / norm, (a[1] * b[0] - a[0] * b[1]) / norm];
};

function multiplyPolynomial(p: readonly Complex[], q: readonly Complex[]): Complex[] {
  const out: Complex[] = Array.from({ length: p.length + q.length - 1 }, () => [0, 0]);
  for (const [i, a] of p.entries()) {
    for (const [j, b] of q.entries()) out[i + j] = add(out[i + j]!, multiply(a, b));
  }
  return out;
}

/** Pieces of a signal that are filtered at once. */
const PIECES = 4;
/** What is left of a response when a piece may begin as if the signal began there. */
const FORGOTTEN = 1e-17;
/** Samples that a piece may take to forget, at most: longer responses are filtered in one go. */
const LONGEST_MEMORY = 8192;

/**
 * Causal filtering from zero state (direct form II transposed), in Float64. Long signals are cut into
 * four pieces that are filtered at once, each from as far before its start as the filter remembers.
 */
export function applyIir(x: Float32Array, { b, a }: IirFilter): Float32Array {
  const order = Math.max(b.length, a.length) - 1;
  const memory = memoryOf(a) + order;
  const cut = PIECES * memory < x.length;
  const piece = cut ? Math.ceil(x.length / PIECES) : x.length;
  const warm = cut ? memory : 0;
  return withKernel((scratch) => {
    // Uncut, the other three pieces are silence.
    const signal = scratch.put(x, warm, PIECES * piece - x.length);
    const numerator = new Float64Array(order + 1);
    numerator.set(b);
    const denominator = new Float64Array(order + 1);
    denominator.set(a);
    const out = scratch.floats(PIECES * piece);
    scratch.kernel.recursive(
      signal - 4 * warm,
      piece,
      warm,
      scratch.putDoubles(numerator),
      scratch.putDoubles(denominator),
      order,
      scratch.floats(2 * PIECES * (order + 2)),
      out,
    );
    return scratch.take(out, x.length);
  });
}

/** Samples after which the response of 1 / a is below {@link FORGOTTEN} of its largest value; ∞ if that takes long. */
function memoryOf(a: Float64Array): number {
  const recent = new Float64Array(a.length);
  let largest = 0;
  let last = 0;
  for (let n = 0; n < LONGEST_MEMORY; n += 1) {
    let value = n === 0 ? 1 : 0;
    for (let k = 1; k < a.length; k += 1) value -= a[k]! * recent[k - 1]!;
    recent.copyWithin(1, 0);
    recent[0] = value;
    const size = Math.abs(value);
    if (size > largest) largest = size;
    if (size > largest * FORGOTTEN) last = n;
    // A response rises and falls with its poles: silence for as long as it has lasted is its end.
    else if (n > 2 * last + 64) return last + 1;
  }
  return Number.POSITIVE_INFINITY;
}

/** |H(f)| of a filter. */
export function magnitudeAt({ b, a }: IirFilter, hz: number, sampleRate: number): number {
  const turns = hz / sampleRate;
  const at = (c: Float64Array): Complex =>
    c.reduce<Complex>(
      (sum, value, k) => add(sum, [value * cosTurns(k * turns), -value * sinTurns(k * turns)]),
      [0, 0],
    );
  const numerator = at(b);
  const denominator = at(a);
  return Math.sqrt(
    (numerator[0] * numerator[0] + numerator[1] * numerator[1]) /
      (denominator[0] * denominator[0] + denominator[1] * denominator[1]),
  );
}

/** A second-order section: kinds of the Audio EQ Cookbook (Bristow-Johnson). */
export interface BiquadOptions {
  readonly type: 'low' | 'high' | 'band' | 'notch' | 'peak' | 'low-shelf' | 'high-shelf';
  readonly hz: number;
  readonly sampleRate: number;
  /** @default 1/√2 */
  readonly q?: number;
  /** For peak and shelves. @default 0 */
  readonly gainDb?: number;
}

/** A biquad by the Audio EQ Cookbook. */
export function biquad({
  type,
  hz,
  sampleRate,
  q = Math.SQRT1_2,
  gainDb = 0,
}: BiquadOptions): IirFilter {
  const cos = cosTurns(hz / sampleRate);
  const alpha = sinTurns(hz / sampleRate) / (2 * q);
  const amp = fromDb(gainDb / 4);
  const root = 2 * Math.sqrt(amp) * alpha;
  const table: Record<
    BiquadOptions['type'],
    readonly [number, number, number, number, number, number]
  > = {
    low: [(1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha],
    high: [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha],
    band: [alpha, 0, -alpha, 1 + alpha, -2 * cos, 1 - alpha],
    notch: [1, -2 * cos, 1, 1 + alpha, -2 * cos, 1 - alpha],
    peak: [1 + alpha * amp, -2 * cos, 1 - alpha * amp, 1 + alpha / amp, -2 * cos, 1 - alpha / amp],
    'low-shelf': [
      amp * (amp + 1 - (amp - 1) * cos + root),
      2 * amp * (amp - 1 - (amp + 1) * cos),
      amp * (amp + 1 - (amp - 1) * cos - root),
      amp + 1 + (amp - 1) * cos + root,
      -2 * (amp - 1 + (amp + 1) * cos),
      amp + 1 + (amp - 1) * cos - root,
    ],
    'high-shelf': [
      amp * (amp + 1 + (amp - 1) * cos + root),
      -2 * amp * (amp - 1 + (amp + 1) * cos),
      amp * (amp + 1 + (amp - 1) * cos - root),
      amp + 1 - (amp - 1) * cos + root,
      2 * (amp - 1 - (amp + 1) * cos),
      amp + 1 - (amp - 1) * cos - root,
    ],
  };
  const [b0, b1, b2, a0, a1, a2] = table[type];
  return { b: Float64Array.of(b0 / a0, b1 / a0, b2 / a0), a: Float64Array.of(1, a1 / a0, a2 / a0) };
}

/** Full convolution by overlap-add in single precision, `[x.length + h.length − 1]`. */
export function fftConvolve(x: Float32Array, h: Float32Array): Float32Array {
  if (x.length === 0 || h.length === 0) return new Float32Array(0);
  let size = 1024;
  while (size < 4 * h.length && size < 2 * (x.length + h.length)) size <<= 1;
  const block = (size - h.length + 1) & ~3;
  const bins = (size >> 1) + 1;
  const out = new Float32Array(x.length + h.length - 1);
  return withKernel((scratch) => {
    const { kernel } = scratch;
    const { window, twiddles, first, second, spectrum, stride } = prepareTransform(
      scratch,
      size,
      new Float32Array(size).fill(1),
    );
    // Of each block, what lies past `to` counts as zero.
    const transform = (address: number, hop: number, to: number, into: number): void => {
      kernel.spectrumOf(address, hop, window, 0, to, size, twiddles, first, second, into);
    };
    const response = scratch.floats(8 * stride);
    transform(scratch.put(h, 0, size), 0, size, response);
    // The kernel's inverse transform is not divided by the number of points.
    const scale = scratch.put(new Float32Array(size).fill(2 / size));
    const groups = Math.ceil(x.length / (4 * block));
    const signal = scratch.put(x, 0, 4 * groups * block - x.length + size);
    const sum = scratch.zeros(4 * groups * block + size);
    for (let g = 0; g < groups; g += 1) {
      const at = 16 * g * block;
      transform(signal + at, block, block, spectrum);
      kernel.multiplySpectra(spectrum, response, bins);
      kernel.addFrames(spectrum, block, scale, size, twiddles, first, second, sum + at);
    }
    scratch.copy(sum, out.length, out, 0);
    return out;
  });
}
