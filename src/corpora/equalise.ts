/**
 * Equalisation of a text group (one real clip and its fakes), so that level, silence, bandwidth, noise
 * floor and codec cannot tell the classes apart (the recipe of docs/corpora/speech-mini.md).
 * @module
 */

import { createFft } from '../audio/dsp/fft.ts';
import { melBank } from '../audio/dsp/filter-banks.ts';
import { applyIir, butterworth, fftConvolve } from '../audio/dsp/filters.ts';
import { activeLevelDb, peak } from '../audio/dsp/level.ts';
import { gaussianNoise } from '../audio/dsp/noise.ts';
import { istft, powerSpectrogram, stft } from '../audio/dsp/stft.ts';
import type { Rng } from '../core/rng.ts';

/** Rate of the equalised clips in Hz. */
export const CORPUS_RATE = 16000;

const HIGH_PASS_HZ = 70;
const TRIM_RANGE_DB = 35;
const KEEP_SEC = 0.03;
const ACTIVE_LEVEL_DB = -26;
const MIN_SEC = 0.6;
const MAX_SEC = 6;
const BANDS = 28;
const SPECTRUM = { fftSize: 512, hop: 128 };
const MIN_GAIN_DB = -35;
const MAX_GAIN_DB = 25;
const NOISE_PERCENTILE = 0.08;
const FINAL_NOISE_DB = -75;
const ALL_PASS_SEC = 0.045;
const ALL_PASS_SIZE = 2048;
/** Bins between the random anchors of group delay. */
const ALL_PASS_STEP = 8;
const PEAK_LIMIT = 0.95;
const LIMITER_SEC = 0.005;

/** Step 1: removes DC and rumble. */
export function highPass(x: Float32Array): Float32Array {
  return applyIir(
    x,
    butterworth({ order: 4, type: 'high', cutoffHz: HIGH_PASS_HZ, sampleRate: CORPUS_RATE }),
  );
}

/** Step 2: cuts to the active part. */
export function trimSilence(x: Float32Array): Float32Array {
  const { start, end } = activeSpan(x);
  return x.slice(start, end);
}

/**
 * The active part: within 35 dB of the clip's own 95th percentile of level, and 30 ms around.
 * @returns samples, `end` excluded
 */
export function activeSpan(x: Float32Array): { readonly start: number; readonly end: number } {
  const size = CORPUS_RATE / 100;
  const levels: number[] = [];
  for (let start = 0; start + size <= x.length; start += size) {
    let sum = 0;
    for (let i = start; i < start + size; i += 1) sum += x[i]! * x[i]!;
    levels.push(10 * Math.log10(sum / size + 1e-12));
  }
  const top = [...levels].sort((a, b) => a - b)[Math.floor(0.95 * (levels.length - 1))] ?? 0;
  const first = levels.findIndex((level) => level >= top - TRIM_RANGE_DB);
  const last = levels.findLastIndex((level) => level >= top - TRIM_RANGE_DB);
  if (first < 0) return { start: 0, end: x.length };
  const keep = KEEP_SEC * CORPUS_RATE;
  return {
    start: Math.max(0, first * size - keep),
    end: Math.min(x.length, (last + 1) * size + keep),
  };
}

/** Sets the level of active speech to −26 dBFS; peaks above 0.95 turn the whole clip down. */
export function setLevel(x: Float32Array, levelDb: number = ACTIVE_LEVEL_DB): Float32Array {
  const gain = 10 ** ((levelDb - activeLevelDb(x, CORPUS_RATE)) / 20);
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += 1) out[i] = x[i]! * gain;
  return out;
}

/** Step 3: crops all members to the shortest, at most 6 s; null if that leaves less than 0.6 s. */
export function cropTogether(members: readonly Float32Array[]): Float32Array[] | null {
  const length = Math.min(MAX_SEC * CORPUS_RATE, ...members.map((member) => member.length));
  return length < MIN_SEC * CORPUS_RATE ? null : members.map((member) => member.slice(0, length));
}

const bank = melBank({ filters: BANDS, fftSize: SPECTRUM.fftSize, sampleRate: CORPUS_RATE });

/** First and one past the last bin of each band, and the sum of its weights. */
const SPANS = new Uint32Array(2 * BANDS);
const TOTALS = new Float64Array(BANDS);
for (let j = 0; j < BANDS; j += 1) {
  const row = bank.weights.subarray(j * bank.bins, (j + 1) * bank.bins);
  SPANS[2 * j] = row.findIndex((weight) => weight > 0);
  SPANS[2 * j + 1] = row.findLastIndex((weight) => weight > 0) + 1;
  TOTALS[j] = row.reduce((sum, weight) => sum + weight, 0);
}

/** Power by band: of active frames on average, and of the quiet frames (8th percentile). */
export interface BandProfile {
  readonly active: Float64Array;
  readonly quiet: Float64Array;
}

/** Measures the 28-band profile of a clip. */
export function profile(x: Float32Array): BandProfile {
  const powers = bandPowers(x);
  const { frames, bands } = powers;
  const quiet = new Float64Array(BANDS);
  for (let j = 0; j < BANDS; j += 1) {
    const band = bands.slice(j * frames, (j + 1) * frames).sort();
    quiet[j] = band[Math.floor(NOISE_PERCENTILE * (frames - 1))] ?? 0;
  }
  return { active: activeMean(powers), quiet };
}

interface BandPowers {
  readonly frames: number;
  /** Row-major `[BANDS, frames]`. */
  readonly bands: Float64Array;
  /** Sum over bands, `[frames]`. */
  readonly energies: Float64Array;
}

function bandPowers(x: Float32Array): BandPowers {
  const { frames, bins, power } = powerSpectrogram(x, SPECTRUM);
  const bands = new Float64Array(BANDS * frames);
  const energies = new Float64Array(frames);
  for (let t = 0; t < frames; t += 1) {
    const row = t * bins;
    let energy = 0;
    for (let j = 0; j < BANDS; j += 1) {
      const weights = j * bins;
      const end = SPANS[2 * j + 1]!;
      let sum = 0;
      for (let k = SPANS[2 * j]!; k < end; k += 1)
        sum += bank.weights[weights + k]! * power[row + k]!;
      const mean = sum / TOTALS[j]!;
      bands[j * frames + t] = mean;
      energy += mean;
    }
    energies[t] = energy;
  }
  return { frames, bands, energies };
}

function activeMean({ frames, bands, energies }: BandPowers): Float64Array {
  const least = 1e-3 * energies.reduce((most, energy) => Math.max(most, energy), -Infinity);
  const activeFrames = energies.reduce((count, energy) => count + (energy > least ? 1 : 0), 0);
  const active = new Float64Array(BANDS);
  for (let j = 0; j < BANDS; j += 1) {
    let sum = 0;
    for (let t = 0; t < frames; t += 1) if (energies[t]! > least) sum += bands[j * frames + t]!;
    active[j] = sum / activeFrames;
  }
  return active;
}

/** Step 4: filters a clip so that its band profile equals the donor's, within −35 … +25 dB a band. */
export function matchSpectrum(x: Float32Array, donor: BandProfile): Float32Array {
  const own = activeMean(bandPowers(x));
  const gainsDb = Float64Array.from(donor.active, (target, j) =>
    Math.max(
      MIN_GAIN_DB,
      Math.min(MAX_GAIN_DB, 10 * Math.log10((target + 1e-12) / (own[j]! + 1e-12))),
    ),
  );
  return shapeSpectrum(x, binGains(gainsDb));
}

/**
 * Step 5: one random all-pass, `[2048]`: magnitude 1 at every bin, group delay wandering between 0 and
 * 45 ms over frequency, which spreads the pulses of formant and vocoder excitation as it spreads a voice's.
 */
export function drawAllPass(rng: Rng): Float32Array {
  const half = ALL_PASS_SIZE / 2;
  const anchors = Array.from({ length: half / ALL_PASS_STEP + 2 }, () =>
    rng.between(0, ALL_PASS_SEC * CORPUS_RATE),
  );
  const re = new Float64Array(ALL_PASS_SIZE);
  const im = new Float64Array(ALL_PASS_SIZE);
  let phase = 0;
  for (let k = 0; k <= half; k += 1) {
    const place = k / ALL_PASS_STEP;
    const low = Math.floor(place);
    const delay = anchors[low]! + (place - low) * (anchors[low + 1]! - anchors[low]!);
    // The last bin of a real signal's spectrum is real.
    const angle = k === half ? Math.PI * Math.round(phase / Math.PI) : phase;
    re[k] = Math.cos(angle);
    im[k] = Math.sin(angle);
    if (k > 0 && k < half) {
      re[ALL_PASS_SIZE - k] = re[k]!;
      im[ALL_PASS_SIZE - k] = -im[k]!;
    }
    phase -= (2 * Math.PI * delay) / ALL_PASS_SIZE;
  }
  createFft(ALL_PASS_SIZE).inverse(re, im);
  return Float32Array.from(re);
}

/** Applies an all-pass, keeping length. */
export function applyAllPass(x: Float32Array, response: Float32Array): Float32Array {
  return fftConvolve(x, response).slice(0, x.length);
}

/**
 * Step 6: adds noise by band until the quiet frames reach the target profile.
 * @param own profile of `x`, where it is known already
 */
export function raiseNoise(
  x: Float32Array,
  quietTarget: Float64Array,
  rng: Rng,
  own: BandProfile = profile(x),
): Float32Array {
  const noise = gaussianNoise(new Float32Array(x.length), rng);
  const noisePowers = activeMean(bandPowers(noise));
  const gainsDb = Float64Array.from(quietTarget, (target, j) => {
    const missing = Math.max(0, target - own.quiet[j]!);
    return 10 * Math.log10((missing + 1e-14) / noisePowers[j]!);
  });
  const out = shapeSpectrum(noise, binGains(gainsDb));
  for (let i = 0; i < out.length; i += 1) out[i] = x[i]! + out[i]!;
  return out;
}

/**
 * Turns down what exceeds a peak, with a look-ahead of 5 ms and no step in gain.
 * @param most largest magnitude of the result
 */
export function limitPeaks(x: Float32Array, most: number): Float32Array {
  const reach = LIMITER_SEC * CORPUS_RATE;
  // The gain that the loudest sample within reach needs …
  const needed = new Float32Array(x.length).fill(1);
  for (let i = 0; i < x.length; i += 1) {
    const size = Math.abs(x[i]!);
    if (size <= most) continue;
    const gain = most / size;
    const end = Math.min(x.length, i + reach + 1);
    for (let j = Math.max(0, i - reach); j < end; j += 1) if (gain < needed[j]!) needed[j] = gain;
  }
  // … and its mean over as many samples, which is never above the need of the one in the middle.
  const out = new Float32Array(x.length);
  let sum = 0;
  let count = 0;
  for (let i = -reach; i < x.length; i += 1) {
    if (i + reach < x.length) {
      sum += needed[i + reach]!;
      count += 1;
    }
    if (i - reach - 1 >= 0) {
      sum -= needed[i - reach - 1]!;
      count -= 1;
    }
    if (i >= 0) out[i] = (x[i]! * sum) / count;
  }
  return out;
}

/** What {@link finish} does; all by default. */
export interface FinishOptions {
  readonly level?: boolean;
  /** True adds a floor of noise at −75 dBFS. */
  readonly floor?: boolean;
}

/** The end of step 8: level, a floor of noise at −75 dBFS, peaks below 0.95, TPDF dither for 16 bits. */
export function finish(
  x: Float32Array,
  rng: Rng,
  { level = true, floor = true }: FinishOptions = {},
): Float32Array {
  const out = level ? setLevel(x) : x.slice();
  if (floor) {
    const noise = gaussianNoise(new Float32Array(x.length), rng.split('floor'));
    const gain = 10 ** (FINAL_NOISE_DB / 20);
    for (let i = 0; i < out.length; i += 1) out[i]! += gain * noise[i]!;
  }
  const largest = peak(out);
  const gain = largest > PEAK_LIMIT ? PEAK_LIMIT / largest : 1;
  const dither = rng.split('dither');
  for (let i = 0; i < out.length; i += 1)
    out[i] = out[i]! * gain + (dither.uint32() - dither.uint32()) / 2 ** 47;
  return out;
}

/** Gains of bands as gains of bins, interpolated in dB between band centres. */
function binGains(gainsDb: Float64Array): Float32Array {
  const gains = new Float32Array(bank.bins);
  for (let k = 0; k < bank.bins; k += 1) {
    const hz = (k * CORPUS_RATE) / SPECTRUM.fftSize;
    let j = 0;
    while (j < BANDS - 1 && bank.edgesHz[j + 2]! < hz) j += 1;
    const low = bank.edgesHz[j + 1]!;
    const high = bank.edgesHz[Math.min(BANDS, j + 2)]!;
    const share = high > low ? Math.max(0, Math.min(1, (hz - low) / (high - low))) : 0;
    const db = (1 - share) * gainsDb[j]! + share * gainsDb[Math.min(BANDS - 1, j + 1)]!;
    gains[k] = 10 ** (db / 20);
  }
  return gains;
}

function shapeSpectrum(x: Float32Array, gains: Float32Array): Float32Array {
  const spectrum = stft(x, SPECTRUM);
  const { frames, bins, re, im } = spectrum;
  for (let t = 0; t < frames; t += 1) {
    for (let k = 0, at = t * bins; k < bins; k += 1, at += 1) {
      re[at]! *= gains[k]!;
      im[at]! *= gains[k]!;
    }
  }
  return istft(spectrum, SPECTRUM, x.length);
}
