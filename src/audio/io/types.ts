/**
 * What decoding takes and gives.
 * @module
 */

import type { Audio } from '../audio.ts';
import type { DecodeLimits } from './limits.ts';
import type { RawFormat } from './raw.ts';

/** A sound track of a container. */
export interface Track {
  /** Counted from 0 among the sound tracks. */
  readonly index: number;
  readonly codec: string;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly language: string | null;
}

/** What a container says of its sound. */
export interface Probe {
  readonly container: string;
  readonly codec: string;
  /** Bits a second; null if unknown. */
  readonly bitRate: number | null;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Seconds by the container, or estimated from its bit rate; null if neither can be had. */
  readonly durationSec: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly tracks: readonly Track[];
}

/** Decoded sound. */
export interface Decoded {
  readonly audio: Audio;
  readonly probe: Probe;
  /** Packets that the decoder refused as damaged, where there are any; their sound is missing or concealed. */
  readonly damagedPackets?: number;
}

/** How to decode. */
export interface DecodeOptions {
  readonly limits?: DecodeLimits | undefined;
  /** Which sound track, counted from 0. @default 0 */
  readonly track?: number | undefined;
  /** For headerless files; by default the file's ending says (.g722, .g726, .gsm, .ulaw, .alaw). */
  readonly format?: RawFormat | undefined;
  /** True keeps what was decoded of a truncated file. @default false */
  readonly allowPartial?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}
