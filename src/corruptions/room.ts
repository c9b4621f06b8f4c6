/**
 * Impulse responses of rectangular rooms by image sources (Allen & Berkley 1979).
 * @module
 */

import type { Rng } from '../core/rng.ts';

const SOUND_SPEED = 343;

/**
 * Draws a room of 3–8 m, places a source and a microphone, and sums the image sources. Walls absorb as
 * Sabine's formula asks for the reverberation time; the direct sound is moved to time 0 with amplitude 1.
 * @returns `[round(1.2 · rt60 · sampleRate)]` at most
 */
export function roomResponse(
  { rt60Sec, sampleRate }: { rt60Sec: number; sampleRate: number },
  rng: Rng,
): Float32Array {
  const size = [rng.between(4, 8), rng.between(3, 6), rng.between(2.4, 3.5)] as const;
  const place = (): number[] => size.map((length) => rng.between(0.2, 0.8) * length);
  const source = place();
  const microphone = place();
  const [x, y, z] = size;
  const surface = 2 * (x * y + x * z + y * z);
  const absorption = Math.min(0.99, (0.161 * x * y * z) / (surface * rt60Sec));
  const reflection = Math.sqrt(1 - absorption);
  const length = Math.round(1.2 * rt60Sec * sampleRate);
  const direct = Math.hypot(...source.map((s, i) => s - microphone[i]!));
  const reach = ((length / sampleRate) * SOUND_SPEED + direct) as number;
  const out = new Float32Array(length);
  const axis = (i: number): { at: number; bounces: number }[] => {
    const images: { at: number; bounces: number }[] = [];
    const orders = Math.ceil(reach / (2 * size[i]!)) + 1;
    for (let n = -orders; n <= orders; n += 1) {
      images.push({ at: 2 * n * size[i]! + source[i]! - microphone[i]!, bounces: Math.abs(2 * n) });
      images.push({
        at: 2 * n * size[i]! - source[i]! - microphone[i]!,
        bounces: Math.abs(2 * n - 1),
      });
    }
    return images;
  };
  const [xs, ys, zs] = [axis(0), axis(1), axis(2)];
  for (const a of xs) {
    for (const b of ys) {
      const partial = a.at * a.at + b.at * b.at;
      if (partial > reach * reach) continue;
      for (const c of zs) {
        const distance = Math.sqrt(partial + c.at * c.at);
        const sample = Math.round(((distance - direct) / SOUND_SPEED) * sampleRate);
        if (sample < 0 || sample >= length) continue;
        out[sample]! +=
          (reflection ** (a.bounces + b.bounces + c.bounces) * direct) / Math.max(distance, 0.1);
      }
    }
  }
  return out;
}
