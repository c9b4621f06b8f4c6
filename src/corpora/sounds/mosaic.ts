/**
 * A window made anew from other pieces of the same sound, each the nearest in spectrum: what a sampler does.
 * @module
 */

import { melBank } from '../../audio/dsp/filter-banks.ts';
import { rms } from '../../audio/dsp/level.ts';
import { powerSpectrogram } from '../../audio/dsp/stft.ts';
import { hann } from '../../audio/dsp/windows.ts';
import type { Rng } from '../../core/rng.ts';

/** What is copied, and from what. */
export interface Mosaic {
  /** 16 kHz. */
  readonly x: Float32Array;
  /** The sound before and after it. */
  readonly rest: readonly Float32Array[];
}

const GRAIN = 2048;
const HOP = GRAIN / 2;
const MELS = 28;
/** One of so many nearest pieces is taken. */
const NEAREST = 3;
const MOST_GAIN = 4;
const SPECTRUM = { fftSize: GRAIN, hop: HOP, center: false };
const bank = melBank({ filters: MELS, fftSize: GRAIN, sampleRate: 16000 });
/** First and one past the last bin of each band. */
const spans = Array.from({ length: MELS }, (_, j) => {
  const row = bank.weights.subarray(j * bank.bins, (j + 1) * bank.bins);
  return [row.findIndex((w) => w > 0), row.findLastIndex((w) => w > 0) + 1] as const;
});
const fade = Float32Array.from(hann(GRAIN, { periodic: true }));

interface Grain {
  readonly samples: Float32Array;
  /** Decibels by band, without their mean. */
  readonly shape: Float64Array;
}

/**
 * Replaces grains of 128 ms, which overlap by half, by others from the rest of the sound.
 * @returns `[x.length]`
 */
export function mosaic({ x, rest }: Mosaic, rng: Rng): Float32Array {
  const padded = new Float32Array(HOP * (Math.ceil(x.length / HOP) + 2));
  padded.set(x, HOP);
  const stock = rest.flatMap((piece) => grainsOf(piece));
  const out = new Float32Array(padded.length);
  for (const [i, target] of grainsOf(padded).entries()) {
    const nearest = nearestOf(target, stock);
    const chosen = stock[rng.pick(nearest)]!.samples;
    const gain = Math.min(MOST_GAIN, rms(target.samples) / (rms(chosen) + 1e-9));
    for (let n = 0; n < GRAIN; n += 1) out[i * HOP + n]! += gain * fade[n]! * chosen[n]!;
  }
  return out.slice(HOP, HOP + x.length);
}

function grainsOf(x: Float32Array): Grain[] {
  const { frames, bins, power } = powerSpectrogram(x, SPECTRUM);
  return Array.from({ length: frames }, (_, t) => {
    const shape = new Float64Array(MELS);
    for (const [j, [first, end]] of spans.entries()) {
      let sum = 0;
      for (let k = first; k < end; k += 1) {
        sum += bank.weights[j * bins + k]! * power[t * bins + k]!;
      }
      shape[j] = 10 * Math.log10(sum + 1e-9);
    }
    const mean = shape.reduce((sum, value) => sum + value, 0) / MELS;
    return {
      samples: x.subarray(t * HOP, t * HOP + GRAIN),
      shape: shape.map((value) => value - mean),
    };
  });
}

/** Places of the nearest grains in stock. */
function nearestOf({ shape }: Grain, stock: readonly Grain[]): number[] {
  const best: { readonly i: number; readonly distance: number }[] = [];
  for (const [i, other] of stock.entries()) {
    let distance = 0;
    for (let j = 0; j < MELS; j += 1) distance += (shape[j]! - other.shape[j]!) ** 2;
    if (best.length === NEAREST && distance >= best[NEAREST - 1]!.distance) continue;
    best.push({ i, distance });
    best.sort((a, b) => a.distance - b.distance);
    best.splice(NEAREST);
  }
  return best.map(({ i }) => i);
}
