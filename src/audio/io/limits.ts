/**
 * Bounds on what is decoded.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';

/** Bounds on what is decoded. */
export interface DecodeLimits {
  /** Seconds of sound. @default 14400 */
  readonly maxDurationSec?: number | undefined;
  /** Bytes of the file. @default 4 GiB */
  readonly maxBytes?: number | undefined;
  /** Seconds of work. @default 120 */
  readonly maxTimeSec?: number | undefined;
  /** Of the samples here; of the whole process in the isolated decoder. @default 2048 */
  readonly maxMemoryMb?: number | undefined;
}

/** {@link DecodeLimits} with every bound given. */
export type AllDecodeLimits = { readonly [K in keyof DecodeLimits]-?: number };

/** What holds where no limit is given. */
export const DEFAULT_LIMITS: AllDecodeLimits = {
  maxDurationSec: 14400,
  maxBytes: 4 * 2 ** 30,
  maxTimeSec: 120,
  maxMemoryMb: 2048,
};

/** More channels than any recording has; a hostile header cannot make us hold more planes. */
const MAX_CHANNELS = 64;

/** Limits with the defaults in place of what is absent. */
export function fillLimits(limits: DecodeLimits = {}): AllDecodeLimits {
  return {
    maxDurationSec: limits.maxDurationSec ?? DEFAULT_LIMITS.maxDurationSec,
    maxBytes: limits.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    maxTimeSec: limits.maxTimeSec ?? DEFAULT_LIMITS.maxTimeSec,
    maxMemoryMb: limits.maxMemoryMb ?? DEFAULT_LIMITS.maxMemoryMb,
  };
}

/** What a recording will take, as far as it is known. */
export interface Extent {
  readonly channels: number;
  /** Null if unknown. */
  readonly durationSec: number | null;
  /** Hz. */
  readonly sampleRate: number;
}

/**
 * Checks channels, duration and size of samples against the limits.
 * @param name what messages call the recording
 * @throws RingtrueError `audio/bad-shape`, `audio/limit-duration`, `audio/limit-memory`
 */
export function checkExtent(
  name: string,
  { channels, durationSec, sampleRate }: Extent,
  { maxDurationSec, maxMemoryMb }: AllDecodeLimits,
): void {
  if (channels > MAX_CHANNELS) {
    throw new RingtrueError(
      'audio/bad-shape',
      `${name} has ${channels} channels, at most ${MAX_CHANNELS} are read`,
      { details: { channels } },
    );
  }
  if (durationSec === null) return;
  if (durationSec > maxDurationSec) {
    throw new RingtrueError(
      'audio/limit-duration',
      `${name} lasts ${durationSec.toFixed(1)} s or more, the limit is ${maxDurationSec} s`,
      { details: { durationSec, maxDurationSec } },
    );
  }
  const megabytes = (durationSec * sampleRate * channels * 4) / 2 ** 20;
  if (megabytes > maxMemoryMb) {
    throw new RingtrueError(
      'audio/limit-memory',
      `${name} has ${megabytes.toFixed(0)} MB of samples or more, the limit is ${maxMemoryMb} MB`,
      { details: { megabytes, maxMemoryMb } },
    );
  }
}
