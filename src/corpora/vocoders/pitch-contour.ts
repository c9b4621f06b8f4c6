/**
 * Pitch on the frame grid of a vocoder.
 * @module
 */

import { trackPitch } from '../../audio/dsp/pitch.ts';

const MIN_HZ = 60;
const MAX_HZ = 450;
const STEP_SEC = 0.005;
/** Steps of the median that removes single octave errors and gaps. */
const MEDIAN = 5;

/**
 * Fundamental frequency at the samples 0, hop, 2 · hop, …, by YIN with a median over 25 ms.
 * @param hop samples
 * @returns Hz, 0 where unvoiced, `[frames]`
 */
export function pitchContour(
  x: Float32Array,
  { sampleRate, hop, frames }: { sampleRate: number; hop: number; frames: number },
): Float32Array {
  const { f0, hopSec } = trackPitch(x, sampleRate, {
    minHz: MIN_HZ,
    maxHz: MAX_HZ,
    hopSec: STEP_SEC,
  });
  // A frame of the tracker looks at two longest periods from its start on.
  const lateSec = 1 / MIN_HZ;
  const out = new Float32Array(frames);
  const near = new Float32Array(MEDIAN);
  for (let t = 0; t < frames; t += 1) {
    const middle = Math.round(((t * hop) / sampleRate - lateSec) / hopSec);
    for (let i = 0; i < MEDIAN; i += 1) near[i] = f0[middle + i - (MEDIAN >> 1)] ?? 0;
    out[t] = near.sort()[MEDIAN >> 1]!;
  }
  return out;
}
