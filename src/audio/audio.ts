/**
 * The audio contract: planar Float32 samples with their true sample rate.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';

/** Sound in memory. */
export interface Audio {
  /** One plane a channel, `[channels][frames]`, nominally in [-1, 1]; all planes are equally long. */
  readonly samples: readonly Float32Array[];
  /** Samples a second, in Hz. */
  readonly sampleRate: number;
}

/** Number of sample frames. */
export function frameCount(audio: Audio): number {
  return audio.samples[0]?.length ?? 0;
}

/** Length in seconds. */
export function durationSec(audio: Audio): number {
  return frameCount(audio) / audio.sampleRate;
}

/** The mean of all channels as one plane; the plane itself (not a copy) if there is only one. */
export function toMono(audio: Audio): Float32Array {
  const [first] = audio.samples;
  if (first === undefined) return new Float32Array(0);
  if (audio.samples.length === 1) return first;
  const mono = new Float32Array(first.length);
  for (const plane of audio.samples) {
    for (let i = 0; i < mono.length; i += 1) mono[i]! += plane[i]!;
  }
  const scale = 1 / audio.samples.length;
  for (let i = 0; i < mono.length; i += 1) mono[i]! *= scale;
  return mono;
}

/**
 * Checks the contract at the border.
 * @throws RingtrueError `audio/bad-shape`, `audio/no-samples`, `audio/not-finite`
 */
export function checkAudio(audio: Audio): void {
  const length = frameCount(audio);
  if (!(audio.sampleRate > 0) || audio.samples.some((plane) => plane.length !== length)) {
    throw new RingtrueError(
      'audio/bad-shape',
      'channels differ in length, or the sample rate is not positive',
      {
        details: {
          sampleRate: audio.sampleRate,
          lengths: audio.samples.map((plane) => plane.length),
        },
      },
    );
  }
  if (length === 0) throw new RingtrueError('audio/no-samples', 'the recording has no samples');
  for (const [channel, plane] of audio.samples.entries()) {
    if (isFinitePlane(plane)) continue;
    const frame = plane.findIndex((sample) => !Number.isFinite(sample));
    throw new RingtrueError(
      'audio/not-finite',
      `channel ${channel} is ${plane[frame]} at ${frame / audio.sampleRate} s`,
      { details: { channel, frame } },
    );
  }
}

/** 0 · x is 0 for every finite x and NaN for every other: one plain loop over recordings that are sound. */
function isFinitePlane(plane: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < plane.length; i += 1) sum += 0 * plane[i]!;
  return sum === 0;
}
