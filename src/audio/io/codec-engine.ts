/**
 * Encoders and decoders in memory: samples to packets and back, without a container.
 * @module
 */

import type * as AvLib from 'node-av/lib';
import { RingtrueError } from '../../core/errors.ts';
import { joinPlanes, loadFfmpeg, planesOf } from './ffmpeg.ts';

/** How an encoder takes its samples: 16-bit or float, planar where a `p` follows, else interleaved. */
export type SampleLayout = 's16' | 's16p' | 'flt' | 'fltp';

/** An encoder of the media library and how it takes its samples. */
export interface EncoderSpec {
  /** FFmpeg's name. */
  readonly encoder: string;
  /** FFmpeg's name of the decoder; the codec's own by default. */
  readonly decoder?: string;
  readonly layout: SampleLayout;
  /** Rates in Hz; absent means any. */
  readonly rates?: readonly number[];
  /** Samples of a frame where the encoder takes any number. */
  readonly frameSize?: number;
}

/** What goes to the encoder besides samples. */
export interface EncodeSettings {
  /** Hz. */
  readonly sampleRate: number;
  /** Bits a second. */
  readonly bitRate?: number | undefined;
  /** Private options of the encoder, as FFmpeg spells them. */
  readonly options?: Readonly<Record<string, string>>;
  /** True puts headers of the codec into the container's header. */
  readonly globalHeader?: boolean;
}

/** An encoder that was opened with its settings; encoders cannot be reused, so there is one a clip. */
export interface OpenEncoder {
  readonly context: AvLib.CodecContext;
  /** Encodes planes from the start to the end; `onPacket` gets every packet, which is reused. */
  encode(planes: readonly Float32Array[], onPacket: (packet: AvLib.Packet) => void): void;
  close(): void;
}

/** What an encoder made of a clip. */
export interface CodedPackets {
  /** `start` is the packet's first sample on the input's time line; priming has negative starts. */
  readonly packets: readonly { readonly data: Uint8Array; readonly start: number }[];
  /** Samples of the encoder's look-ahead, which come out before the first sample of the input. */
  readonly initialPadding: number;
  readonly parameters: AvLib.CodecParameters;
  readonly sampleRate: number;
  close(): void;
}

/** True if the media library has the encoder. */
export async function hasEncoder({ encoder }: EncoderSpec): Promise<boolean> {
  return findEncoder((await loadFfmpeg()).av, encoder) !== null;
}

/** FFmpeg's names of all encoders of sound that the media library has, sorted. */
export async function soundEncoders(): Promise<string[]> {
  const { av, constants } = await loadFfmpeg();
  return av.Codec.getCodecList()
    .filter((codec) => codec.isEncoder() && codec.type === constants.AVMEDIA_TYPE_AUDIO)
    .flatMap(({ name }) => name ?? [])
    .sort();
}

/** The first rate that an encoder has from `sampleRate` up, else its highest; Hz. */
export function nearestRate({ rates }: EncoderSpec, sampleRate: number): number {
  if (rates === undefined || rates.includes(sampleRate)) return sampleRate;
  return rates.find((rate) => rate >= sampleRate) ?? rates[rates.length - 1]!;
}

/**
 * Opens an encoder.
 * @throws RingtrueError `audio/unsupported-encoder`, `core/missing-dependency`
 */
export async function openEncoder(
  spec: EncoderSpec,
  channels: number,
  settings: EncodeSettings,
): Promise<OpenEncoder> {
  const { av, constants } = await loadFfmpeg();
  const codec = findEncoder(av, spec.encoder);
  if (codec === null) throw unsupported(`there is no encoder ${spec.encoder} here`);
  const { sampleRate, bitRate, options = {}, globalHeader = false } = settings;
  const sampleFormat = {
    s16: constants.AV_SAMPLE_FMT_S16,
    s16p: constants.AV_SAMPLE_FMT_S16P,
    flt: constants.AV_SAMPLE_FMT_FLT,
    fltp: constants.AV_SAMPLE_FMT_FLTP,
  }[spec.layout];
  const layout = {
    nbChannels: channels,
    order: constants.AV_CHANNEL_ORDER_NATIVE,
    mask: channels === 1 ? 4n : (1n << BigInt(channels)) - 1n,
  };
  const context = new av.CodecContext();
  context.allocContext3(codec);
  context.sampleRate = sampleRate;
  context.sampleFormat = sampleFormat;
  context.channelLayout = layout;
  context.timeBase = new av.Rational(1, sampleRate);
  if (globalHeader) context.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER);
  if (bitRate !== undefined) context.bitRate = BigInt(Math.round(bitRate));
  const refused = Object.entries(options).find(([key, value]) => context.setOption(key, value) < 0);
  // Options go on the context: a dictionary given to open2Sync crashes the process at its end.
  const status = refused === undefined ? context.open2Sync(codec, null) : -1;
  if (status < 0) {
    context.freeContext();
    throw unsupported(
      `the encoder ${spec.encoder} refuses ${
        refused === undefined
          ? `${sampleRate} Hz, ${channels} channels, ${bitRate ?? 'its own'} bit/s`
          : `the option ${refused.join('=')}`
      }`,
      { ffmpeg: av.FFmpegError.strerror(status) },
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
        fillFrame(frame, planes, start, spec.layout);
        frame.pts = BigInt(start);
        if (context.sendFrameSync(frame) < 0) {
          throw unsupported(
            `the encoder ${spec.encoder} refused samples at ${start / sampleRate} s`,
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

/**
 * Encodes planes to packets.
 * @throws RingtrueError `audio/unsupported-encoder`, also if the encoder writes nothing
 */
export async function encodePackets(
  spec: EncoderSpec,
  planes: readonly Float32Array[],
  settings: EncodeSettings,
): Promise<CodedPackets> {
  const { av } = await loadFfmpeg();
  const encoder = await openEncoder(spec, planes.length, { ...settings, globalHeader: true });
  try {
    const packets: { data: Uint8Array; start: number }[] = [];
    encoder.encode(planes, ({ data, pts }) => {
      if (data !== null) packets.push({ data: Uint8Array.from(data), start: Number(pts) });
    });
    if (packets.length === 0) throw unsupported(`the encoder ${spec.encoder} wrote nothing`);
    const parameters = new av.CodecParameters();
    parameters.alloc();
    parameters.fromContext(encoder.context);
    return {
      packets,
      initialPadding: parameters.initialPadding,
      parameters,
      sampleRate: settings.sampleRate,
      close: () => parameters.free(),
    };
  } finally {
    encoder.close();
  }
}

/**
 * Decodes packets to planes as the decoder gives them, untrimmed, with the decoder's own rate in Hz.
 * @throws RingtrueError `audio/unsupported-encoder`
 */
export async function decodePackets(
  coded: CodedPackets,
  decoderName?: string,
): Promise<{ planes: Float32Array[]; sampleRate: number }> {
  const { av } = await loadFfmpeg();
  const decoder =
    decoderName === undefined
      ? av.Codec.findDecoder(coded.parameters.codecId)
      : // FFmpeg's decoder names are a closed set of the library's types; ours come from our own table.
        av.Codec.findDecoderByName(decoderName as Parameters<typeof av.Codec.findDecoderByName>[0]);
  if (decoder === null) throw unsupported(`there is no decoder ${decoderName ?? 'for the codec'}`);
  const context = new av.CodecContext();
  context.allocContext3(decoder);
  const frame = new av.Frame();
  frame.alloc();
  const packet = new av.Packet();
  packet.alloc();
  try {
    context.parametersToContext(coded.parameters);
    context.pktTimebase = new av.Rational(1, coded.sampleRate);
    if (context.open2Sync(decoder, null) < 0) {
      throw unsupported(`the decoder ${decoder.name} does not open`);
    }
    const pieces: Float32Array[][] = [];
    let { sampleRate } = coded;
    const drain = (): void => {
      while (context.receiveFrameSync(frame) >= 0) {
        pieces.push(planesOf(frame));
        sampleRate = frame.sampleRate || sampleRate;
        frame.unref();
      }
    };
    for (const { data } of coded.packets) {
      packet.data = Buffer.from(data.buffer, data.byteOffset, data.length);
      context.sendPacketSync(packet);
      drain();
      packet.unref();
    }
    context.sendPacketSync(null);
    drain();
    return { planes: joinPlanes(pieces, coded.parameters.channels), sampleRate };
  } finally {
    packet.free();
    frame.free();
    context.freeContext();
  }
}

function findEncoder(av: typeof AvLib, name: string): AvLib.Codec | null {
  // FFmpeg's encoder names are a closed set of the library's types; ours come from our own tables.
  return av.Codec.findEncoderByName(name as Parameters<typeof av.Codec.findEncoderByName>[0]);
}

function unsupported(message: string, details: { ffmpeg?: string } = {}): RingtrueError {
  return new RingtrueError('audio/unsupported-encoder', message, { details });
}

/** One past the largest of 16 bits. */
const FULL_SCALE = 2 ** 15;

function fillFrame(
  frame: AvLib.Frame,
  planes: readonly Float32Array[],
  start: number,
  layout: SampleLayout,
): void {
  const count = frame.nbSamples;
  const channels = planes.length;
  const buffers = frame.extendedData ?? frame.data ?? [];
  const planar = layout.endsWith('p');
  const [step, length] = planar ? [1, count] : [channels, count * channels];
  for (const [channel, plane] of planes.entries()) {
    const buffer = buffers[planar ? channel : 0];
    if (buffer === undefined)
      throw new RingtrueError('core/internal', 'internal: a frame lacks its planes');
    const offset = planar ? 0 : channel;
    if (layout.startsWith('flt')) {
      const out = new Float32Array(buffer.buffer, buffer.byteOffset, length);
      for (let i = 0; i < count; i += 1) out[i * step + offset] = plane[start + i]!;
      continue;
    }
    const out = new Int16Array(buffer.buffer, buffer.byteOffset, length);
    for (let i = 0; i < count; i += 1) {
      const value = Math.round(plane[start + i]! * FULL_SCALE);
      out[i * step + offset] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, value));
    }
  }
}
