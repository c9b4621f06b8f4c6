/**
 * Decoded clips kept between readings, and between trainings on the same clips.
 * @module
 */

import type { DetectorInput } from '../models/types.ts';

/** Decoded clips by path, as many as fit; what a front end computed of one is kept with it. */
export interface Sounds {
  get(path: string): DetectorInput | undefined;
  /** Keeps a clip if there is room; its features come on top of that. */
  keep(path: string, input: DetectorInput): void;
}

/** @param maxBytes most bytes of samples that are kept */
export function createSounds(maxBytes: number): Sounds {
  const kept = new Map<string, DetectorInput>();
  let bytes = 0;
  return {
    get: (path) => kept.get(path),
    keep(path, input) {
      const size = input.audio.samples.reduce((sum, plane) => sum + plane.byteLength, 0);
      if (kept.has(path) || bytes + size > maxBytes) return;
      kept.set(path, input);
      bytes += size;
    },
  };
}
