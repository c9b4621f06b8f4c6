/**
 * Containers in memory: encodes tracks and writes them to the bytes of a file.
 * @module
 */

import type * as AvLib from 'node-av/lib';
import { RingtrueError } from '../../core/errors.ts';
import {
  type EncoderSpec,
  type EncodeSettings,
  type OpenEncoder,
  openEncoder,
} from './codec-engine.ts';
import { type Ffmpeg, loadFfmpeg } from './ffmpeg.ts';

/** A sound track to be written. */
export interface MuxTrack {
  readonly spec: EncoderSpec;
  /** `[channels][frames]` at the rate of the settings. */
  readonly planes: readonly Float32Array[];
  readonly settings: EncodeSettings;
  /** Tags of the track, such as `language`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Writes a file with one or more sound tracks, one after the other encoded and interleaved by the container.
 * @param muxer FFmpeg's name of the container
 * @param options tags of the file, and private options of the container as FFmpeg spells them
 * @throws RingtrueError `audio/unsupported-encoder`, `core/missing-dependency`
 */
export async function muxFile(
  muxer: string,
  tracks: readonly MuxTrack[],
  options: {
    tags?: Readonly<Record<string, string>>;
    muxerOptions?: Readonly<Record<string, string>>;
  } = {},
): Promise<Uint8Array> {
  const { av, constants } = await loadFfmpeg();
  const output = new av.FormatContext();
  const check = (status: number, what: string): void => {
    if (status >= 0) return;
    throw new RingtrueError('audio/unsupported-encoder', `the ${muxer} container ${what}`, {
      details: { ffmpeg: av.FFmpegError.strerror(status) },
    });
  };
  const sink = memorySink({ av, constants });
  const encoders: OpenEncoder[] = [];
  try {
    check(output.allocOutputContext2(null, muxer, null), 'cannot be written here');
    output.pb = sink.io;
    // The same sound gives the same bytes: no random serial numbers, no version of the library.
    output.setFlags(constants.AVFMT_FLAG_BITEXACT);
    const globalHeader = output.oformat?.hasFlags(constants.AVFMT_GLOBALHEADER) ?? false;
    for (const { spec, planes, settings } of tracks) {
      encoders.push(await openEncoder(spec, planes.length, { ...settings, globalHeader }));
    }
    const streams = encoders.map((encoder, i) => {
      const stream = output.newStream();
      stream.timeBase = new av.Rational(1, tracks[i]!.settings.sampleRate);
      stream.codecpar.fromContext(encoder.context);
      const { tags } = tracks[i]!;
      if (tags !== undefined) stream.metadata = av.Dictionary.fromObject(tags);
      return stream;
    });
    if (options.tags !== undefined) output.metadata = av.Dictionary.fromObject(options.tags);
    for (const [key, value] of Object.entries(options.muxerOptions ?? {})) {
      check(output.setOption(key, value), `has no option ${key}=${value}`);
    }
    const shape = tracks
      .map(({ planes, settings }) => `${planes.length} channels at ${settings.sampleRate} Hz`)
      .join(' and ');
    check(output.writeHeaderSync(), `cannot hold ${shape}`);
    for (const [i, encoder] of encoders.entries()) {
      const { planes, settings } = tracks[i]!;
      const stream = streams[i]!;
      encoder.encode(planes, (packet) => {
        packet.streamIndex = stream.index;
        packet.rescaleTs({ num: 1, den: settings.sampleRate }, stream.timeBase);
        check(output.interleavedWriteFrameSync(packet), 'refused a packet');
      });
    }
    check(output.writeTrailerSync(), 'could not be finished');
    sink.io.flushSync();
    return sink.bytes();
  } finally {
    for (const encoder of encoders) encoder.close();
    output.pb = null;
    output.freeContext();
    sink.io.freeContext();
  }
}

const BLOCK = 1 << 16;

/** An output of the media library that writes into memory and can seek. */
function memorySink({ av, constants }: Ffmpeg): { io: AvLib.IOContext; bytes(): Uint8Array } {
  let buffer = new Uint8Array(BLOCK);
  let length = 0;
  let position = 0;
  const io = new av.IOContext();
  io.allocContextWithCallbacks(
    BLOCK,
    1,
    null,
    (chunk) => {
      const end = position + chunk.length;
      if (end > buffer.length) {
        const larger = new Uint8Array(Math.max(end, 2 * buffer.length));
        larger.set(buffer);
        buffer = larger;
      }
      buffer.set(chunk, position);
      position = end;
      length = Math.max(length, position);
      return chunk.length;
    },
    (offset, whence) => {
      if (whence === constants.AVSEEK_SIZE) return BigInt(length);
      const base =
        whence === constants.AVSEEK_CUR ? position : whence === constants.AVSEEK_END ? length : 0;
      position = base + Number(offset);
      return BigInt(position);
    },
  );
  return { io, bytes: () => buffer.slice(0, length) };
}
