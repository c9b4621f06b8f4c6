/**
 * Covers part of a sound with the sound's own noise floor, to find out what a detector listens to.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import { gaussianNoise } from './noise.ts';
import { istft, type Stft, stft } from './stft.ts';
import { hann } from './windows.ts';

/** True for the cells that are covered: frame `t`, bin `k`. */
export type Cover = (t: number, k: number) => boolean;

/** How {@link occlude} covers. */
export interface OccludeOptions {
  /** Hz. */
  readonly sampleRate: number;
  /** Draws the noise. */
  readonly rng: Rng;
  /**
   * Chooses the cells: told the power of each frame, `[frames]`, and how many bins lie from 0 Hz to half the rate.
   */
  choose(powers: Float64Array, bins: number): Cover;
}

/** Share of the frames, the quietest, that are taken for the floor. */
const FLOOR_SHARE = 0.1;
const FRAME_SEC = 0.032;
const LEAST_FFT = 64;
/** Frames at either end, a quarter of a frame apart, that reach beyond it. */
const EDGE_FRAMES = 2;

/**
 * Replaces chosen time–frequency cells by Gaussian noise as strong as the clip's quietest tenth of frames has it,
 * bin by bin: a hole of digital silence would be a cue by itself. Frames of about 32 ms (a power of two samples), a
 * quarter apart, Hann window, whose side lobes leave of a covered tone what lies some 55 dB below it; what no covered
 * frame touches stays as it was, but for rounding.
 * @returns `[x.length]`
 */
export function occlude(
  x: Float32Array,
  { sampleRate, rng, choose }: OccludeOptions,
): Float32Array {
  let fftSize = LEAST_FFT;
  while (1.5 * fftSize <= FRAME_SEC * sampleRate) fftSize *= 2;
  const options = { fftSize, hop: fftSize / 4 };
  const spectra = stft(x, options);
  const { frames, bins, re, im } = spectra;
  const powers = framePowers(spectra);
  const gains = floorGains(spectra, powers, fftSize);
  const noise = stft(gaussianNoise(new Float32Array(x.length), rng), options);
  const covers = choose(powers, bins);
  for (let t = 0; t < frames; t += 1) {
    for (let k = 0; k < bins; k += 1) {
      if (!covers(t, k)) continue;
      const at = t * bins + k;
      re[at] = noise.re[at]! * gains[k]!;
      im[at] = noise.im[at]! * gains[k]!;
    }
  }
  return istft(spectra, options, x.length);
}

function framePowers({ frames, bins, re, im }: Stft): Float64Array {
  return Float64Array.from({ length: frames }, (_, t) => {
    let sum = 0;
    for (let at = t * bins; at < (t + 1) * bins; at += 1)
      sum += re[at]! * re[at]! + im[at]! * im[at]!;
    return sum;
  });
}

/** What white noise of unit power is multiplied by to be as strong as the quietest frames, per bin. */
function floorGains({ bins, re, im }: Stft, powers: Float64Array, fftSize: number): Float64Array {
  const quiet = quietest(powers, FLOOR_SHARE);
  const windowPower = hann(fftSize).reduce((sum, value) => sum + value * value, 0);
  return Float64Array.from({ length: bins }, (_, k) => {
    let sum = 0;
    for (const t of quiet)
      sum += re[t * bins + k]! * re[t * bins + k]! + im[t * bins + k]! * im[t * bins + k]!;
    return Math.sqrt(sum / (quiet.length * windowPower));
  });
}

/**
 * The frames with the least power: a share of all, at least one; earlier ones first among equals. Those that reach
 * beyond the ends of the clip hold zeros, and do not count as long as there are others.
 */
export function quietest(powers: Float64Array, share: number): number[] {
  const frames = [...powers.keys()];
  const whole = frames.slice(EDGE_FRAMES, -EDGE_FRAMES);
  const order = (whole.length > 0 ? whole : frames).sort(
    (a, b) => powers[a]! - powers[b]! || a - b,
  );
  return order.slice(0, Math.max(1, Math.round(share * powers.length)));
}
