/**
 * Where a keyboard is heard: a room with the microphone in it, what the microphone lets through, and noise.
 * @module
 */

import { applyIir, butterworth, fftConvolve } from '../../audio/dsp/filters.ts';
import { activeLevelDb, peak, rms } from '../../audio/dsp/level.ts';
import { gaussianNoise } from '../../audio/dsp/noise.ts';
import { imageSourceResponse, sabineAbsorption } from '../../audio/dsp/room.ts';
import type { Rng } from '../../core/rng.ts';
import { KEYBOARD_RATE } from './keyboard.ts';

/** A place, drawn once. */
export interface Place {
  /** Impulse response at 44.1 kHz. */
  readonly response: Float32Array;
  readonly lowHz: number;
  readonly highHz: number;
  /** Share of each new sample in the noise: small is dull. */
  readonly noiseColour: number;
}

const DESK_HEIGHT = 0.75;

/** Draws a room of 2.5 to 7 m with a keyboard on a desk and a microphone 0.2 to 1.5 m away. */
export function drawPlace(rng: Rng): Place {
  const size = [rng.between(3, 7), rng.between(2.5, 6), rng.between(2.4, 3.2)] as const;
  const source = [
    rng.between(1.6, size[0] - 1),
    rng.between(0.6, size[1] - 0.6),
    DESK_HEIGHT,
  ] as const;
  const microphone = [
    source[0] - rng.between(0.2, 1.5),
    source[1] + rng.between(-0.4, 0.4),
    DESK_HEIGHT + rng.between(0.02, 0.6),
  ] as const;
  const rt60Sec = rng.between(0.15, 0.5);
  return {
    response: imageSourceResponse({
      size,
      source,
      microphone,
      absorption: sabineAbsorption(size, rt60Sec),
      durationSec: 1.2 * rt60Sec,
      sampleRate: KEYBOARD_RATE,
    }),
    lowHz: rng.between(60, 250),
    highHz: rng.between(7000, 19000),
    noiseColour: rng.between(0.02, 0.4),
  };
}

/** How loud a clip is. */
export interface Loudness {
  /** Keys above noise, both in RMS, keys where they sound. */
  readonly snrDb: number;
  readonly peakDb: number;
}

/**
 * Puts dry strokes into a place.
 * @returns `[dry.length]`
 */
export function hear(
  dry: Float32Array,
  { response, lowHz, highHz, noiseColour }: Place,
  { snrDb, peakDb }: Loudness,
  rng: Rng,
): Float32Array {
  const wet = fftConvolve(dry, response).subarray(0, dry.length);
  const noise = colour(gaussianNoise(new Float32Array(dry.length), rng), noiseColour);
  const gain = 10 ** ((activeLevelDb(wet, KEYBOARD_RATE) - snrDb) / 20) / rms(noise);
  const mixed = Float32Array.from(wet, (value, i) => value + gain * noise[i]!);
  const band = { order: 2, sampleRate: KEYBOARD_RATE };
  const low = applyIir(mixed, butterworth({ ...band, type: 'high', cutoffHz: lowHz }));
  const heard = applyIir(low, butterworth({ ...band, type: 'low', cutoffHz: highHz }));
  const scale = 10 ** (peakDb / 20) / peak(heard);
  return heard.map((value) => scale * value);
}

function colour(noise: Float32Array, share: number): Float32Array {
  let low = 0;
  return noise.map((value) => {
    low += share * (value - low);
    return low;
  });
}
