/**
 * Level measures: RMS, peak, true peak, loudness (ITU-R BS.1770-4).
 * @module
 */

import { fromDb, portablePow, tanTurns, toDb } from '../../core/portable-math.ts';
import type { Audio } from '../audio.ts';
import { applyIir, type IirFilter } from './filters.ts';
import { resample } from './resample.ts';

/** Mean of x². */
export function power(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) sum += x[i]! * x[i]!;
  return x.length === 0 ? 0 : sum / x.length;
}

/** Root of the mean of x². */
export function rms(x: Float32Array): number {
  return Math.sqrt(power(x));
}

/** RMS in dB relative to full scale 1; −∞ for silence. */
export function rmsDb(x: Float32Array): number {
  return toDb(power(x));
}

/** Largest magnitude. */
export function peak(x: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < x.length; i += 1) largest = Math.max(largest, Math.abs(x[i]!));
  return largest;
}

/** RMS in dB over the 20-ms frames within 25 dB of the loudest one: the level of active speech. */
export function activeLevelDb(x: Float32Array, sampleRate: number): number {
  const size = Math.max(1, Math.round(0.02 * sampleRate));
  const frames: number[] = [];
  for (let start = 0; start + size <= x.length; start += size)
    frames.push(power(x.subarray(start, start + size)));
  if (frames.length === 0) return rmsDb(x);
  const floor = Math.max(...frames) * fromDb(-25);
  const active = frames.filter((value) => value >= floor && value > 0);
  return toDb(active.reduce((sum, value) => sum + value, 0) / active.length);
}

/** Peak in dB after four-fold oversampling (BS.1770-4 annex 2). */
export function truePeakDb(x: Float32Array, sampleRate: number): number {
  return 2 * toDb(Math.max(peak(x), peak(resample(x, sampleRate, 4 * sampleRate))));
}

/** K-weighting of BS.1770 at any rate, from the analogue prototypes of the two stages. */
function kWeighting(sampleRate: number): readonly [IirFilter, IirFilter] {
  const shelfK = tanTurns(1681.974450955533 / (2 * sampleRate));
  const q = 0.7071752369554196;
  const vh = fromDb(3.999843853973347 / 2);
  const vb = portablePow(vh, 0.4996667741545416);
  const a0 = 1 + shelfK / q + shelfK * shelfK;
  const shelf: IirFilter = {
    b: Float64Array.of(
      (vh + (vb * shelfK) / q + shelfK * shelfK) / a0,
      (2 * (shelfK * shelfK - vh)) / a0,
      (vh - (vb * shelfK) / q + shelfK * shelfK) / a0,
    ),
    a: Float64Array.of(
      1,
      (2 * (shelfK * shelfK - 1)) / a0,
      (1 - shelfK / q + shelfK * shelfK) / a0,
    ),
  };
  const highK = tanTurns(38.13547087602444 / (2 * sampleRate));
  const highQ = 0.5003270373238773;
  const h0 = 1 + highK / highQ + highK * highK;
  const high: IirFilter = {
    b: Float64Array.of(1, -2, 1),
    a: Float64Array.of(1, (2 * (highK * highK - 1)) / h0, (1 - highK / highQ + highK * highK) / h0),
  };
  return [shelf, high];
}

const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = 10;
const OFFSET_LUFS = -0.691;

/** Weight of a channel at 60° to 120° beside the listener (BS.1770-4, table 4); of all others it is 1, of LFE 0. */
const SURROUND = 1.41;

/**
 * Weights by number of channels, for the order in which WAV and FFmpeg keep 5.0, 5.1, 6.1 and 7.1. With three or
 * four channels the order does not tell where they stand (2.1 or 3.0, 4.0 or quad): all weigh 1.
 */
const CHANNEL_WEIGHTS: Readonly<Record<number, readonly number[]>> = {
  // L R C Ls Rs
  5: [1, 1, 1, SURROUND, SURROUND],
  // L R C LFE Ls Rs
  6: [1, 1, 1, 0, SURROUND, SURROUND],
  // L R C LFE Cb Ls Rs
  7: [1, 1, 1, 0, 1, SURROUND, SURROUND],
  // L R C LFE Lb Rb Ls Rs
  8: [1, 1, 1, 0, 1, 1, SURROUND, SURROUND],
};

/**
 * Integrated loudness in LUFS (BS.1770-4: K-weighting, 400-ms blocks every 100 ms, two gates); −∞ if no block
 * passes the absolute gate. Five to eight channels are taken for 5.0, 5.1, 6.1 and 7.1 in the order of WAV and
 * FFmpeg: side surrounds weigh 1.41, LFE is left out, and back channels weigh 1 (FFmpeg's own meter gives those
 * 1.41 too). Any other number of channels weighs 1 each.
 */
export function loudnessLufs(audio: Audio): number {
  const block = Math.round(0.4 * audio.sampleRate);
  const step = Math.round(0.1 * audio.sampleRate);
  const filters = kWeighting(audio.sampleRate);
  const weights = CHANNEL_WEIGHTS[audio.samples.length];
  const channels = audio.samples
    .map((plane, channel) => ({ plane, weight: weights?.[channel] ?? 1 }))
    .filter(({ weight }) => weight > 0)
    .map(({ plane, weight }) => ({
      weight,
      plane: applyIir(applyIir(plane, filters[0]), filters[1]),
    }));
  const length = audio.samples[0]?.length ?? 0;
  const powers: number[] = [];
  for (let start = 0; start + block <= length; start += step) {
    powers.push(
      channels.reduce(
        (sum, { plane, weight }) => sum + weight * power(plane.subarray(start, start + block)),
        0,
      ),
    );
  }
  const loudness = (mean: number): number => OFFSET_LUFS + toDb(mean);
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, v) => sum + v, 0) / values.length;
  const loud = powers.filter((value) => loudness(value) > ABSOLUTE_GATE_LUFS);
  if (loud.length === 0) return Number.NEGATIVE_INFINITY;
  const gate = loudness(meanOf(loud)) - RELATIVE_GATE_LU;
  return loudness(meanOf(loud.filter((value) => loudness(value) > gate)));
}
