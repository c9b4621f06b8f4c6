/**
 * Trivial features: properties of a recording that have nothing to do with whether a machine spoke, and
 * that a detector will learn all the same if the classes differ in them.
 * @module
 */

import { type Audio, durationSec, toMono } from '../../audio/audio.ts';
import { createFft } from '../../audio/dsp/fft.ts';
import { hann } from '../../audio/dsp/windows.ts';

/** Name, unit, meaning and resolution of one feature. */
export interface TrivialFeature {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /**
   * Values are rounded to multiples of it. Differences below it come from the last bits of a format
   * (two clips levelled alike differ by 1e-6 dB), and an AUC, which looks at ranks alone, would count
   * them in full.
   */
  readonly step: number;
}

/**
 * All trivial features of the sound, in the order of {@link measureTrivialFeatures}: those of the survey
 * first, then what else the recording chain leaves behind.
 */
export const TRIVIAL_FEATURES: readonly TrivialFeature[] = [
  { name: 'sample-rate', unit: 'Hz', description: 'sample rate of the file', step: 1 },
  { name: 'duration', unit: 's', description: 'length', step: 0.001 },
  { name: 'dc-offset', unit: 'full scale', description: 'absolute mean', step: 1e-5 },
  { name: 'rms-level', unit: 'dBFS', description: 'root mean square', step: 0.01 },
  { name: 'peak', unit: 'dBFS', description: 'largest absolute sample', step: 0.01 },
  { name: 'crest-factor', unit: 'dB', description: 'peak over root mean square', step: 0.01 },
  {
    name: 'noise-floor',
    unit: 'dB',
    description: '5th below 95th percentile of 20-ms levels',
    step: 0.01,
  },
  { name: 'near-zero', unit: '', description: 'share of samples below −80 dBFS', step: 1e-4 },
  {
    name: 'leading-silence',
    unit: 's',
    description: 'before the first 10 ms within 35 dB of the 95th percentile',
    step: 0.01,
  },
  { name: 'trailing-silence', unit: 's', description: 'after the last such 10 ms', step: 0.01 },
  { name: 'rolloff-95', unit: 'Hz', description: '95 % of the energy lies below', step: 1 },
  { name: 'rolloff-99', unit: 'Hz', description: '99 % of the energy lies below', step: 1 },
  { name: 'rolloff-99.9', unit: 'Hz', description: '99.9 % of the energy lies below', step: 1 },
  {
    name: 'edge-60db',
    unit: 'Hz',
    description: 'highest frequency within 60 dB of the spectral peak',
    step: 1,
  },
  {
    name: 'spectral-tilt',
    unit: 'dB',
    description: 'energy below 1 kHz over that of 1–4 kHz',
    step: 0.01,
  },
  { name: 'energy-4-7khz', unit: 'dB', description: 'share of the energy in 4–7 kHz', step: 0.01 },
  { name: 'energy-7khz', unit: 'dB', description: 'share of the energy above 7 kHz', step: 0.01 },
  {
    name: 'zero-crossings',
    unit: '1/s',
    description: 'changes of sign a second',
    step: 0.1,
  },
  {
    name: 'level-spread',
    unit: 'dB',
    description: 'standard deviation of 20-ms levels',
    step: 0.01,
  },
  {
    name: 'floor-level',
    unit: 'dBFS',
    description: '5th percentile of 20-ms levels: how loud the pauses are',
    step: 0.01,
  },
  {
    name: 'floor-tilt',
    unit: 'dB',
    description: 'energy below 1 kHz over that of 1–4 kHz in the quietest tenth of the frames',
    step: 0.01,
  },
  {
    name: 'digital-silence',
    unit: '',
    description: 'share of samples in runs of 16 or more equal ones',
    step: 1e-4,
  },
  {
    name: 'sample-bits',
    unit: 'bit',
    description:
      'bits that the samples use: 8 for what was 8 bits once, 24 for anything finer than 16',
    step: 1,
  },
];

/**
 * How many of the features, from the first, the joint figure stands on: those of the first survey of packaged corpora, so that the floors of all corpora can be compared.
 */
export const SURVEYED_FEATURES = 19;

/** Levels are not followed further down, so that digital silence is a number. */
const SILENCE_DB = -120;
/** A frame is active within this many dB of the 95th percentile of frame levels (corpora.md §5). */
const ACTIVE_DB = 35;
const NEAR_ZERO = 1e-4;
/** Equal samples in a row that no microphone gives. */
const RUN = 16;
/** Bits that a 32-bit float holds exactly. */
const MOST_BITS = 24;
/** Share of the frames that stand for the pauses. */
const QUIET_SHARE = 0.1;

/**
 * Measures all trivial features of a recording; several channels are averaged first.
 * @returns one finite value a feature, `[features]`, in the order of {@link TRIVIAL_FEATURES}
 */
export function measureTrivialFeatures(audio: Audio): Float64Array {
  const x = toMono(audio);
  const { sampleRate } = audio;
  let sum = 0;
  let power = 0;
  let peak = 0;
  let nearZero = 0;
  let crossings = 0;
  for (let i = 0; i < x.length; i += 1) {
    const value = x[i]!;
    const size = Math.abs(value);
    sum += value;
    power += value * value;
    if (size > peak) peak = size;
    if (size < NEAR_ZERO) nearZero += 1;
    if (i > 0 && value < 0 !== x[i - 1]! < 0) crossings += 1;
  }
  const n = Math.max(1, x.length);
  const rmsDb = decibels(power / n);
  const peakDb = decibels(peak * peak);
  const levels = frameLevels(x, Math.round(0.02 * sampleRate));
  const sorted = Float64Array.from(levels).sort();
  const silence = edgeSilence(x, sampleRate);
  const spectrum = activeSpectrum(x, sampleRate);
  const total = spectrum.energy(0, Number.POSITIVE_INFINITY);
  const values = [
    sampleRate,
    durationSec(audio),
    Math.abs(sum / n),
    rmsDb,
    peakDb,
    peakDb - rmsDb,
    percentile(sorted, 0.05) - percentile(sorted, 0.95),
    nearZero / n,
    silence.leadingSec,
    silence.trailingSec,
    spectrum.rolloffHz(0.95),
    spectrum.rolloffHz(0.99),
    spectrum.rolloffHz(0.999),
    spectrum.edgeHz(60),
    decibels(spectrum.energy(0, 1000)) - decibels(spectrum.energy(1000, 4000)),
    decibels(spectrum.energy(4000, 7000) / (total || 1)),
    decibels(spectrum.energy(7000, Number.POSITIVE_INFINITY) / (total || 1)),
    crossings / (n / sampleRate),
    deviation(levels),
    percentile(sorted, 0.05),
    spectrum.floorTiltDb,
    constantSamples(x) / n,
    sampleBits(audio),
  ];
  return Float64Array.from(values, (value, i) => {
    const { step } = TRIVIAL_FEATURES[i]!;
    return Math.round(value / step) * step;
  });
}

function decibels(power: number): number {
  return Math.max(SILENCE_DB, 10 * Math.log10(power));
}

/** Level of each whole frame in dBFS; one frame of what there is if the clip is shorter. */
function frameLevels(x: Float32Array, size: number): Float64Array {
  const length = Math.max(1, Math.min(size, x.length));
  const levels = new Float64Array(Math.max(1, Math.floor(x.length / length)));
  for (let frame = 0; frame < levels.length; frame += 1) {
    let power = 0;
    for (let i = frame * length; i < (frame + 1) * length && i < x.length; i += 1)
      power += x[i]! ** 2;
    levels[frame] = decibels(power / length);
  }
  return levels;
}

/** Samples in runs of {@link RUN} or more equal ones. */
function constantSamples(x: Float32Array): number {
  let count = 0;
  let start = 0;
  for (let i = 1; i <= x.length; i += 1) {
    if (i < x.length && x[i] === x[start]) continue;
    if (i - start >= RUN) count += i - start;
    start = i;
  }
  return count;
}

/** Bits of the coarsest whole numbers that hold all samples of all channels, up to 24. */
function sampleBits({ samples }: Audio): number {
  const scale = 2 ** (MOST_BITS - 1);
  let used = 0;
  for (const plane of samples) {
    for (let i = 0; i < plane.length; i += 1) {
      const value = plane[i]! * scale;
      const whole = value | 0;
      if (whole !== value) return MOST_BITS;
      used |= whole;
    }
  }
  // The lowest bit that any sample sets.
  return used === 0 ? 1 : MOST_BITS - (31 - Math.clz32(used & -used));
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))]!;
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function edgeSilence(
  x: Float32Array,
  sampleRate: number,
): { leadingSec: number; trailingSec: number } {
  const levels = frameLevels(x, Math.round(0.01 * sampleRate));
  const threshold = percentile(Float64Array.from(levels).sort(), 0.95) - ACTIVE_DB;
  const first = levels.findIndex((level) => level > threshold);
  const last = levels.findLastIndex((level) => level > threshold);
  if (first < 0) return { leadingSec: 0, trailingSec: 0 };
  return { leadingSec: first * 0.01, trailingSec: (levels.length - 1 - last) * 0.01 };
}

/** The long-term spectrum of the active frames. */
interface Spectrum {
  /** Energy from `lowHz` up to but not with `highHz`. */
  energy(lowHz: number, highHz: number): number;
  rolloffHz(share: number): number;
  edgeHz(belowDb: number): number;
  /** Energy below 1 kHz over that of 1–4 kHz in the quietest frames, in dB. */
  readonly floorTiltDb: number;
}

function activeSpectrum(x: Float32Array, sampleRate: number): Spectrum {
  // About 32 ms, a power of two.
  const size = 2 ** Math.round(Math.log2(0.032 * sampleRate));
  const fft = createFft(size);
  const window = hann(size, { periodic: true });
  const frame = new Float64Array(size);
  const re = new Float64Array(size / 2 + 1);
  const im = new Float64Array(size / 2 + 1);
  const power = new Float64Array(size / 2 + 1);
  const hop = size / 2;
  const starts = Array.from(
    { length: Math.max(1, Math.floor((x.length - size) / hop) + 1) },
    (_, n) => n * hop,
  );
  const levels = Float64Array.from(
    starts,
    (start) => frameLevels(x.subarray(start, start + size), size)[0]!,
  );
  const sorted = Float64Array.from(levels).sort();
  const threshold = percentile(sorted, 0.95) - ACTIVE_DB;
  const quiet = percentile(sorted, QUIET_SHARE);
  const floor = new Float64Array(power.length);
  for (const [n, start] of starts.entries()) {
    const active = levels[n]! > threshold;
    if (!active && levels[n]! > quiet) continue;
    for (let i = 0; i < size; i += 1) frame[i] = (x[start + i] ?? 0) * window[i]!;
    fft.realForward(frame, re, im);
    for (let k = 0; k < power.length; k += 1) {
      const value = re[k]! ** 2 + im[k]! ** 2;
      if (active) power[k]! += value;
      if (levels[n]! <= quiet) floor[k]! += value;
    }
  }
  const binHz = sampleRate / size;
  const total = power.reduce((sum, value) => sum + value, 0);
  const energyIn = (spectrum: Float64Array, lowHz: number, highHz: number): number => {
    let sum = 0;
    for (let k = Math.ceil(lowHz / binHz); k < spectrum.length && k * binHz < highHz; k += 1) {
      sum += spectrum[k]!;
    }
    return sum;
  };
  return {
    energy: (lowHz, highHz) => energyIn(power, lowHz, highHz),
    floorTiltDb: decibels(energyIn(floor, 0, 1000)) - decibels(energyIn(floor, 1000, 4000)),
    rolloffHz: (share) => {
      let sum = 0;
      for (let k = 0; k < power.length; k += 1) {
        sum += power[k]!;
        if (sum >= share * total) return k * binHz;
      }
      return sampleRate / 2;
    },
    edgeHz: (belowDb) => {
      const threshold =
        power.reduce((most, value) => Math.max(most, value), 0) / 10 ** (belowDb / 10);
      return power.findLastIndex((value) => value > threshold) * binHz;
    },
  };
}
