/**
 * Packets of one encoder and their decoding, in memory.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { joinPlanes, loadFfmpeg, planesOf } from './ffmpeg.ts';

/** An encoder of the media library and how it takes its samples. */
export interface EncoderSpec {
  /** FFmpeg's name. */
  readonly encoder: string;
  /** FFmpeg's name of the decoder; the codec's own by default. */
  readonly decoder?: string;
  /** Number of the sample format: 1 s16, 3 flt, 8 fltp. */
  readonly format: 1 | 3 | 8;
  /** Rates in Hz; absent means any. */
  readonly rates?: readonly number[];
  /** Samples of a frame where the encoder takes any number. */
  readonly frameSize?: number;
}

/** What goes to the encoder besides samples. */
export interface EncodeSettings {
  readonly sampleRate: number;
  readonly bitRate?: number | undefined;
  /** Private options of the encoder, as FFmpeg spells them. */
  readonly options?: Readonly<Record<string, string>>;
  readonly globalHeader?: boolean;
}

type Loaded = Awaited<ReturnType<typeof loadFfmpeg>>;

/** An encoder that was opened with its settings. */
export interface OpenEncoder {
  readonly context: InstanceType<Loaded['av']['CodecContext']>;
  readonly channels: number;
  /**
   * Encodes planes from the start to the end; `onPacket` gets every packet, which is reused.
   */
  encode(
    planes: readonly Float32Array[],
    onPacket: (packet: InstanceType<Loaded['av']['Packet']>) => void,
  ): void;
  close(): void;
}

/**
 * Opens an encoder.
 * @throws RingtrueError `audio/unsupported-encoder`
 */
export async function openEncoder(
  spec: EncoderSpec,
  channels: number,
  settings: EncodeSettings,
): Promise<OpenEncoder> {
  const { av, constants } = await loadFfmpeg();
  // The names of FFmpeg's encoders are a closed set of the library's types; ours come from our own table.
  const codec = av.Codec.findEncoderByName(
    spec.encoder as Parameters<typeof av.Codec.findEncoderByName>[0],
  );
  if (codec === null)
    throw new RingtrueError(
      'audio/unsupported-encoder',
      `there is no encoder ${spec.encoder} here`,
    );
  const context = new av.CodecContext();
  context.allocContext3(codec);
  const { sampleRate, bitRate, options = {}, globalHeader = false } = settings;
  const layout = {
    nbChannels: channels,
    order: constants.AV_CHANNEL_ORDER_NATIVE,
    mask: channels === 1 ? 4n : channels === 2 ? 3n : (1n << BigInt(channels)) - 1n,
  };
  context.sampleRate = sampleRate;
  const sampleFormat = {
    1: constants.AV_SAMPLE_FMT_S16,
    3: constants.AV_SAMPLE_FMT_FLT,
    8: constants.AV_SAMPLE_FMT_FLTP,
  }[spec.format];
  context.sampleFormat = sampleFormat;
  context.channelLayout = layout;
  context.timeBase = new av.Rational(1, sampleRate);
  if (globalHeader) context.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER);
  if (bitRate !== undefined) context.bitRate = BigInt(Math.round(bitRate));
  for (const [key, value] of Object.entries(options)) context.setOption(key, value);
  const status = context.open2Sync(codec, null);
  if (status < 0) {
    context.freeContext();
    throw new RingtrueError(
      'audio/unsupported-encoder',
      `the encoder ${spec.encoder} refuses ${sampleRate} Hz, ${channels} channels, ${bitRate ?? 'its own'} bit/s`,
      {
        details: { ffmpeg: av.FFmpegError.strerror(status) },
      },
    );
  }
  const size = context.frameSize > 0 ? context.frameSize : (spec.frameSize ?? 1024);
  const frame = new av.Frame();
  frame.alloc();
  frame.format = sampleFormat;
  frame.sampleRate = sampleRate;
  frame.channelLayout = layout;
  frame.nbSamples = size;
  frame.getBuffer();
  const packet = new av.Packet();
  packet.alloc();
  return {
    context,
    channels,
    encode(planes, onPacket) {
      const drain = (): void => {
        while (context.receivePacketSync(packet) >= 0) {
          onPacket(packet);
          packet.unref();
        }
      };
      const length = planes[0]?.length ?? 0;
      for (let start = 0; start < length; start += size) {
        const count = Math.min(size, length - start);
        frame.makeWritable();
        frame.nbSamples = count;
        fillFrame(frame.data ?? [], planes, start, count, spec.format);
        frame.pts = BigInt(start);
        if (context.sendFrameSync(frame) < 0) {
          throw new RingtrueError(
            'audio/unsupported-encoder',
            `the encoder ${spec.encoder} refused samples`,
          );
        }
        drain();
      }
      context.sendFrameSync(null);
      drain();
    },
    close() {
      frame.free();
      packet.free();
      context.freeContext();
    },
  };
}

function fillFrame(
  buffers: readonly Buffer[],
  planes: readonly Float32Array[],
  start: number,
  count: number,
  format: 1 | 3 | 8,
): void {
  const channels = planes.length;
  for (const [channel, plane] of planes.entries()) {
    const buffer = buffers[format === 8 ? channel : 0];
    if (buffer === undefined) continue;
    if (format === 8) {
      new Float32Array(buffer.buffer, buffer.byteOffset, count).set(
        plane.subarray(start, start + count),
      );
    } else if (format === 3) {
      const out = new Float32Array(buffer.buffer, buffer.byteOffset, count * channels);
      for (let i = 0; i < count; i += 1) out[i * channels + channel] = plane[start + i]!;
    } else {
      const out = new Int16Array(buffer.buffer, buffer.byteOffset, count * channels);
      for (let i = 0; i < count; i += 1) {
        out[i * channels + channel] = Math.max(
          -32768,
          Math.min(32767, Math.round(plane[start + i]! * 32768)),
        );
      }
    }
  }
}

/** Encodes and decodes again, packet by packet, without a container: samples as the decoder gives them, untrimmed. */
export async function codeInMemory(
  spec: EncoderSpec,
  plane: Float32Array,
  settings: EncodeSettings,
): Promise<{ samples: Float32Array; sampleRate: number; encodedBytes: number }> {
  const { av } = await loadFfmpeg();
  const encoder = await openEncoder(spec, 1, { ...settings, globalHeader: true });
  const packets: Buffer[] = [];
  const parameters = new av.CodecParameters();
  try {
    encoder.encode([plane], (packet) => {
      if (packet.data !== null) packets.push(Buffer.from(packet.data));
    });
    parameters.alloc();
    parameters.fromContext(encoder.context);
    const decoder =
      spec.decoder === undefined
        ? av.Codec.findDecoder(parameters.codecId)
        : av.Codec.findDecoderByName(
            spec.decoder as Parameters<typeof av.Codec.findDecoderByName>[0],
          );
    if (decoder === null)
      throw new RingtrueError(
        'audio/unsupported-encoder',
        `there is no decoder for ${spec.encoder}`,
      );
    const context = new av.CodecContext();
    context.allocContext3(decoder);
    context.parametersToContext(parameters);
    context.pktTimebase = new av.Rational(1, settings.sampleRate);
    if (context.open2Sync(decoder, null) < 0) {
      context.freeContext();
      throw new RingtrueError(
        'audio/unsupported-encoder',
        `the decoder of ${spec.encoder} does not open`,
      );
    }
    const frame = new av.Frame();
    frame.alloc();
    const pieces: Float32Array[][] = [];
    let sampleRate = settings.sampleRate;
    const drain = (): void => {
      while (context.receiveFrameSync(frame) >= 0) {
        const planes = planesOf(frame);
        if (planes !== null) pieces.push(planes);
        sampleRate = frame.sampleRate || sampleRate;
        frame.unref();
      }
    };
    const packet = new av.Packet();
    packet.alloc();
    for (const data of packets) {
      packet.data = data;
      context.sendPacketSync(packet);
      drain();
      packet.unref();
    }
    context.sendPacketSync(null);
    drain();
    packet.free();
    frame.free();
    context.freeContext();
    return {
      samples: joinPlanes(pieces, 1)[0] ?? new Float32Array(0),
      sampleRate,
      encodedBytes: packets.reduce((sum, data) => sum + data.length, 0),
    };
  } finally {
    encoder.close();
    parameters.free();
  }
}
