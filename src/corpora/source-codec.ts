/**
 * The codec that a recording came through, so that its fakes can be put through the same.
 * @module
 */

import { open } from 'node:fs/promises';
import { toMono } from '../audio/audio.ts';
import { resample } from '../audio/dsp/resample.ts';
import { type CodecOptions, roundTrip } from '../audio/io/codec.ts';
import type { Recording } from './recording.ts';

/** A codec with its rate, as the recording has it. */
export interface SourceCoding {
  readonly codec: CodecOptions;
  /** Hz at which the codec ran. */
  readonly sampleRate: number;
}

const G722_RATE = 16000;
/** Where the identification header of Vorbis lies in the first page of an Ogg file (Vorbis I, 4.2.2). */
const HEADER_BYTES = 56;
const CHANNELS_AT = 39;
const RATE_AT = 40;
const NOMINAL_AT = 48;

/**
 * How a recording was coded; undefined if it never was.
 * @param path its file
 */
export async function sourceCodingOf(
  { codec }: Pick<Recording, 'codec'>,
  path: string,
): Promise<SourceCoding | undefined> {
  if (codec === 'pcm') return undefined;
  if (codec === 'g722') return { codec: { codec }, sampleRate: G722_RATE };
  const header = Buffer.alloc(HEADER_BYTES);
  const file = await open(path);
  try {
    await file.read(header, 0, HEADER_BYTES, 0);
  } finally {
    await file.close();
  }
  return vorbisCoding(header);
}

/** How an Ogg Vorbis file was coded, by its first 56 bytes. */
export function vorbisCoding(header: Uint8Array): SourceCoding {
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  // The nominal rate stands for the encoder's quality; a channel of ours gets a channel's share.
  const bitRate = view.getInt32(NOMINAL_AT, true) / Math.max(1, view.getUint8(CHANNELS_AT));
  const sampleRate = view.getUint32(RATE_AT, true);
  return { codec: { codec: 'vorbis', ...(bitRate > 0 ? { bitRate } : {}) }, sampleRate };
}

/**
 * Sends a plane through a codec at the codec's own rate.
 * @returns the sound at the codec's rate, in `sampleRate` Hz
 */
export async function throughCoding(
  x: Float32Array,
  sampleRate: number,
  coding: SourceCoding,
): Promise<{ x: Float32Array; sampleRate: number }> {
  const plane = resample(x, sampleRate, coding.sampleRate);
  const { audio } = await roundTrip(
    { samples: [plane], sampleRate: coding.sampleRate },
    coding.codec,
  );
  return { x: toMono(audio), sampleRate: coding.sampleRate };
}
