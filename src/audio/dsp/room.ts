/**
 * Impulse responses of rectangular rooms by image sources (Allen & Berkley 1979).
 * @module
 */

const SOUND_SPEED = 343;

/** A point in a room in m from one of its corners. */
export type Place = readonly [number, number, number];

/** A room with a source and a microphone in it. */
export interface RoomSetup {
  /** Length, width and height in m. */
  readonly size: Place;
  readonly source: Place;
  readonly microphone: Place;
  /** Seconds in which the sound falls by 60 dB. */
  readonly rt60Sec: number;
  /** Hz. */
  readonly sampleRate: number;
}

/** Distance of two points in m. */
export function distanceOf(a: Place, b: Place): number {
  return Math.sqrt(a.reduce((sum, s, i) => sum + (s - b[i]!) * (s - b[i]!), 0));
}

/**
 * Sums the image sources. Walls absorb as Sabine's formula asks for the reverberation time; the direct sound
 * is moved to time 0 with amplitude 1.
 * @returns `[round(1.2 · rt60 · sampleRate)]`
 */
export function imageSourceResponse({
  size,
  source,
  microphone,
  rt60Sec,
  sampleRate,
}: RoomSetup): Float32Array {
  const [x, y, z] = size;
  const surface = 2 * (x * y + x * z + y * z);
  const absorption = Math.min(0.99, (0.161 * x * y * z) / (surface * rt60Sec));
  const reflection = Math.sqrt(1 - absorption);
  const length = Math.round(1.2 * rt60Sec * sampleRate);
  const direct = distanceOf(source, microphone);
  const reach = (length / sampleRate) * SOUND_SPEED + direct;
  const [xs, ys, zs] = size.map((span, i) => images(span, source[i]!, microphone[i]!, reach));
  const most = [xs!, ys!, zs!].reduce((sum, axis) => sum + Math.max(...axis.bounces), 0);
  const strength = new Float64Array(most + 1);
  strength[0] = direct;
  for (let n = 1; n <= most; n += 1) strength[n] = strength[n - 1]! * reflection;
  const out = new Float32Array(length);
  const perMetre = sampleRate / SOUND_SPEED;
  for (const [a, x0] of xs!.at.entries()) {
    for (const [b, y0] of ys!.at.entries()) {
      const partial = x0 * x0 + y0 * y0;
      if (partial > reach * reach) continue;
      const bounces = xs!.bounces[a]! + ys!.bounces[b]!;
      for (let c = 0; c < zs!.at.length; c += 1) {
        const z0 = zs!.at[c]!;
        const distance = Math.sqrt(partial + z0 * z0);
        const sample = Math.round((distance - direct) * perMetre);
        // Images are in the order of their distance along the axis.
        if (sample >= length) break;
        if (sample < 0) continue;
        out[sample]! += strength[bounces + zs!.bounces[c]!]! / Math.max(distance, 0.1);
      }
    }
  }
  return out;
}

/** Images of a source along one axis, nearest first: where they are from the microphone, after how many walls. */
function images(
  span: number,
  source: number,
  microphone: number,
  reach: number,
): { at: Float64Array; bounces: Uint16Array } {
  const found: [number, number][] = [];
  const orders = Math.ceil(reach / (2 * span)) + 1;
  for (let n = -orders; n <= orders; n += 1) {
    found.push([2 * n * span + source - microphone, Math.abs(2 * n)]);
    found.push([2 * n * span - source - microphone, Math.abs(2 * n - 1)]);
  }
  found.sort((a, b) => Math.abs(a[0]) - Math.abs(b[0]));
  return {
    at: Float64Array.from(found, ([at]) => at),
    bounces: Uint16Array.from(found, ([, bounces]) => bounces),
  };
}
