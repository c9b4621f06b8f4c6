/**
 * Impulse responses of rectangular rooms by image sources (Allen & Berkley 1979).
 * @module
 */

import { cosTurns, fromDb, portableExp, sinTurns } from '../../core/portable-math.ts';
import { withKernel } from './kernels/dsp-kernel.ts';

const SOUND_SPEED = 343;

/** A point in a room in m from one of its corners. */
export type Place = readonly [number, number, number];

/** A room with a source and a microphone in it. */
export interface RoomSetup {
  /** Length, width and height in m. */
  readonly size: Place;
  readonly source: Place;
  readonly microphone: Place;
  /** Share of the energy that a wall takes, in (0, 1). */
  readonly absorption: number;
  /** Length of the response in s. */
  readonly durationSec: number;
  /** Hz. */
  readonly sampleRate: number;
}

/** Distance of two points in m. */
export function distanceOf(a: Place, b: Place): number {
  return Math.sqrt(a.reduce((sum, s, i) => sum + (s - b[i]!) * (s - b[i]!), 0));
}

/**
 * What the walls absorb by Sabine's formula for a reverberation time, at most 0.99. The formula is one of diffuse
 * sound: image sources of such walls fall off sooner in short reverberations and later in long ones.
 * @param size room in m
 */
export function sabineAbsorption([x, y, z]: Place, rt60Sec: number): number {
  const surface = 2 * (x * y + x * z + y * z);
  return Math.min(0.99, (0.161 * x * y * z) / (surface * rt60Sec));
}

/** Directions along each of the two angles of an octant. */
const DIRECTIONS = 16;

/**
 * What the walls absorb for a reverberation time that image sources then have: T20 of ISO 3382-1 on the decay
 * of their energy (Lehmann & Johansson 2008, J. Acoust. Soc. Am. 124(1)), which is a mean over directions.
 * @param size room in m
 */
export function imageSourceAbsorption(size: Place, rt60Sec: number): number {
  // Walls that sound in one direction meets a second; all octants are alike.
  const rates: number[] = [];
  for (let i = 0; i < DIRECTIONS; i += 1) {
    const up = (i + 0.5) / DIRECTIONS;
    const level = Math.sqrt(1 - up * up);
    for (let j = 0; j < DIRECTIONS; j += 1) {
      const turns = (j + 0.5) / (4 * DIRECTIONS);
      const along = (level * cosTurns(turns)) / size[0] + (level * sinTurns(turns)) / size[1];
      rates.push(SOUND_SPEED * (along + up / size[2]));
    }
  }
  // What is still to come after t seconds is Σ e^(−kt·rate) / rate, where 1 − absorption = e^(−k): it depends on kt.
  const left = (kt: number): number =>
    rates.reduce((sum, rate) => sum + portableExp(-kt * rate) / rate, 0);
  const whole = left(0);
  // There even the slowest direction is 26 dB down.
  const latest = 6 / Math.min(...rates);
  const timeOf = (share: number): number => {
    let [low, high] = [0, latest];
    for (let step = 0; step < 24; step += 1) {
      const middle = (low + high) / 2;
      if (left(middle) > share * whole) low = middle;
      else high = middle;
    }
    return low;
  };
  const at60 = 3 * (timeOf(fromDb(-25)) - timeOf(fromDb(-5)));
  return 1 - portableExp(-at60 / rt60Sec);
}

/**
 * Sums the image sources; the direct sound is moved to time 0 with amplitude 1. Images fall on whole samples: below
 * some 50 Hz the late ones add up in phase, and the sound there lasts longer.
 * @returns `[round(durationSec · sampleRate)]`
 */
export function imageSourceResponse({
  size,
  source,
  microphone,
  absorption,
  durationSec,
  sampleRate,
}: RoomSetup): Float32Array {
  const reflection = Math.sqrt(1 - absorption);
  const length = Math.round(durationSec * sampleRate);
  const direct = distanceOf(source, microphone);
  const reach = (length / sampleRate) * SOUND_SPEED + direct;
  const [xs, ys, zs] = size.map((span, i) => images(span, source[i]!, microphone[i]!, reach));
  const most = [xs!, ys!, zs!].reduce((sum, axis) => sum + Math.max(...axis.bounces), 0);
  const strength = new Float64Array(most + 1);
  strength[0] = direct;
  for (let n = 1; n <= most; n += 1) strength[n] = strength[n - 1]! * reflection;
  return withKernel((scratch) => {
    const put = ({ at, bounces }: Images) =>
      [scratch.putDoubles(at), scratch.putWords(bounces), at.length] as const;
    const out = scratch.zeros(length);
    scratch.kernel.addImages(
      ...put(xs!),
      ...put(ys!),
      ...put(zs!),
      scratch.putDoubles(strength),
      reach,
      direct,
      sampleRate / SOUND_SPEED,
      length,
      out,
    );
    return scratch.take(out, length);
  });
}

/** Where images are from the microphone along one axis in m, nearest first, and after how many walls. */
interface Images {
  readonly at: Float64Array;
  readonly bounces: Uint32Array;
}

/** Images of a source along one axis. */
function images(span: number, source: number, microphone: number, reach: number): Images {
  const found: [number, number][] = [];
  const orders = Math.ceil(reach / (2 * span)) + 1;
  for (let n = -orders; n <= orders; n += 1) {
    found.push([2 * n * span + source - microphone, Math.abs(2 * n)]);
    found.push([2 * n * span - source - microphone, Math.abs(2 * n - 1)]);
  }
  found.sort((a, b) => Math.abs(a[0]) - Math.abs(b[0]));
  return {
    at: Float64Array.from(found, ([at]) => at),
    bounces: Uint32Array.from(found, ([, bounces]) => bounces),
  };
}
