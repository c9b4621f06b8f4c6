/**
 * A synthetic vowel and what is measured of its copies, for tests.
 * @module
 */

import { applyIir, biquad } from '../../audio/dsp/filters.ts';
import type { Rng } from '../../core/rng.ts';

const SAMPLE_RATE = 16000;
/** An open vowel. */
const FORMANTS = [
  { hz: 700, q: 6 },
  { hz: 1300, q: 9 },
  { hz: 2600, q: 12 },
];

/** Pulses at a pitch through three formants with a slow swell and a little breath, at 16 kHz. */
export function vowel({
  seconds,
  hz,
  rng,
}: {
  seconds: number;
  hz: number;
  rng: Rng;
}): Float32Array {
  const out = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  const source = new Float32Array(out.length);
  let phase = 0;
  for (let i = 0; i < source.length; i += 1) {
    phase += hz / SAMPLE_RATE;
    if (phase >= 1) {
      phase -= 1;
      source[i] = 1;
    }
    source[i]! += 0.01 * rng.normal();
  }
  for (const { hz: centre, q } of FORMANTS) {
    const band = applyIir(source, biquad({ type: 'band', hz: centre, q, sampleRate: SAMPLE_RATE }));
    for (let i = 0; i < out.length; i += 1) out[i]! += band[i]!;
  }
  const swell = (i: number): number => 0.6 - 0.4 * Math.cos((2 * Math.PI * 3 * i) / SAMPLE_RATE);
  return out.map((value, i) => value * swell(i));
}

/**
 * Pitch of a whole recording by the largest autocorrelation, searched from half to twice of `hz`: steadier
 * than a tracker on sounds that are only partly periodic.
 */
export function pitchNear(x: Float32Array, hz: number): number {
  const shortest = Math.ceil(SAMPLE_RATE / (1.9 * hz));
  const longest = Math.floor(SAMPLE_RATE / (0.55 * hz));
  const at = (lag: number): number => {
    let sum = 0;
    for (let i = lag; i < x.length; i += 1) sum += x[i]! * x[i - lag]!;
    return sum;
  };
  let best = shortest;
  for (let lag = shortest; lag <= longest; lag += 1) if (at(lag) > at(best)) best = lag;
  return SAMPLE_RATE / best;
}

/** Pearson correlation of the root mean squares of 20-ms frames, every 5 ms. */
export function envelopeCorrelation(a: Float32Array, b: Float32Array): number {
  const [x, y] = [envelope(a), envelope(b)];
  const mean = (of: readonly number[]): number => of.reduce((sum, v) => sum + v, 0) / of.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i += 1) {
    xy += (x[i]! - meanX) * (y[i]! - meanY);
    xx += (x[i]! - meanX) ** 2;
    yy += (y[i]! - meanY) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

function envelope(x: Float32Array): number[] {
  const out: number[] = [];
  for (let start = 0; start + 320 <= x.length; start += 80) {
    let sum = 0;
    for (let i = start; i < start + 320; i += 1) sum += x[i]! * x[i]!;
    out.push(Math.sqrt(sum / 320));
  }
  return out;
}
