/**
 * Whole sound files in memory.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import type { Audio } from '../audio.ts';
import { resample } from '../dsp/resample.ts';
import { type EncoderSpec, openEncoder } from './codec-engine.ts';
import { loadFfmpeg } from './ffmpeg.ts';
import { writeWav } from './wav.ts';

/** Containers that {@link encode} writes. */
export type FileFormat = 'wav' | 'flac' | 'mp3' | 'ogg-opus' | 'ogg-vorbis' | 'm4a';

interface FileSpec extends EncoderSpec {
  readonly muxer: string;
  readonly defaultBitRate?: number;
}

const FILES: Readonly<Record<Exclude<FileFormat, 'wav'>, FileSpec>> = {
  flac: { muxer: 'flac', encoder: 'flac', format: 1 },
  mp3: {
    muxer: 'mp3',
    encoder: 'libmp3lame',
    format: 8,
    rates: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000],
    defaultBitRate: 128000,
  },
  'ogg-opus': {
    muxer: 'ogg',
    encoder: 'libopus',
    format: 3,
    rates: [8000, 12000, 16000, 24000, 48000],
    defaultBitRate: 64000,
  },
  'ogg-vorbis': { muxer: 'ogg', encoder: 'libvorbis', format: 8, defaultBitRate: 96000 },
  m4a: {
    muxer: 'ipod',
    encoder: 'aac',
    format: 8,
    rates: [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000],
    defaultBitRate: 96000,
  },
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
  if (container === 'wav') return writeWav(audio);
  const { av, constants } = await loadFfmpeg();
  const spec = FILES[container];
  const { rates } = spec;
  const rate =
    rates === undefined || rates.includes(audio.sampleRate)
      ? audio.sampleRate
      : (rates.find((candidate) => candidate >= audio.sampleRate) ?? rates[rates.length - 1]!);
  const planes = audio.samples.map((plane) => resample(plane, audio.sampleRate, rate));
  const output = new av.FormatContext();
  if (output.allocOutputContext2(null, spec.muxer, null) < 0) {
    throw new RingtrueError(
      'audio/unsupported-encoder',
      `there is no writer for ${container} here`,
    );
  }
  let buffer = Buffer.alloc(1 << 16);
  let length = 0;
  let position = 0;
  const io = new av.IOContext();
  io.allocContextWithCallbacks(
    1 << 16,
    1,
    null,
    (chunk) => {
      const end = position + chunk.length;
      if (end > buffer.length) {
        const larger = Buffer.alloc(Math.max(end, 2 * buffer.length));
        buffer.copy(larger);
        buffer = larger;
      }
      chunk.copy(buffer, position);
      position = end;
      length = Math.max(length, position);
      return chunk.length;
    },
    (offset, whence) => {
      if (whence === constants.AVSEEK_SIZE) return BigInt(length);
      position = (whence === 1 ? position : whence === 2 ? length : 0) + Number(offset);
      return BigInt(position);
    },
  );
  output.pb = io;
  const encoder = await openEncoder(spec, planes.length, {
    sampleRate: rate,
    bitRate: bitRate ?? spec.defaultBitRate,
    globalHeader: output.oformat?.hasFlags(constants.AVFMT_GLOBALHEADER) ?? false,
  });
  try {
    const stream = output.newStream();
    stream.timeBase = new av.Rational(1, rate);
    stream.codecpar.fromContext(encoder.context);
    if (output.writeHeaderSync() < 0) {
      throw new RingtrueError(
        'audio/unsupported-encoder',
        `${container} cannot hold ${planes.length} channels at ${rate} Hz`,
      );
    }
    encoder.encode(planes, (packet) => {
      packet.streamIndex = 0;
      packet.rescaleTs({ num: 1, den: rate }, stream.timeBase);
      output.interleavedWriteFrameSync(packet);
    });
    output.writeTrailerSync();
    io.flushSync();
  } finally {
    encoder.close();
    output.pb = null;
    output.freeContext();
    io.freeContext();
  }
  return new Uint8Array(buffer.subarray(0, length));
}
