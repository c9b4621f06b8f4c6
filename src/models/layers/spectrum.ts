/**
 * Spectra as layers: short-time Fourier transform, filter banks, cepstra, deltas, with gradients to the
 * waveform. Frames and transform are one convolution with constant kernels, window included; axes are
 * `[batch, bins, frames]`, where the front ends of audio/dsp have frames first.
 * @module
 */

import {
  type CepstrumOptions,
  type DeltaOptions,
  dct2,
  type FrontEndOptions,
} from '../../audio/dsp/cepstrum.ts';
import { type FilterBank, linearBank, melBank } from '../../audio/dsp/filter-banks.ts';
import type { StftOptions } from '../../audio/dsp/stft.ts';
import { hamming, hann } from '../../audio/dsp/windows.ts';
import { lax, np, type Traced } from '../../compiler/jax.ts';
import { expectShape, settingError } from './shapes.ts';

/** Real and imaginary part, each `[batch, bins, frames]`. */
export interface ComplexSpectrum {
  /** Real part. */
  readonly re: Traced;
  /** Imaginary part. */
  readonly im: Traced;
}

/**
 * Short-time Fourier transform, equal to `stft` of audio/dsp/stft.ts.
 * @param x `[batch, samples]`
 */
export function stftLayer(x: Traced, options: StftOptions): ComplexSpectrum {
  const { fftSize } = options;
  expectShape('stftLayer: x', x, ['batch', 'samples']);
  const bins = fftSize / 2 + 1;
  const [re, im] = np.split(frames(x, options), [bins], 1);
  return { re: re!, im: im! };
}

/** |X|², `[batch, bins, frames]`. */
export function powerLayer(x: Traced, options: StftOptions): Traced {
  const { re, im } = stftLayer(x, options);
  return re.mul(re).add(im.mul(im));
}

/** Both parts, one after the other: `[batch, 2 bins, frames]`. */
function frames(
  x: Traced,
  { fftSize, hop, window = hann(fftSize, { periodic: true }), center = true }: StftOptions,
): Traced {
  const [batch, samples] = x.shape;
  const lead = (fftSize - window.length) >> 1;
  const offset = center ? fftSize >> 1 : 0;
  if (samples! + 2 * offset < fftSize) {
    throw settingError('stftLayer', `${samples} samples for a transform of ${fftSize}`);
  }
  const bins = fftSize / 2 + 1;
  const kernels = new Float32Array(2 * bins * window.length);
  for (let k = 0; k < bins; k += 1) {
    for (let n = 0; n < window.length; n += 1) {
      // Reduced before it is turned into an angle: exact for any size.
      const angle = (2 * Math.PI * ((k * (n + lead)) % fftSize)) / fftSize;
      kernels[k * window.length + n] = window[n]! * Math.cos(angle);
      kernels[(bins + k) * window.length + n] = -window[n]! * Math.sin(angle);
    }
  }
  // Taps outside of the window are left out: the padding moves by as much, and may cut.
  const after = fftSize - window.length - lead;
  return lax.convGeneralDilated(
    x.reshape([batch!, 1, samples!]),
    np.array(kernels).reshape([2 * bins, 1, window.length]),
    [hop],
    [[offset - lead, offset - after]],
  );
}

/** Logarithm of mel filter energies, equal to `logMel` of audio/dsp/cepstrum.ts, `[batch, filters, frames]`. */
export function logMelLayer(x: Traced, options: FrontEndOptions): Traced {
  return logEnergies(x, options, melBank(options));
}

/** Cepstral coefficients of linear filters, equal to `lfcc`: `[batch, coefficients · (deltas + 1), frames]`. */
export function lfccLayer(x: Traced, options: CepstrumOptions): Traced {
  return cepstrum(x, options, linearBank(options));
}

/** Cepstral coefficients of mel filters, equal to `mfcc`: `[batch, coefficients · (deltas + 1), frames]`. */
export function mfccLayer(x: Traced, options: CepstrumOptions): Traced {
  return cepstrum(x, options, melBank(options));
}

/** Least argument of the logarithm: the smallest normal single. */
const LEAST = 1.1754944e-38;

function logEnergies(
  x: Traced,
  {
    winLength,
    hop,
    fftSize,
    window = 'hamming',
    preEmphasis = 0,
    center = true,
    power = 2,
    log = 'log10',
    floor = Number.EPSILON,
  }: FrontEndOptions,
  bank: FilterBank,
): Traced {
  const shape = (window === 'hamming' ? hamming : hann)(winLength, { periodic: true });
  const emphasised = preEmphasis === 0 ? x : preEmphasise(x, preEmphasis);
  const lead = (fftSize - winLength) >> 1;
  // Without centring, frames begin where the window does, not where the transform does.
  const padded = center ? emphasised : padTime(emphasised, lead, fftSize - winLength - lead);
  const energy = powerLayer(padded, { fftSize, hop, window: shape, center });
  // A magnitude of 0 has no derivative: the smallest power stands for it.
  const spectrum = power === 2 ? energy : np.sqrt(np.maximum(energy, LEAST));
  const filtered = columns(bank.weights, [bank.filters, bank.bins], spectrum);
  const logs = np.log(np.maximum(filtered.add(floor), LEAST));
  return log === 'log10' ? logs.mul(Math.LOG10E) : logs;
}

function cepstrum(x: Traced, options: CepstrumOptions, bank: FilterBank): Traced {
  const { coefficients, deltaOrder = 2, delta = { window: 1, scaled: false } } = options;
  const matrix = Float32Array.from(dct2(bank.filters, coefficients));
  const statics = columns(matrix, [coefficients, bank.filters], logEnergies(x, options, bank));
  const parts = [statics];
  for (let order = 0; order < deltaOrder; order += 1) {
    parts.push(deltaLayer(parts[order]!, delta));
  }
  return np.concatenate(parts, 1);
}

/**
 * Differences over time, equal to `deltas` of audio/dsp/cepstrum.ts: Σ l (x[t + l] − x[t − l]), edges repeated.
 * @param x `[batch, dims, frames]`
 */
export function deltaLayer(x: Traced, { window, scaled }: DeltaOptions): Traced {
  expectShape('deltaLayer: x', x, ['batch', 'dims', 'frames']);
  const count = x.shape[2]!;
  const first = x.slice([], [], [0, 1]);
  const last = x.slice([], [], [count - 1, count]);
  const repeated = (edge: Traced): Traced[] => Array.from({ length: window }, () => edge);
  const padded = np.concatenate([...repeated(first), x, ...repeated(last)], 2);
  const shifted = (by: number): Traced => padded.slice([], [], [window + by, window + by + count]);
  let norm = 0;
  let sum: Traced | null = null;
  for (let l = 1; l <= window; l += 1) {
    norm += 2 * l * l;
    const difference = shifted(l).sub(shifted(-l)).mul(l);
    sum = sum === null ? difference : sum.add(difference);
  }
  if (sum === null) throw settingError('deltaLayer', `window ${window}, expected at least 1`);
  return scaled ? sum.mul(1 / norm) : sum;
}

/** y[n] = x[n] − a x[n−1], x[−1] = 0, over `[batch, samples]`. */
export function preEmphasise(x: Traced, coefficient: number): Traced {
  expectShape('preEmphasise: x', x, ['batch', 'samples']);
  const before = padTime(x, 1, 0).slice([], [0, x.shape[1]!]);
  return x.sub(before.mul(coefficient));
}

function padTime(x: Traced, before: number, after: number): Traced {
  return np.pad(x, [
    [0, 0],
    [before, after],
  ]);
}

/** A constant matrix times each frame: `[batch, rows, frames]`. */
function columns(
  matrix: Float32Array,
  [rows, inner]: readonly [number, number],
  x: Traced,
): Traced {
  // Equal ranks: jax-js puts the axes of a product of unequal ranks in an order of its own.
  const spread = np.broadcastTo(np.array(matrix).reshape([1, rows, inner]), [
    x.shape[0]!,
    rows,
    inner,
  ]);
  return np.matmul(spread, x);
}
