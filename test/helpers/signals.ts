/**
 * Signals and measurements that tests share.
 * @module
 */

import { createRng } from '../../src/core/rng.ts';

/** Low-passed noise with a slow swell: what waveform codecs keep and correlation can align. */
export function swellingNoise(length: number, seed = 'noise'): Float32Array {
  const rng = createRng(seed);
  let smooth = 0;
  return Float32Array.from({ length }, (_, i) => {
    smooth = 0.85 * smooth + 0.15 * rng.normal();
    return 0.3 * smooth * (0.6 + 0.4 * Math.sin(i / 2000));
  });
}

/**
 * Something like speech: glottal pulses of a gliding pitch through three gliding formants, in syllables,
 * with breath noise up to half the rate.
 */
export function babbling(length: number, sampleRate: number, seed = 'babbling'): Float32Array {
  const rng = createRng(seed);
  const formants = [0, 0, 0].map(() => ({ y1: 0, y2: 0 }));
  const out = new Float32Array(length);
  let phase = 0;
  let tilt = 0;
  for (let i = 0; i < length; i += 1) {
    const t = i / sampleRate;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 3.1 * t)) ** 0.5;
    const hiss = Math.max(0, -Math.sin(2 * Math.PI * 3.1 * t)) ** 2;
    phase += (118 + 25 * Math.sin(2 * Math.PI * 0.7 * t)) / sampleRate;
    const pulse = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    tilt = 0.9 * tilt + pulse;
    let x = syllable * (tilt + 0.02 * rng.normal());
    const centres = [
      550 + 200 * Math.sin(2 * Math.PI * 1.3 * t),
      1500 + 500 * Math.sin(2 * Math.PI * 0.9 * t),
      2600,
    ];
    for (const [f, state] of formants.entries()) {
      const r = Math.exp((-Math.PI * 90 * (f + 1)) / sampleRate);
      const y =
        x +
        2 * r * Math.cos((2 * Math.PI * centres[f]!) / sampleRate) * state.y1 -
        r * r * state.y2;
      state.y2 = state.y1;
      state.y1 = y;
      x = 0.35 * y + 0.3 * x;
    }
    out[i] = 0.02 * x + 0.03 * hiss * rng.normal();
  }
  const peak = out.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return out.map((value) => (0.6 * value) / peak);
}

/** Lag in samples at which `x` matches `reference` best: positive if `x` is late. */
export function lagOf(reference: Float32Array, x: Float32Array, reach: number): number {
  let best = 0;
  let bestSum = Number.NEGATIVE_INFINITY;
  const edge = Math.min(reach + 1000, Math.floor(reference.length / 4));
  for (let lag = -reach; lag <= reach; lag += 1) {
    let sum = 0;
    for (let i = edge; i < reference.length - edge; i += 1)
      sum += reference[i]! * (x[i + lag] ?? 0);
    if (sum > bestSum) {
      bestSum = sum;
      best = lag;
    }
  }
  return best;
}

/** Signal-to-noise ratio of `x` against `reference` in dB, away from the ends. */
export function snrOf(reference: Float32Array, x: Float32Array, edge = 1000): number {
  let signal = 0;
  let noise = 0;
  for (let i = edge; i < reference.length - edge; i += 1) {
    signal += reference[i]! ** 2;
    noise += (reference[i]! - x[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

/** Share of the power above a frequency, by a plain discrete Fourier transform of Hann-windowed frames. */
export function shareAbove(x: Float32Array, sampleRate: number, hz: number): number {
  const size = 256;
  let high = 0;
  let all = 0;
  for (let start = 0; start + size <= x.length; start += 1024) {
    for (let k = 0; k <= size / 2; k += 1) {
      let re = 0;
      let im = 0;
      for (let i = 0; i < size; i += 1) {
        const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size);
        re += window * x[start + i]! * Math.cos((2 * Math.PI * k * i) / size);
        im += window * x[start + i]! * Math.sin((2 * Math.PI * k * i) / size);
      }
      const power = re * re + im * im;
      all += power;
      if ((k * sampleRate) / size > hz) high += power;
    }
  }
  return high / all;
}
