/**
 * Filter banks over the half spectrum: mel, linear, inverse mel, rectangular (Sahidullah et al. 2015).
 * @module
 */

import { portableExp, portableLog } from '../../core/portable-math.ts';

/** A bank of filters. */
export interface FilterBankOptions {
  readonly filters: number;
  readonly fftSize: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Lower edge of the first filter in Hz. @default 0 */
  readonly lowHz?: number;
  /** Upper edge of the last filter in Hz. @default sampleRate / 2 */
  readonly highHz?: number;
}

/** Weights, row-major `[filters, bins]`, with the edges of each filter in Hz. */
export interface FilterBank {
  readonly filters: number;
  readonly bins: number;
  readonly weights: Float32Array;
  /** `[filters + 2]` for triangles (lower edge, centre, upper edge are three neighbours), `[filters + 1]` for rectangles. */
  readonly edgesHz: Float64Array;
}

/** Mel scale, 2595 log10(1 + f / 700). */
export function hzToMel(hz: number): number {
  return (2595 / Math.LN10) * portableLog(1 + hz / 700);
}

/** Inverse of {@link hzToMel}. */
export function melToHz(mel: number): number {
  return 700 * (portableExp((mel / 2595) * Math.LN10) - 1);
}

function edges(
  count: number,
  { lowHz = 0, sampleRate, highHz = sampleRate / 2 }: FilterBankOptions,
  warp: (hz: number) => number,
  unwarp: (x: number) => number,
): Float64Array {
  const low = warp(lowHz);
  const high = warp(highHz);
  return Float64Array.from({ length: count }, (_, i) =>
    unwarp(low + ((high - low) * i) / (count - 1)),
  );
}

/** Triangles with real-valued edges (no rounding to bins), peak 1. */
function triangles(options: FilterBankOptions, edgesHz: Float64Array): FilterBank {
  const { filters, fftSize, sampleRate } = options;
  const bins = (fftSize >> 1) + 1;
  const weights = new Float32Array(filters * bins);
  for (let j = 0; j < filters; j += 1) {
    const low = edgesHz[j]!;
    const centre = edgesHz[j + 1]!;
    const high = edgesHz[j + 2]!;
    for (let k = 0; k < bins; k += 1) {
      const hz = (k * sampleRate) / fftSize;
      const weight = hz <= centre ? (hz - low) / (centre - low) : (high - hz) / (high - centre);
      weights[j * bins + k] = Math.max(0, weight);
    }
  }
  return { filters, bins, weights, edgesHz };
}

/** Triangular filters, equally wide on the mel scale. */
export function melBank(options: FilterBankOptions): FilterBank {
  return triangles(options, edges(options.filters + 2, options, hzToMel, melToHz));
}

/** Triangular filters, equally wide in Hz. */
export function linearBank(options: FilterBankOptions): FilterBank {
  const same = (hz: number): number => hz;
  return triangles(options, edges(options.filters + 2, options, same, same));
}

/** The mel bank mirrored in frequency: fine at the top, coarse at the bottom. */
export function inverseMelBank(options: FilterBankOptions): FilterBank {
  const { lowHz = 0, sampleRate, highHz = sampleRate / 2 } = options;
  const mel = edges(options.filters + 2, options, hzToMel, melToHz);
  return triangles(
    options,
    mel.map((_, i) => lowHz + highHz - mel[mel.length - 1 - i]!),
  );
}

/** Rectangular filters, equally wide in Hz: each bin belongs to exactly one of them with weight 1. */
export function rectangularBank(options: FilterBankOptions): FilterBank {
  const { filters, fftSize, sampleRate } = options;
  const same = (hz: number): number => hz;
  const edgesHz = edges(filters + 1, options, same, same);
  const bins = (fftSize >> 1) + 1;
  const weights = new Float32Array(filters * bins);
  for (let k = 0; k < bins; k += 1) {
    const hz = (k * sampleRate) / fftSize;
    for (let j = 0; j < filters; j += 1) {
      const last = j === filters - 1;
      if (hz >= edgesHz[j]! && (hz < edgesHz[j + 1]! || (last && hz <= edgesHz[j + 1]!)))
        weights[j * bins + k] = 1;
    }
  }
  return { filters, bins, weights, edgesHz };
}
