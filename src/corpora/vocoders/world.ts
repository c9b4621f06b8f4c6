/**
 * Source–filter vocoder in the manner of WORLD (Morise, Yokomori & Ozawa 2016): pitch by YIN in place of
 * DIO, envelope by CheapTrick (Morise 2015), aperiodicity by band, pulse by pulse synthesis with minimum phase.
 * Written from the papers; no code of WORLD.
 * @module
 */

import { createFft } from '../../audio/dsp/fft.ts';
import type { Rng } from '../../core/rng.ts';
import { pitchContour } from './pitch-contour.ts';

const FFT_SIZE = 1024;
const BINS = FFT_SIZE / 2 + 1;
const HOP_SEC = 0.005;
/** CheapTrick analyses unvoiced frames with windows of three periods of this pitch. */
const UNVOICED_HZ = 500;
/** Compensation of the spectral smoothing in CheapTrick: q0 + 2 q1 cos(2π f0 τ). */
const Q0 = 1.18;
const Q1 = -0.09;
/** Bands of aperiodicity: their edges in Hz. */
const EDGES_HZ = [0, 1000, 2000, 3000, 4000, 6000, 8000];
const BANDS = EDGES_HZ.length - 1;
/** Power below which nothing is analysed. */
const LEAST_POWER = 1e-16;

/** What the vocoder takes besides samples. */
export interface WorldOptions {
  /** 16000 Hz, or another rate of which 1024 samples hold three periods of 60 Hz. */
  readonly sampleRate: number;
  /** Draws the noise of aperiodic sounds. */
  readonly rng: Rng;
}

interface Parameters {
  readonly hop: number;
  /** Hz, 0 where unvoiced, `[frames]`. */
  readonly f0: Float32Array;
  /** Real cepstra of the power envelopes, row-major `[frames, BINS]`. */
  readonly cepstra: Float64Array;
  /** Share of noise in the power, 0 to 1, row-major `[frames, BANDS]`. */
  readonly aperiodicity: Float64Array;
}

/**
 * Analyses and resynthesises speech.
 * @returns `[x.length]`
 */
export function world(x: Float32Array, { sampleRate, rng }: WorldOptions): Float32Array {
  return synthesise(analyse(x, sampleRate), { length: x.length, sampleRate, rng });
}

function analyse(x: Float32Array, sampleRate: number): Parameters {
  const hop = Math.round(HOP_SEC * sampleRate);
  const frames = Math.ceil(x.length / hop) + 1;
  const f0 = pitchContour(x, { sampleRate, hop, frames });
  const cepstra = new Float64Array(frames * BINS);
  const aperiodicity = new Float64Array(frames * BANDS).fill(1);
  for (let t = 0; t < frames; t += 1) {
    const hz = f0[t]!;
    const frame = { x, centre: t * hop, sampleRate, hz: hz > 0 ? hz : UNVOICED_HZ };
    cheapTrick(frame, cepstra.subarray(t * BINS, (t + 1) * BINS));
    if (hz > 0) bandAperiodicity(frame, aperiodicity.subarray(t * BANDS, (t + 1) * BANDS));
  }
  return { hop, f0, cepstra, aperiodicity };
}

interface Frame {
  readonly x: Float32Array;
  /** Sample in the middle. */
  readonly centre: number;
  readonly sampleRate: number;
  readonly hz: number;
}

const fft = createFft(FFT_SIZE);
const waveform = new Float64Array(FFT_SIZE);
const re = new Float64Array(FFT_SIZE);
const im = new Float64Array(FFT_SIZE);

/** Half spectrum of three periods under a Hann window of unit energy, without their mean, in `re` and `im`. */
function pitchSpectrum({ x, centre, sampleRate, hz }: Frame): void {
  const half = Math.min((FFT_SIZE >> 1) - 1, Math.round((1.5 * sampleRate) / hz));
  const middle = Math.round(centre);
  let energy = 0;
  let total = 0;
  let mean = 0;
  waveform.fill(0);
  for (let i = -half; i <= half; i += 1) {
    const w = 0.5 + 0.5 * Math.cos((Math.PI * i) / half);
    waveform[half + i] = w * (x[middle + i] ?? 0);
    mean += waveform[half + i]!;
    total += w;
    energy += w * w;
  }
  const scale = 1 / Math.sqrt(energy);
  for (let i = -half; i <= half; i += 1) {
    const w = 0.5 + 0.5 * Math.cos((Math.PI * i) / half);
    waveform[half + i] = scale * (waveform[half + i]! - (w * mean) / total);
  }
  fft.realForward(waveform, re.subarray(0, BINS), im.subarray(0, BINS));
}

const integral = new Float64Array(3 * BINS);

/** CheapTrick: the cepstrum of the power envelope at a frame, into `out` `[BINS]`. */
function cheapTrick(frame: Frame, out: Float64Array): void {
  const { sampleRate, hz } = frame;
  pitchSpectrum(frame);
  // The mean went with the window; below f0 the power mirrors that above it (the paper's correction of DC).
  const binHz = sampleRate / FFT_SIZE;
  const power = (k: number): number => re[k]! * re[k]! + im[k]! * im[k]! + LEAST_POWER;
  const powers = Float64Array.from({ length: BINS }, (_, k) => power(k));
  const first = Math.floor(hz / binHz);
  for (let k = 0; k < first; k += 1) powers[k]! += powers[Math.min(BINS - 1, first - k)]!;
  smooth(powers, (2 * hz) / 3 / binHz);
  re.fill(0);
  im.fill(0);
  for (let k = 0; k < BINS; k += 1) {
    const log = Math.log(powers[k]!);
    re[k] = log;
    if (k > 0 && k < BINS - 1) re[FFT_SIZE - k] = log;
  }
  fft.inverse(re, im);
  for (let q = 0; q < BINS; q += 1) {
    const cycles = (hz * q) / sampleRate;
    const sinc = q === 0 ? 1 : Math.sin(Math.PI * cycles) / (Math.PI * cycles);
    out[q] = re[q]! * sinc * (Q0 + 2 * Q1 * Math.cos(2 * Math.PI * cycles));
  }
}

/** Mean over `width` bins around each bin, in place; the spectrum is mirrored at its ends. */
function smooth(powers: Float64Array, width: number): void {
  const pad = BINS - 1;
  const at = (k: number): number => {
    const mirrored = Math.abs(k);
    return powers[mirrored >= BINS ? 2 * (BINS - 1) - mirrored : mirrored]!;
  };
  // Bin k lies from k − ½ to k + ½: its left edge is at index k + pad of the integral.
  let sum = 0;
  for (let i = 0; i < integral.length; i += 1) {
    integral[i] = sum;
    sum += at(i - pad);
  }
  const read = (place: number): number => {
    const low = Math.floor(place);
    return integral[low]! + (place - low) * (integral[low + 1]! - integral[low]!);
  };
  const means = new Float64Array(BINS);
  for (let k = 0; k < BINS; k += 1) {
    const centre = k + pad + 0.5;
    const mean = (read(centre + width / 2) - read(centre - width / 2)) / width;
    // What is far below the power before it may be lost in the difference of two sums.
    means[k] = mean > 0 ? mean : LEAST_POWER;
  }
  powers.set(means);
}

const earlierRe = new Float64Array(BINS);
const earlierIm = new Float64Array(BINS);

/**
 * Share of noise by band: how much two frames a period apart differ. A periodic sound gives 0; in noise
 * the two are independent and give 1. (D4C asks the same of group delay.)
 */
function bandAperiodicity(frame: Frame, out: Float64Array): void {
  const { centre, sampleRate, hz } = frame;
  const period = Math.round(sampleRate / hz);
  const earlier = Math.round(centre - period / 2);
  pitchSpectrum({ ...frame, centre: earlier });
  earlierRe.set(re.subarray(0, BINS));
  earlierIm.set(im.subarray(0, BINS));
  pitchSpectrum({ ...frame, centre: earlier + period });
  for (let band = 0; band < BANDS; band += 1) {
    let difference = 0;
    let both = LEAST_POWER;
    const end = Math.min(BINS, Math.round((EDGES_HZ[band + 1]! * FFT_SIZE) / sampleRate));
    for (let k = Math.round((EDGES_HZ[band]! * FFT_SIZE) / sampleRate); k < end; k += 1) {
      difference += (re[k]! - earlierRe[k]!) ** 2 + (im[k]! - earlierIm[k]!) ** 2;
      both += re[k]! ** 2 + im[k]! ** 2 + earlierRe[k]! ** 2 + earlierIm[k]! ** 2;
    }
    out[band] = Math.min(1, difference / both);
  }
}

interface Synthesis {
  readonly length: number;
  readonly sampleRate: number;
  readonly rng: Rng;
}

function synthesise(
  { hop, f0, cepstra, aperiodicity }: Parameters,
  { length, sampleRate, rng }: Synthesis,
): Float32Array {
  const out = new Float32Array(length);
  const noiseRe = new Float64Array(FFT_SIZE);
  const noiseIm = new Float64Array(FFT_SIZE);
  const frames = f0.length;
  for (let at = 0; at < length; ) {
    const place = Math.min(frames - 1, at / hop);
    const t = Math.min(frames - 2, Math.floor(place));
    const share = place - t;
    const hz = f0[share < 0.5 ? t : t + 1]!;
    const period = hz > 0 ? sampleRate / hz : hop;
    minimumPhase(cepstra, t, share);
    noiseIm.fill(0);
    noiseRe.fill(0);
    const whole = Math.floor(at);
    const block = Math.floor(at + period) - whole;
    for (let i = 0; i < block; i += 1) noiseRe[i] = rng.normal();
    fft.forward(noiseRe, noiseIm);
    const pulse = hz > 0 ? Math.sqrt(period) : 0;
    const late = (2 * Math.PI * (at - whole)) / FFT_SIZE;
    for (let k = 0; k < BINS; k += 1) {
      const noisy =
        hz > 0 ? noiseShare(aperiodicity, { t, share, hz: (k * sampleRate) / FFT_SIZE }) : 1;
      const periodic = pulse * Math.sqrt(1 - noisy);
      const aperiodic = Math.sqrt(noisy);
      const sourceRe = periodic * Math.cos(late * k) + aperiodic * noiseRe[k]!;
      const sourceIm = -periodic * Math.sin(late * k) + aperiodic * noiseIm[k]!;
      const filterRe = re[k]!;
      const filterIm = im[k]!;
      re[k] = sourceRe * filterRe - sourceIm * filterIm;
      im[k] = sourceRe * filterIm + sourceIm * filterRe;
      if (k > 0 && k < BINS - 1) {
        re[FFT_SIZE - k] = re[k]!;
        im[FFT_SIZE - k] = -im[k]!;
      }
    }
    im[0] = 0;
    im[BINS - 1] = 0;
    fft.inverse(re, im);
    const end = Math.min(FFT_SIZE, length - whole);
    for (let i = 0; i < end; i += 1) out[whole + i]! += re[i]!;
    at += period;
  }
  return out;
}

/** Spectrum with the envelope between frames t and t + 1 and minimum phase, in `re` and `im` up to `BINS`. */
function minimumPhase(cepstra: Float64Array, t: number, share: number): void {
  re.fill(0);
  im.fill(0);
  for (let q = 0; q < BINS; q += 1) {
    const a = cepstra[t * BINS + q]!;
    const value = a + share * (cepstra[(t + 1) * BINS + q]! - a);
    // Half, for amplitude from power; the folded cepstrum counts every quefrency but the ends twice.
    re[q] = q === 0 || q === BINS - 1 ? value / 2 : value;
  }
  fft.forward(re, im);
  for (let k = 0; k < BINS; k += 1) {
    const size = Math.exp(re[k]!);
    const angle = im[k]!;
    re[k] = size * Math.cos(angle);
    im[k] = size * Math.sin(angle);
  }
}

/** Share of noise at a frequency, between the middles of bands and between frames. */
function noiseShare(
  aperiodicity: Float64Array,
  { t, share, hz }: { t: number; share: number; hz: number },
): number {
  let band = 0;
  while (band < BANDS - 1 && middle(band + 1) < hz) band += 1;
  const next = Math.min(BANDS - 1, band + 1);
  const gap = middle(next) - middle(band);
  const along = gap > 0 ? Math.max(0, Math.min(1, (hz - middle(band)) / gap)) : 0;
  const row = (share < 0.5 ? t : t + 1) * BANDS;
  return aperiodicity[row + band]! * (1 - along) + aperiodicity[row + next]! * along;
}

function middle(band: number): number {
  return (EDGES_HZ[band]! + EDGES_HZ[band + 1]!) / 2;
}
