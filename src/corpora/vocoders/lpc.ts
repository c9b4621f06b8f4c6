/**
 * Linear-prediction vocoder: autocorrelation analysis (Atal & Hanauer 1971), a train of pulses or noise
 * through a lattice filter. With coarse parameters it is a codec in the manner of LPC-10 (FIPS 137), at 16 kHz.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import { pitchContour } from './pitch-contour.ts';

const ORDER = 18;
const WINDOW_SEC = 0.025;
const HOP_SEC = 0.005;
/** Half width of the peaks of the spectrum that the lag window allows, in Hz: narrower ones ring. */
const LAG_WINDOW_HZ = 30;
/** Share of white noise that is added to the autocorrelation: −50 dB. */
const WHITE = 1e-5;
/** Largest correction of level. */
const MOST_GAIN = 4;

/** Frames of the codec, and bits of each arcsine of a reflection coefficient. */
const CODED_HOP_SEC = 0.0225;
const CODED_BITS = [5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2];
const PRE_EMPHASIS = 0.9;
const LEVEL_STEP_DB = 2.5;
/** Steps of pitch an octave. */
const PITCH_STEPS = 24;

/** What the vocoder takes besides samples. */
export interface LpcOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** Draws the noise of unvoiced sounds. */
  readonly rng: Rng;
  /** True: 22.5-ms frames of 72 bits (60 for the filter, 7 pitch, 5 level), 3.2 kbit/s. @default false */
  readonly coded?: boolean;
}

/**
 * Analyses and resynthesises speech.
 * @returns `[x.length]`
 */
export function lpcVocoder(
  x: Float32Array,
  { sampleRate, rng, coded = false }: LpcOptions,
): Float32Array {
  if (!coded) return resynthesise(x, { sampleRate, rng, coded });
  // A flatter spectrum has coefficients further from ±1, which bear quantisation.
  const flat = x.map((value, i) => value - PRE_EMPHASIS * (x[i - 1] ?? 0));
  const out = resynthesise(flat, { sampleRate, rng, coded });
  for (let i = 1; i < out.length; i += 1) out[i]! += PRE_EMPHASIS * out[i - 1]!;
  return out;
}

function resynthesise(
  x: Float32Array,
  { sampleRate, rng, coded }: Required<LpcOptions>,
): Float32Array {
  const hop = Math.round((coded ? CODED_HOP_SEC : HOP_SEC) * sampleRate);
  const frames = Math.ceil(x.length / hop) + 1;
  const grid = { sampleRate, hop, frames };
  const f0 = pitchContour(x, grid);
  const { reflections, gains, levels } = analyse(x, grid);
  if (coded) quantise({ reflections, levels, f0 });
  const out = new Float32Array(x.length);
  const k = new Float64Array(ORDER);
  const backward = new Float64Array(ORDER + 1);
  let phase = 0;
  for (let n = 0; n < out.length; n += 1) {
    const t = Math.floor(n / hop);
    const share = n / hop - t;
    for (let i = 0; i < ORDER; i += 1) {
      const a = reflections[t * ORDER + i]!;
      k[i] = a + share * (reflections[(t + 1) * ORDER + i]! - a);
    }
    const hz = f0[share < 0.5 ? t : t + 1]!;
    let excitation = 0;
    if (hz > 0) {
      phase += hz / sampleRate;
      if (phase >= 1) {
        phase -= 1;
        // A pulse a period with the power of unit noise.
        excitation = Math.sqrt(sampleRate / hz);
      }
    } else excitation = rng.normal();
    // All-pole lattice: stable while every |k| < 1, also between frames.
    let forward = excitation * (gains[t]! + share * (gains[t + 1]! - gains[t]!));
    for (let i = ORDER - 1; i >= 0; i -= 1) {
      forward -= k[i]! * backward[i]!;
      backward[i + 1] = backward[i]! + k[i]! * forward;
    }
    backward[0] = forward;
    out[n] = forward;
  }
  // A pulse train is louder or softer than its envelope says by how its harmonics meet the formants.
  const made = analyse(out, grid).levels;
  for (let t = 0; t <= frames; t += 1) {
    made[t] = Math.max(1 / MOST_GAIN, Math.min(MOST_GAIN, (levels[t]! + 1e-9) / (made[t]! + 1e-9)));
  }
  for (let n = 0; n < out.length; n += 1) {
    const t = Math.floor(n / hop);
    out[n]! *= made[t]! + (n / hop - t) * (made[t + 1]! - made[t]!);
  }
  return out;
}

/** Frames of analysis. */
interface Grid {
  readonly sampleRate: number;
  /** Samples between their middles. */
  readonly hop: number;
  readonly frames: number;
}

interface Parameters {
  /** Row-major `[frames + 1, ORDER]`. */
  readonly reflections: Float64Array;
  /** Root mean square of the residual, `[frames + 1]`. */
  readonly gains: Float64Array;
  /** Root mean square of the sound, `[frames + 1]`. */
  readonly levels: Float64Array;
}

function analyse(x: Float32Array, { sampleRate, hop, frames }: Grid): Parameters {
  const size = Math.round(WINDOW_SEC * sampleRate);
  const window = Float64Array.from(
    { length: size },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size),
  );
  const energy = window.reduce((sum, w) => sum + w * w, 0);
  const lagWindow = Float64Array.from({ length: ORDER + 1 }, (_, lag) =>
    Math.exp(-0.5 * ((2 * Math.PI * LAG_WINDOW_HZ * lag) / sampleRate) ** 2),
  );
  const reflections = new Float64Array((frames + 1) * ORDER);
  const gains = new Float64Array(frames + 1);
  const levels = new Float64Array(frames + 1);
  const frame = new Float64Array(size);
  const r = new Float64Array(ORDER + 1);
  for (let t = 0; t < frames; t += 1) {
    const start = t * hop - (size >> 1);
    for (let i = 0; i < size; i += 1) frame[i] = window[i]! * (x[start + i] ?? 0);
    for (let lag = 0; lag <= ORDER; lag += 1) {
      let sum = 0;
      for (let i = lag; i < size; i += 1) sum += frame[i]! * frame[i - lag]!;
      r[lag] = sum * lagWindow[lag]!;
    }
    levels[t] = Math.sqrt(r[0]! / energy);
    r[0]! *= 1 + WHITE;
    const error = levinson(r, reflections.subarray(t * ORDER, (t + 1) * ORDER));
    gains[t] = Math.sqrt(error / energy);
  }
  return { reflections, gains, levels };
}

/** Levinson–Durbin recursion: reflection coefficients into `out`; returns the energy of the residual. */
function levinson(r: Float64Array, out: Float64Array): number {
  let error = r[0]!;
  if (!(error > 0)) return 0;
  const a = new Float64Array(ORDER + 1);
  const before = new Float64Array(ORDER + 1);
  for (let i = 0; i < ORDER; i += 1) {
    let sum = r[i + 1]!;
    for (let j = 1; j <= i; j += 1) sum += a[j]! * r[i + 1 - j]!;
    const k = -sum / error;
    before.set(a);
    for (let j = 1; j <= i; j += 1) a[j] = before[j]! + k * before[i + 1 - j]!;
    a[i + 1] = k;
    out[i] = k;
    error *= 1 - k * k;
  }
  return error;
}

/** Rounds the parameters in place to what 72 bits a frame can say. */
function quantise({
  reflections,
  levels,
  f0,
}: Pick<Parameters, 'reflections' | 'levels'> & { readonly f0: Float32Array }): void {
  for (let i = 0; i < reflections.length; i += 1) {
    const step = Math.PI / 2 ** CODED_BITS[i % ORDER]!;
    reflections[i] = Math.sin((Math.floor(Math.asin(reflections[i]!) / step) + 0.5) * step);
  }
  for (let t = 0; t < levels.length; t += 1) {
    if (!(levels[t]! > 0)) continue;
    const steps = Math.round((20 * Math.log10(levels[t]!)) / LEVEL_STEP_DB);
    levels[t] = 10 ** ((steps * LEVEL_STEP_DB) / 20);
  }
  for (let t = 0; t < f0.length; t += 1) {
    if (f0[t]! > 0) f0[t] = 2 ** (Math.round(Math.log2(f0[t]!) * PITCH_STEPS) / PITCH_STEPS);
  }
}
