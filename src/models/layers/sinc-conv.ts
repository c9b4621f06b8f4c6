/**
 * Banks of band-pass filters over the waveform: learned cut-offs (SincNet: Ravanelli and Bengio 2018, arXiv
 * 1808.00158) and the fixed mel bank of RawNet2 and AASIST.
 * @module
 */

import { hzToMel, melToHz } from '../../audio/dsp/filter-banks.ts';
import { hamming } from '../../audio/dsp/windows.ts';
import { type HostArray, hostArray } from '../../compiler/arrays.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import { type ConvOptions, conv1d } from './conv.ts';
import { expectShape, settingError } from './shapes.ts';

/** Cut-offs as fractions of the sample rate, each `[filters]`. */
export interface SincParameters<A> {
  /** |low| plus the least low cut-off is where a filter begins. */
  readonly low: A;
  /** |band| plus the least width is how wide it is. */
  readonly band: A;
}

/** Sizes of a bank. */
export interface SincInit {
  /** Band-pass filters, one a channel of the result. */
  readonly filters: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Hz. @default 0 */
  readonly lowHz?: number;
  /** Hz. @default sampleRate / 2 */
  readonly highHz?: number;
}

/** How learned filters are built and moved. */
export interface SincOptions extends Omit<ConvOptions, 'groups'> {
  /** Taps, odd. */
  readonly taps: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Hz. @default 50 */
  readonly leastLowHz?: number;
  /** Hz. @default 50 */
  readonly leastBandHz?: number;
}

/** Edges equally spaced on the mel scale: filter i passes edge i to edge i + 1. */
function melEdgesHz({
  filters,
  sampleRate,
  lowHz = 0,
  highHz = sampleRate / 2,
}: SincInit): number[] {
  const [low, high] = [hzToMel(lowHz), hzToMel(highHz)];
  return Array.from({ length: filters + 1 }, (_, i) => melToHz(low + ((high - low) * i) / filters));
}

/** Cut-offs on the mel scale, before the least low cut-off and width are added. */
export function initSincConv(options: SincInit): SincParameters<HostArray> {
  const { filters, sampleRate } = options;
  const edges = melEdgesHz(options).map((hz) => hz / sampleRate);
  return {
    low: hostArray([filters], Float32Array.from(edges.slice(0, -1))),
    band: hostArray(
      [filters],
      Float32Array.from({ length: filters }, (_, i) => edges[i + 1]! - edges[i]!),
    ),
  };
}

/**
 * Filters as taps: (sin 2πhn − sin 2πln) / πn in a Hamming window, over 2 (h − l), so that each has gain 1 at
 * the peak of its ideal form's centre tap; l, h fractions of the sample rate.
 * @returns `[filters, 1, taps]`
 */
export function sincFilters(
  p: SincParameters<Traced>,
  { taps, sampleRate, leastLowHz = 50, leastBandHz = 50 }: SincOptions,
): Traced {
  expectShape('sincConv: low', p.low, ['filters']);
  expectShape('sincConv: band', p.band, p.low.shape);
  if (taps % 2 !== 1) throw settingError('sincConv', `${taps} taps, expected an odd number`);
  const filters = p.low.shape[0]!;
  const low = np.abs(p.low).add(leastLowHz / sampleRate);
  const high = np.minimum(low.add(np.abs(p.band)).add(leastBandHz / sampleRate), 0.5);
  const half = (taps - 1) / 2;
  // The right half; the left is its mirror image.
  const n = np.array(Float32Array.from({ length: half }, (_, i) => 2 * Math.PI * (i + 1)));
  const window = hamming(taps).subarray(half + 1);
  const wave = (f: Traced): Traced => np.sin(f.reshape([filters, 1]).mul(n));
  const band = high.sub(low).reshape([filters, 1]);
  const right = wave(high)
    .sub(wave(low))
    .div(n)
    .mul(np.array(Float32Array.from(window)))
    .div(band);
  const centre = np.ones([filters, 1]);
  return np.concatenate([np.flip(right, 1), centre, right], 1).reshape([filters, 1, taps]);
}

/**
 * Waveforms through learned band-pass filters.
 * @param x `[batch, samples]`
 * @returns `[batch, filters, time]`, time as in {@link conv1d}
 */
export function sincConv(p: SincParameters<Traced>, x: Traced, options: SincOptions): Traced {
  expectShape('sincConv: x', x, ['batch', 'samples']);
  const [batch, samples] = x.shape;
  const { stride = 1, padding = 'valid', dilation = 1 } = options;
  const weight = sincFilters(p, options);
  return conv1d({ weight }, x.reshape([batch!, 1, samples!]), { stride, padding, dilation });
}

/**
 * The fixed bank of RawNet2, RawGAT-ST and AASIST (card of the robustness study §4.3): ideal band-passes
 * between neighbouring mel edges, 2h sinc(2hn) − 2l sinc(2ln), in a symmetric Hamming window.
 * @returns `[filters, 1, taps]`: weights for {@link conv1d}
 */
export function melSincBank({ taps, ...options }: SincInit & { readonly taps: number }): HostArray {
  if (taps % 2 !== 1) throw settingError('melSincBank', `${taps} taps, expected an odd number`);
  const { filters, sampleRate } = options;
  const edges = melEdgesHz(options).map((hz) => hz / sampleRate);
  const window = hamming(taps);
  const half = (taps - 1) / 2;
  const data = new Float32Array(filters * taps);
  const lowPass = (cutoff: number, n: number): number =>
    n === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * n) / (Math.PI * n);
  for (let i = 0; i < filters; i += 1) {
    for (let t = 0; t < taps; t += 1) {
      const ideal = lowPass(edges[i + 1]!, t - half) - lowPass(edges[i]!, t - half);
      data[i * taps + t] = ideal * window[t]!;
    }
  }
  return hostArray([filters, 1, taps], data);
}
