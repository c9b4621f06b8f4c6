/**
 * How far a processed signal is from its reference: SNR, log-spectral distance, STOI.
 * @module
 */

import { fromDb, portablePow, toDb } from '../../core/portable-math.ts';
import { createFft } from './fft.ts';
import { resample } from './resample.ts';
import { powerSpectrogram } from './stft.ts';
import { hann } from './windows.ts';

/** 10 log10 Σ ref² / Σ (x − ref)² in dB; +∞ if equal. */
export function snrDb(reference: Float32Array, x: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < reference.length; i += 1) {
    const difference = (x[i] ?? 0) - reference[i]!;
    signal += reference[i]! * reference[i]!;
    noise += difference * difference;
  }
  return toDb(signal / noise);
}

const LSD_FLOOR = 1e-10;

/** Log-spectral distance in dB: root mean square over bins of the log-power difference, averaged over 32-ms frames. */
export function logSpectralDistance(
  reference: Float32Array,
  x: Float32Array,
  sampleRate: number,
): number {
  const fftSize = nearestPowerOfTwo(0.032 * sampleRate);
  const options = { fftSize, hop: fftSize >> 1 };
  const length = Math.min(reference.length, x.length);
  const a = powerSpectrogram(reference.subarray(0, length), options);
  const b = powerSpectrogram(x.subarray(0, length), options);
  let total = 0;
  for (let t = 0; t < a.frames; t += 1) {
    let sum = 0;
    for (let k = 0; k < a.bins; k += 1) {
      const at = t * a.bins + k;
      const db = toDb((a.power[at]! + LSD_FLOOR) / (b.power[at]! + LSD_FLOOR));
      sum += db * db;
    }
    total += Math.sqrt(sum / a.bins);
  }
  return a.frames === 0 ? 0 : total / a.frames;
}

/** The power of two whose ratio to x is nearest to 1. */
function nearestPowerOfTwo(x: number): number {
  let size = 1;
  while (size * Math.SQRT2 < x) size *= 2;
  return size;
}

const STOI_RATE = 10000;
const STOI_FRAME = 256;
const STOI_HOP = 128;
const STOI_FFT = 512;
const STOI_BANDS = 15;
const STOI_LOWEST_HZ = 150;
const STOI_SEGMENT = 30;
const STOI_RANGE_DB = 40;
const STOI_CLIP_DB = -15;

/**
 * Short-time objective intelligibility in about [0, 1] (Taal et al. 2011): 10 kHz, 15 third-octave bands,
 * 384-ms segments, silent frames removed, clipped at −15 dB SDR.
 * @returns NaN if fewer than 30 frames of speech are left
 */
export function stoi(reference: Float32Array, x: Float32Array, sampleRate: number): number {
  const length = Math.min(reference.length, x.length);
  const clean = resample(reference.subarray(0, length), sampleRate, STOI_RATE);
  const noisy = resample(x.subarray(0, length), sampleRate, STOI_RATE);
  const window = hann(STOI_FRAME + 2).subarray(1, STOI_FRAME + 1);
  const [cleanSpeech, noisySpeech] = removeSilence(clean, noisy, window);
  const bandsClean = thirdOctaves(cleanSpeech, window);
  const bandsNoisy = thirdOctaves(noisySpeech, window);
  const frames = bandsClean.length;
  if (frames < STOI_SEGMENT) return Number.NaN;
  const clip = 1 + fromDb(-STOI_CLIP_DB / 2);
  let total = 0;
  let count = 0;
  for (let end = STOI_SEGMENT; end <= frames; end += 1) {
    for (let band = 0; band < STOI_BANDS; band += 1) {
      const a = bandsClean.slice(end - STOI_SEGMENT, end).map((row) => row[band]!);
      const b = bandsNoisy.slice(end - STOI_SEGMENT, end).map((row) => row[band]!);
      const gain = norm(a) / (norm(b) + Number.EPSILON);
      total += correlation(
        a,
        b.map((value, i) => Math.min(value * gain, a[i]! * clip)),
      );
      count += 1;
    }
  }
  return total / count;
}

function removeSilence(
  clean: Float32Array,
  noisy: Float32Array,
  window: Float64Array,
): [Float32Array, Float32Array] {
  const starts: number[] = [];
  for (let start = 0; start + STOI_FRAME <= clean.length; start += STOI_HOP) starts.push(start);
  const energies = starts.map((start) => {
    let sum = 0;
    for (let i = 0; i < STOI_FRAME; i += 1) {
      const value = clean[start + i]! * window[i]!;
      sum += value * value;
    }
    return 2 * toDb(Math.sqrt(sum) + Number.EPSILON);
  });
  const loudest = Math.max(...energies);
  const kept = starts.filter((_, i) => energies[i]! > loudest - STOI_RANGE_DB);
  const join = (x: Float32Array): Float32Array => {
    const out = new Float32Array(kept.length === 0 ? 0 : (kept.length - 1) * STOI_HOP + STOI_FRAME);
    for (const [j, start] of kept.entries()) {
      for (let i = 0; i < STOI_FRAME; i += 1) out[j * STOI_HOP + i]! += x[start + i]! * window[i]!;
    }
    return out;
  };
  return [join(clean), join(noisy)];
}

function thirdOctaves(x: Float32Array, window: Float64Array): Float64Array[] {
  const fft = createFft(STOI_FFT);
  const buffer = new Float64Array(STOI_FFT);
  const re = new Float64Array(STOI_FFT / 2 + 1);
  const im = new Float64Array(STOI_FFT / 2 + 1);
  const nearestBin = (hz: number): number => Math.round((hz * STOI_FFT) / STOI_RATE);
  const bands = Array.from({ length: STOI_BANDS }, (_, band) => {
    const edge = (sixths: number): number =>
      nearestBin(STOI_LOWEST_HZ * portablePow(2, sixths / 6));
    return [edge(2 * band - 1), edge(2 * band + 1)] as const;
  });
  const rows: Float64Array[] = [];
  for (let start = 0; start + STOI_FRAME < x.length; start += STOI_HOP) {
    for (let i = 0; i < STOI_FRAME; i += 1) buffer[i] = x[start + i]! * window[i]!;
    fft.realForward(buffer, re, im);
    rows.push(
      Float64Array.from(bands, ([low, high]) => {
        let sum = 0;
        for (let k = low; k < high; k += 1) sum += re[k]! * re[k]! + im[k]! * im[k]!;
        return Math.sqrt(sum);
      }),
    );
  }
  return rows;
}

function norm(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, v) => sum + v, 0) / values.length;
  const meanA = meanOf(a);
  const meanB = meanOf(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i += 1) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) * (a[i]! - meanA);
    bb += (b[i]! - meanB) * (b[i]! - meanB);
  }
  return ab / (Math.sqrt(aa * bb) + Number.EPSILON);
}
