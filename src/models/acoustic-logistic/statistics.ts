/**
 * Named acoustic statistics of a recording.
 * @module
 */

import { logMel } from '../../audio/dsp/cepstrum.ts';
import { createFft } from '../../audio/dsp/fft.ts';
import { trackPitch } from '../../audio/dsp/pitch.ts';
import { resample } from '../../audio/dsp/resample.ts';
import { powerSpectrogram } from '../../audio/dsp/stft.ts';
import type { FrontEnd } from '../types.ts';

/** A statistic: what it is, in which unit. */
export interface StatisticInfo {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
}

/** Every statistic, in the order of the vector. */
export const STATISTICS: readonly StatisticInfo[] = [
  {
    name: 'flatness-mean',
    unit: 'dB',
    meaning: 'spectral flatness, mean over active frames: noise is flat',
  },
  { name: 'flatness-spread', unit: 'dB', meaning: 'standard deviation of spectral flatness' },
  { name: 'centroid-mean', unit: 'kHz', meaning: 'spectral centroid, mean' },
  { name: 'centroid-spread', unit: 'kHz', meaning: 'standard deviation of the centroid' },
  { name: 'entropy-mean', unit: 'bit', meaning: 'spectral entropy, mean' },
  {
    name: 'flux-mean',
    unit: '',
    meaning: 'change of the normalised spectrum from frame to frame, mean',
  },
  { name: 'flux-spread', unit: '', meaning: 'standard deviation of that change' },
  {
    name: 'tilt',
    unit: 'dB/octave',
    meaning: 'slope of the long-term spectrum from 200 Hz to 7 kHz',
  },
  { name: 'high-share', unit: 'dB', meaning: 'energy above 4 kHz relative to below' },
  {
    name: 'log-kurtosis',
    unit: '',
    meaning: 'logarithm of the kurtosis of the waveform: pulses are peaky',
  },
  { name: 'voiced-share', unit: '', meaning: 'share of frames with a pitch' },
  { name: 'pitch-spread', unit: 'semitones', meaning: 'standard deviation of pitch' },
  {
    name: 'pitch-step',
    unit: 'semitones',
    meaning: 'mean change of pitch between neighbouring voiced frames',
  },
  { name: 'clarity-mean', unit: '', meaning: 'periodicity of voiced frames, mean' },
  {
    name: 'clarity-spread',
    unit: '',
    meaning: 'standard deviation of periodicity over voiced frames',
  },
  {
    name: 'prominence-mean',
    unit: 'dB',
    meaning: 'cepstral peak prominence of active frames, mean',
  },
  {
    name: 'mel-step',
    unit: 'dB',
    meaning: 'mean change of log mel energies between frames: synthesis is smooth',
  },
  {
    name: 'mel-curvature',
    unit: 'dB',
    meaning: 'mean second difference of log mel energies over time',
  },
  {
    name: 'repetition',
    unit: 'dB',
    meaning: 'mean distance of a frame to its nearest earlier frame 0.1 s or more before',
  },
  {
    name: 'modulation-4hz',
    unit: 'dB',
    meaning: 'energy modulation near 4 Hz relative to near 12 Hz',
  },
];

const RATE = 16000;
const FFT_SIZE = 512;
const HOP = 160;
const ACTIVE_DB = 35;
const PITCH_RATE = 8000;

/** The statistics as a front end, `[STATISTICS.length]`, in Float64. */
export const STATISTICS_FRONT_END: FrontEnd<Float64Array> = {
  id: 'acoustic-statistics-16k-v3',
  sampleRate: RATE,
  compute: computeStatistics,
};

function computeStatistics(mono: Float32Array): Float64Array {
  const { frames, bins, power } = powerSpectrogram(mono, { fftSize: FFT_SIZE, hop: HOP });
  const energy = Float64Array.from({ length: frames }, (_, t) =>
    sumOf(power, t * bins, (t + 1) * bins),
  );
  const loudest = energy.reduce((top, value) => Math.max(top, value), 1e-20);
  const active: number[] = [];
  for (let t = 0; t < frames; t += 1)
    if (energy[t]! > loudest * 10 ** (-ACTIVE_DB / 10)) active.push(t);
  const flatness: number[] = [];
  const centroid: number[] = [];
  const entropy: number[] = [];
  const flux: number[] = [];
  const longTerm = new Float64Array(bins);
  for (const t of active) {
    let logSum = 0;
    let first = 0;
    let bits = 0;
    let change = 0;
    const total = energy[t]! + 1e-20;
    for (let k = 1; k < bins; k += 1) {
      const p = power[t * bins + k]! + 1e-14;
      const share = p / total;
      logSum += Math.log(p);
      first += k * share;
      bits -= share * Math.log2(share);
      longTerm[k]! += share;
      if (t > 0) change += Math.abs(share - power[(t - 1) * bins + k]! / (energy[t - 1]! + 1e-20));
    }
    flatness.push((10 * (logSum / (bins - 1) - Math.log(total / (bins - 1)))) / Math.LN10);
    centroid.push((first * RATE) / FFT_SIZE / 1000);
    entropy.push(bits);
    if (t > 0) flux.push(change);
  }
  // Half the rate and frames of 20 ms: voices stay far below, at an eighth of the work.
  const low = resample(mono, RATE, PITCH_RATE, { quality: 'fast' });
  const pitch = trackPitch(low, PITCH_RATE, { hopSec: 0.02 });
  const voiced = [...pitch.f0.keys()].filter((t) => pitch.f0[t]! > 0);
  const semitones = voiced.map((t) => 12 * Math.log2(pitch.f0[t]! / 100));
  const steps = voiced.flatMap((t, i) =>
    i > 0 && voiced[i - 1] === t - 1 ? [Math.abs(semitones[i]! - semitones[i - 1]!)] : [],
  );
  const clarity = voiced.map((t) => pitch.clarity[t]!);
  const mel = melStatistics(mono);
  return Float64Array.from([
    mean(flatness),
    spread(flatness),
    mean(centroid),
    spread(centroid),
    mean(entropy),
    mean(flux),
    spread(flux),
    tilt(longTerm),
    highShare(longTerm),
    logKurtosis(mono),
    pitch.f0.length === 0 ? 0 : voiced.length / pitch.f0.length,
    spread(semitones),
    Math.min(4, mean(steps)),
    mean(clarity),
    spread(clarity),
    prominence(power, bins, active),
    mel.step,
    mel.curvature,
    mel.repetition,
    modulation(energy),
  ]);
}

function melStatistics(mono: Float32Array): {
  step: number;
  curvature: number;
  repetition: number;
} {
  const { frames, dims, data } = logMel(mono, {
    sampleRate: RATE,
    winLength: 400,
    hop: HOP,
    fftSize: FFT_SIZE,
    filters: 24,
    window: 'hann',
    floor: 1e-7,
  });
  const distance = (a: number, b: number): number => {
    let sum = 0;
    for (let j = 0; j < dims; j += 1) sum += Math.abs(data[a * dims + j]! - data[b * dims + j]!);
    return (10 * sum) / dims;
  };
  let step = 0;
  let curvature = 0;
  for (let t = 1; t < frames; t += 1) step += distance(t, t - 1);
  for (let t = 2; t < frames; t += 1) {
    let sum = 0;
    for (let j = 0; j < dims; j += 1) {
      sum += Math.abs(
        data[t * dims + j]! - 2 * data[(t - 1) * dims + j]! + data[(t - 2) * dims + j]!,
      );
    }
    curvature += (10 * sum) / dims;
  }
  const gap = 10;
  let repetition = 0;
  let counted = 0;
  for (let t = gap; t < frames; t += 4) {
    let nearest = Number.POSITIVE_INFINITY;
    for (let s = Math.max(0, t - 200); s <= t - gap; s += 1)
      nearest = Math.min(nearest, distance(t, s));
    repetition += nearest;
    counted += 1;
  }
  return {
    step: frames > 1 ? step / (frames - 1) : 0,
    curvature: frames > 2 ? curvature / (frames - 2) : 0,
    repetition: counted > 0 ? repetition / counted : 0,
  };
}

function tilt(longTerm: Float64Array): number {
  const points: [number, number][] = [];
  for (let k = 1; k < longTerm.length; k += 1) {
    const hz = (k * RATE) / FFT_SIZE;
    if (hz >= 200 && hz <= 7000)
      points.push([Math.log2(hz), 10 * Math.log10(longTerm[k]! + 1e-12)]);
  }
  const mx = mean(points.map(([x]) => x));
  const my = mean(points.map(([, y]) => y));
  let xy = 0;
  let xx = 0;
  for (const [x, y] of points) {
    xy += (x - mx) * (y - my);
    xx += (x - mx) ** 2;
  }
  return xx > 0 ? xy / xx : 0;
}

function highShare(longTerm: Float64Array): number {
  const half = Math.round((4000 * FFT_SIZE) / RATE);
  return (
    10 *
    Math.log10((sumOf(longTerm, half, longTerm.length) + 1e-9) / (sumOf(longTerm, 1, half) + 1e-9))
  );
}

function logKurtosis(x: Float32Array): number {
  let second = 0;
  let fourth = 0;
  for (let i = 0; i < x.length; i += 1) {
    const square = x[i]! * x[i]!;
    second += square;
    fourth += square * square;
  }
  return second > 0 ? Math.log((x.length * fourth) / (second * second)) : 0;
}

/** Peak of the power cepstrum between 60 and 450 Hz over its mean there. */
function prominence(power: Float32Array, bins: number, active: readonly number[]): number {
  const size = 2 * (bins - 1);
  const fft = createFft(size);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const from = Math.floor(RATE / 450);
  const to = Math.min(size >> 1, Math.ceil(RATE / 60));
  let sum = 0;
  for (const t of active) {
    im.fill(0);
    for (let k = 0; k < bins; k += 1) {
      const value = 10 * Math.log10(power[t * bins + k]! + 1e-12);
      re[k] = value;
      if (k > 0 && k < bins - 1) re[size - k] = value;
    }
    fft.inverse(re, im);
    let top = 0;
    let level = 0;
    for (let q = from; q < to; q += 1) {
      top = Math.max(top, Math.abs(re[q]!));
      level += Math.abs(re[q]!);
    }
    sum += 10 * Math.log10((top + 1e-9) / (level / (to - from) + 1e-9));
  }
  return active.length === 0 ? 0 : sum / active.length;
}

function modulation(energy: Float64Array): number {
  const envelope = energy.map((value) => 10 * Math.log10(value + 1e-10));
  const level = mean([...envelope]);
  const bandPower = (hz: number): number => {
    let re = 0;
    let im = 0;
    for (let t = 0; t < envelope.length; t += 1) {
      const angle = (2 * Math.PI * hz * t * HOP) / RATE;
      re += (envelope[t]! - level) * Math.cos(angle);
      im += (envelope[t]! - level) * Math.sin(angle);
    }
    return re * re + im * im;
  };
  const around = (hz: number): number =>
    [-1, -0.5, 0, 0.5, 1].reduce((sum, d) => sum + bandPower(hz + d), 0);
  return 10 * Math.log10((around(4) + 1e-6) / (around(12) + 1e-6));
}

function sumOf(values: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += values[i]!;
  return sum;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spread(values: readonly number[]): number {
  const centre = mean(values);
  return values.length === 0 ? 0 : Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
