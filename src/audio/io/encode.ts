/**
 * Whole sound files in memory.
 * @module
 */

import { type Audio, checkAudio } from '../audio.ts';
import { resample } from '../dsp/resample.ts';
import { type EncoderSpec, nearestRate } from './codec-engine.ts';
import { AAC, FLAC, MP3, OPUS, VORBIS } from './encoders.ts';
import { muxFile } from './mux.ts';
import { writeWav } from './wav.ts';

/** Containers that {@link encode} writes. */
export type FileFormat = 'wav' | 'flac' | 'mp3' | 'ogg-opus' | 'ogg-vorbis' | 'm4a';

interface FileSpec extends EncoderSpec {
  readonly muxer: string;
  readonly defaultBitRate?: number;
}

const FILES: Readonly<Record<Exclude<FileFormat, 'wav'>, FileSpec>> = {
  flac: { ...FLAC, muxer: 'flac' },
  mp3: { ...MP3, muxer: 'mp3', defaultBitRate: 128000 },
  'ogg-opus': { ...OPUS, muxer: 'ogg', defaultBitRate: 64000 },
  'ogg-vorbis': { ...VORBIS, muxer: 'ogg', defaultBitRate: 96000 },
  m4a: { ...AAC, muxer: 'ipod', defaultBitRate: 96000 },
};

/** How a file is written. */
export interface EncodeOptions {
  readonly container: FileFormat;
  /** Bits a second, where the codec has a rate. */
  readonly bitRate?: number;
}

/** Container for a file ending, or undefined. */
export function formatOfEnding(ending: string): FileFormat | undefined {
  const table: Readonly<Record<string, FileFormat>> = {
    '.wav': 'wav',
    '.flac': 'flac',
    '.mp3': 'mp3',
    '.opus': 'ogg-opus',
    '.ogg': 'ogg-vorbis',
    '.m4a': 'm4a',
  };
  return table[ending.toLowerCase()];
}

/**
 * Encodes sound into the bytes of a file: 16 bits for WAV and FLAC; rates that a codec does not have are
 * converted to the next one it has.
 * @throws RingtrueError `audio/unsupported-encoder`, `core/missing-dependency`
 */
export async function encode(
  audio: Audio,
  { container, bitRate }: EncodeOptions,
): Promise<Uint8Array> {
  checkAudio(audio);
  if (container === 'wav') return writeWav(audio);
  const spec = FILES[container];
  const rate = nearestRate(spec, audio.sampleRate);
  return muxFile(spec.muxer, [
    {
      spec,
      planes: audio.samples.map((plane) => resample(plane, audio.sampleRate, rate)),
      settings: { sampleRate: rate, bitRate: bitRate ?? spec.defaultBitRate },
    },
  ]);
}
