/**
 * Rooms at random.
 * @module
 */

import { imageSourceAbsorption, imageSourceResponse } from '../audio/dsp/room.ts';
import type { Rng } from '../core/rng.ts';

/**
 * Draws a room of 3–8 m, places a source and a microphone, and sums the image sources; the direct sound is at
 * time 0 with amplitude 1.
 * @returns `[round(1.2 · rt60 · sampleRate)]`
 */
export function roomResponse(
  { rt60Sec, sampleRate }: { rt60Sec: number; sampleRate: number },
  rng: Rng,
): Float32Array {
  const size = [rng.between(4, 8), rng.between(3, 6), rng.between(2.4, 3.5)] as const;
  const place = () =>
    [
      rng.between(0.2, 0.8) * size[0],
      rng.between(0.2, 0.8) * size[1],
      rng.between(0.2, 0.8) * size[2],
    ] as const;
  return imageSourceResponse({
    size,
    source: place(),
    microphone: place(),
    absorption: imageSourceAbsorption(size, rt60Sec),
    durationSec: 1.2 * rt60Sec,
    sampleRate,
  });
}
