/**
 * Decoding of anything FFmpeg can, to planar Float32 at the true rate and with the exact length.
 * @module
 */

import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/progress.ts';
import type { Audio } from '../audio.ts';
import { joinPlanes, loadFfmpeg, planesOf } from './ffmpeg.ts';
import { G711_TABLES } from './g711.ts';
import { isWav, readWav, readWavHeader } from './wav.ts';

/** A sound track of a container. */
export interface Track {
  readonly index: number;
  readonly codec: string;
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
  /** Seconds by the container; null if it does not say. */
  readonly durationSec: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly tracks: readonly Track[];
}

/** Decoded sound. */
export interface Decoded {
  readonly audio: Audio;
  readonly probe: Probe;
}

/** Bounds on what is decoded. */
export interface DecodeLimits {
  /** @default 36000 */
  readonly maxDurationSec?: number;
  /** Of the file. @default 4 GiB */
  readonly maxBytes?: number;
  /** Only enforced by the isolated decoder. @default 120 */
  readonly maxTimeSec?: number;
  /** Only enforced by the isolated decoder. @default 2048 */
  readonly maxMemoryMb?: number;
}

/** Sound without a header: what a file's bytes are. */
export interface RawFormat {
  readonly codec: 'g711-mulaw' | 'g711-alaw' | 'g722' | 'gsm';
  /** For G.711. @default 8000 */
  readonly sampleRate?: number;
}

/** How to decode. */
export interface DecodeOptions {
  readonly limits?: DecodeLimits | undefined;
  /** Which sound track, counted from 0. @default the first */
  readonly track?: number | undefined;
  /** For headerless files; by default the file's ending says (.g722, .gsm, .ulaw, .alaw). */
  readonly format?: RawFormat | undefined;
  /** True keeps what was decoded of a truncated file. @default false */
  readonly allowPartial?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const RAW_ENDINGS: Readonly<Record<string, RawFormat>> = {
  '.g722': { codec: 'g722' },
  '.gsm': { codec: 'gsm' },
  '.ulaw': { codec: 'g711-mulaw' },
  '.mulaw': { codec: 'g711-mulaw' },
  '.alaw': { codec: 'g711-alaw' },
};

const MAX_DURATION_SEC = 36000;
const MAX_BYTES = 4 * 2 ** 30;
const MAX_CHANNELS = 64;
const IO_BLOCK = 1 << 16;
/** A container's duration and the decoded length may differ by this much before the file counts as truncated. */
const TRUNCATION_SLACK_SEC = 0.5;

/**
 * Decodes sound.
 * @param source path, bytes, or a stream of bytes
 * @throws RingtrueError `audio/*`, `core/io-*`, `core/cancelled`
 */
export async function decode(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: DecodeOptions = {},
): Promise<Decoded> {
  const bytes = await readSource(source, options.limits?.maxBytes ?? MAX_BYTES);
  throwIfAborted(options.signal);
  const name = typeof source === 'string' ? JSON.stringify(source) : 'the sound';
  if (bytes.length === 0) throw new RingtrueError('audio/empty', `${name} has no bytes`);
  const format =
    options.format ??
    (typeof source === 'string' ? RAW_ENDINGS[extname(source).toLowerCase()] : undefined);
  if (format?.codec === 'g711-mulaw' || format?.codec === 'g711-alaw')
    return decodeG711(bytes, format);
  if (format === undefined && isWav(bytes)) {
    const wav = decodeWav(bytes, name, options);
    if (wav !== null) return wav;
  }
  const opened = await openInput(bytes, name, format);
  try {
    return opened.decodeTrack(options);
  } finally {
    opened.close();
  }
}

/** What a container says, without decoding. Same errors as {@link decode}. */
export async function probe(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: DecodeOptions = {},
): Promise<Probe> {
  const bytes = await readSource(source, options.limits?.maxBytes ?? MAX_BYTES);
  const name = typeof source === 'string' ? JSON.stringify(source) : 'the sound';
  if (bytes.length === 0) throw new RingtrueError('audio/empty', `${name} has no bytes`);
  const opened = await openInput(bytes, name, options.format);
  try {
    return opened.probe(options.track ?? 0);
  } finally {
    opened.close();
  }
}

async function readSource(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const tooLarge = (size: number): RingtrueError =>
    new RingtrueError('audio/limit-size', `the file has ${size} bytes, the limit is ${maxBytes}`, {
      details: { size, maxBytes },
    });
  if (source instanceof Uint8Array) {
    if (source.length > maxBytes) throw tooLarge(source.length);
    return source;
  }
  if (typeof source === 'string') {
    try {
      const { size } = await stat(source);
      if (size > maxBytes) throw tooLarge(size);
      return await readFile(source);
    } catch (error) {
      throw toRingtrueError(error, 'core/io-failed');
    }
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(size);
    chunks.push(chunk);
  }
  const joined = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function decodeG711(bytes: Uint8Array, { codec, sampleRate = 8000 }: RawFormat): Decoded {
  const table = G711_TABLES[codec === 'g711-mulaw' ? 'mu-law' : 'a-law'];
  const plane = Float32Array.from(bytes, (code) => table[code]!);
  const durationSec = plane.length / sampleRate;
  return {
    audio: { samples: [plane], sampleRate },
    probe: {
      container: 'raw',
      codec,
      bitRate: 8 * sampleRate,
      sampleRate,
      channels: 1,
      durationSec,
      tags: {},
      tracks: [{ index: 0, codec, sampleRate, channels: 1, language: null }],
    },
  };
}

/** WAV by our own reader, which knows a truncated file from a short one; null for encodings that it leaves to FFmpeg. */
function decodeWav(
  bytes: Uint8Array,
  name: string,
  { limits = {}, allowPartial = false }: DecodeOptions,
): Decoded | null {
  // The whole file is given, so the header is never beyond its end.
  const header = readWavHeader(bytes)!;
  if (header.encoding === 'other') return null;
  const { sampleRate, channels, bytesPerSample, frames, tags, encoding } = header;
  const durationSec = frames / sampleRate;
  const maxDurationSec = limits.maxDurationSec ?? MAX_DURATION_SEC;
  if (durationSec > maxDurationSec) throw tooLong(name, durationSec, maxDurationSec);
  if (channels > MAX_CHANNELS) throw tooManyChannels(name, channels);
  const codec = `${encoding}-${8 * bytesPerSample}`;
  return {
    audio: readWav(bytes, { allowPartial }),
    probe: {
      container: 'wav',
      codec,
      bitRate: 8 * bytesPerSample * channels * sampleRate,
      sampleRate,
      channels,
      durationSec,
      tags,
      tracks: [{ index: 0, codec, sampleRate, channels, language: null }],
    },
  };
}

function tooLong(name: string, durationSec: number, maxDurationSec: number): RingtrueError {
  return new RingtrueError(
    'audio/limit-duration',
    `${name} lasts ${durationSec.toFixed(1)} s, the limit is ${maxDurationSec} s`,
    { details: { durationSec, maxDurationSec } },
  );
}

function tooManyChannels(name: string, channels: number): RingtrueError {
  return new RingtrueError(
    'audio/bad-shape',
    `${name} has ${channels} channels, at most ${MAX_CHANNELS} are read`,
  );
}

interface OpenedInput {
  probe(track: number): Probe;
  decodeTrack(options: DecodeOptions): Decoded;
  close(): void;
}

async function openInput(
  bytes: Uint8Array,
  name: string,
  format: RawFormat | undefined,
): Promise<OpenedInput> {
  const { av, constants } = await loadFfmpeg();
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const io = new av.IOContext();
  let position = 0;
  io.allocContextWithCallbacks(
    IO_BLOCK,
    0,
    (size) => {
      if (position >= buffer.length) return null;
      const chunk = buffer.subarray(position, position + size);
      position += chunk.length;
      return chunk;
    },
    null,
    (offset, whence) => {
      if (whence === constants.AVSEEK_SIZE) return BigInt(buffer.length);
      const base = whence === 1 ? position : whence === 2 ? buffer.length : 0;
      position = base + Number(offset);
      return BigInt(position);
    },
  );
  const input = new av.FormatContext();
  input.allocContext();
  input.pb = io;
  const forced = format === undefined ? null : av.InputFormat.findInputFormat(format.codec);
  let opened = false;
  const close = (): void => {
    if (opened) input.closeInputSync();
    io.freeContext();
  };
  const status = input.openInputSync('', forced, null);
  if (status < 0) {
    close();
    throw new RingtrueError('audio/unreadable', `${name} is in no format that can be decoded`, {
      details: { ffmpeg: av.FFmpegError.strerror(status) },
    });
  }
  opened = true;
  input.findStreamInfoSync(null);
  const streams = input.streams.filter(
    (stream) => stream.codecpar.codecType === constants.AVMEDIA_TYPE_AUDIO,
  );

  const describe = (stream: (typeof streams)[number], index: number): Track => ({
    index,
    codec: av.avGetCodecName(stream.codecpar.codecId) ?? 'unknown',
    sampleRate: stream.codecpar.sampleRate,
    channels: stream.codecpar.channels,
    language: stream.metadata?.get('language') ?? null,
  });
  const choose = (track: number): (typeof streams)[number] => {
    const stream = streams[track];
    if (streams.length === 0) {
      close();
      opened = false;
      throw new RingtrueError('audio/no-track', `${name} holds no sound track`);
    }
    if (stream === undefined) {
      throw new RingtrueError(
        'audio/no-track',
        `${name} has ${streams.length} sound tracks, track ${track} was asked for`,
      );
    }
    return stream;
  };
  const seconds = (stream: (typeof streams)[number]): number | null => {
    const { num, den } = stream.timeBase;
    if (stream.duration > 0n) return (Number(stream.duration) * num) / den;
    return input.duration > 0n ? Number(input.duration) / constants.AV_TIME_BASE : null;
  };
  const probeTrack = (track: number): Probe => {
    const stream = choose(track);
    const { sampleRate, channels } = stream.codecpar;
    const bitRate = Number(stream.codecpar.bitRate) || Number(input.bitRate);
    return {
      container: input.iformat?.name ?? 'unknown',
      codec: av.avGetCodecName(stream.codecpar.codecId) ?? 'unknown',
      bitRate: bitRate > 0 ? bitRate : null,
      sampleRate,
      channels,
      durationSec: seconds(stream),
      tags: { ...input.metadata?.getAll(), ...stream.metadata?.getAll() },
      tracks: streams.map(describe),
    };
  };

  const decodeTrack = ({
    track = 0,
    limits = {},
    allowPartial = false,
    signal,
  }: DecodeOptions): Decoded => {
    const stream = choose(track);
    const found = probeTrack(track);
    const maxDurationSec = limits.maxDurationSec ?? MAX_DURATION_SEC;
    if (found.durationSec !== null && found.durationSec > maxDurationSec) {
      throw tooLong(name, found.durationSec, maxDurationSec);
    }
    if (found.channels > MAX_CHANNELS) throw tooManyChannels(name, found.channels);
    const decoder = av.Codec.findDecoder(stream.codecpar.codecId);
    if (decoder === null)
      throw new RingtrueError(
        'audio/unreadable',
        `${name}: there is no decoder for ${found.codec}`,
      );
    const context = new av.CodecContext();
    context.allocContext3(decoder);
    const frame = new av.Frame();
    frame.alloc();
    const packet = new av.Packet();
    packet.alloc();
    const pieces: Float32Array[][] = [];
    let total = 0;
    let rate = found.sampleRate;
    let damaged = 0;
    try {
      context.parametersToContext(stream.codecpar);
      context.pktTimebase = stream.timeBase;
      if (context.open2Sync(decoder, null) < 0) {
        throw new RingtrueError(
          'audio/unreadable',
          `${name}: the ${found.codec} decoder refuses the track's parameters`,
        );
      }
      const drain = (): void => {
        while (context.receiveFrameSync(frame) >= 0) {
          const planes = planesOf(frame);
          if (planes !== null) {
            rate = frame.sampleRate || rate;
            pieces.push(planes);
            total += frame.nbSamples;
            if (total > maxDurationSec * rate) throw tooLong(name, total / rate, maxDurationSec);
          }
          frame.unref();
        }
      };
      while (input.readFrameSync(packet) >= 0) {
        if (packet.streamIndex === stream.index) {
          if (context.sendPacketSync(packet) < 0) damaged += 1;
          drain();
          throwIfAborted(signal);
        }
        packet.unref();
      }
      context.sendPacketSync(null);
      drain();
    } finally {
      context.freeContext();
      frame.free();
      packet.free();
    }
    if (total === 0) {
      throw damaged > 0
        ? new RingtrueError(
            'audio/unreadable',
            `${name}: no packet of the ${found.codec} track decodes`,
          )
        : new RingtrueError('audio/no-samples', `${name} decodes to no samples`);
    }
    const channels = Math.max(...pieces.map((piece) => piece.length));
    const samples = joinPlanes(pieces, channels);
    const stated = exactFrames(found, stream.duration, stream.timeBase, rate);
    if (stated !== null && stated - total > TRUNCATION_SLACK_SEC * rate && !allowPartial) {
      throw new RingtrueError(
        'audio/truncated',
        `${name} ends after ${(total / rate).toFixed(2)} s, its container says ${(stated / rate).toFixed(2)} s`,
        { details: { decodedSec: total / rate, statedSec: stated / rate } },
      );
    }
    // Padding of the last packet is cut where the container states the exact length.
    const trimmed =
      stated !== null && stated < total ? samples.map((plane) => plane.slice(0, stated)) : samples;
    const bad = trimmed.findIndex((plane) => !plane.every(Number.isFinite));
    if (bad >= 0)
      throw new RingtrueError('audio/not-finite', `${name}: channel ${bad} holds NaN or infinity`);
    return { audio: { samples: trimmed, sampleRate: rate }, probe: found };
  };
  return { probe: probeTrack, decodeTrack, close };
}

/** Containers whose stream duration is in samples, so that it says the exact length. */
const EXACT_CONTAINERS = ['mov', 'flac', 'ogg', 'wav', 'w64', 'aiff', 'caf', 'tta', 'wv'];

function exactFrames(
  found: Probe,
  duration: bigint,
  timeBase: { num: number; den: number },
  rate: number,
): number | null {
  if (duration <= 0n || !EXACT_CONTAINERS.some((name) => found.container.startsWith(name)))
    return null;
  // An Ogg page's last granule counts the pre-skip that decoders drop, so its duration is not the length.
  if (found.container === 'ogg') return null;
  return Math.round((Number(duration) * timeBase.num * rate) / timeBase.den);
}
