/**
 * Containers and their sound tracks through the media library, in this process.
 * @module
 */

import type * as AvLib from 'node-av/lib';
import { RingtrueError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/progress.ts';
import { checkAudio, toMono } from '../audio.ts';
import { resample } from '../dsp/resample.ts';
import { isTruncatedMp4, isTruncatedOgg } from './containers.ts';
import { type Ffmpeg, joinPlanes, loadFfmpeg, planesOf } from './ffmpeg.ts';
import { type AllDecodeLimits, checkExtent } from './limits.ts';
import type { RawFormat } from './raw.ts';
import type { ByteSource } from './source.ts';
import type { Decoded, DecodeOptions, Probe } from './types.ts';

/** A container that was opened. */
export interface Input {
  readonly source: ByteSource;
  readonly ffmpeg: Ffmpeg;
  readonly context: AvLib.FormatContext;
  /** Sound tracks in the order of the file. */
  readonly streams: readonly AvLib.Stream[];
  /** Seconds that the container declares for the file as a whole; null where it does not. */
  readonly declaredSec: number | null;
  /** Seconds that the container declares for a sound track; null where it does not. */
  trackSec(track: number): number | null;
  /** True if the guess of the container rests on very little, as for a cut piece of MP3. */
  readonly doubtful: boolean;
  /** @throws RingtrueError `audio/no-track` */
  probe(track: number): Probe;
  /** Throws what reading the source threw, if it did: the library only sees that bytes are missing. */
  rethrow(): void;
  close(): void;
}

const IO_BLOCK = 1 << 16;
/** FFmpeg's own mark of a probe that may be wrong: a quarter of its highest score. */
const DOUBTFUL_SCORE = 25;
/** AVERROR(EIO). */
const READ_FAILED = -5;

/**
 * Opens a container.
 * @throws RingtrueError `audio/unreadable`, `audio/truncated` (an MP4 whose index is missing), `core/io-*`,
 * `core/missing-dependency`
 */
export async function openInput(source: ByteSource, format?: RawFormat): Promise<Input> {
  const ffmpeg = await loadFfmpeg();
  const { av, constants } = ffmpeg;
  const io = new av.IOContext();
  let position = 0;
  let failure: unknown;
  io.allocContextWithCallbacks(
    IO_BLOCK,
    0,
    (size) => {
      try {
        const chunk = source.read(position, size);
        position += chunk.length;
        return chunk.length === 0
          ? null
          : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      } catch (error) {
        failure ??= error;
        return READ_FAILED;
      }
    },
    null,
    (offset, whence) => {
      if (whence === constants.AVSEEK_SIZE) return BigInt(source.size);
      const base =
        whence === constants.AVSEEK_CUR
          ? position
          : whence === constants.AVSEEK_END
            ? source.size
            : 0;
      position = Math.max(0, base + Number(offset));
      return BigInt(position);
    },
  );
  const context = new av.FormatContext();
  context.allocContext();
  context.pb = io;
  // A playlist or a script of files (ffconcat, HLS, SDP) must not open anything else: no protocol is called so.
  context.setOption('protocol_whitelist', 'none');
  const forced = format === undefined ? null : av.InputFormat.findInputFormat(format.codec);
  const rethrow = (): void => {
    if (failure !== undefined) throw failure;
  };
  const status = context.openInputSync('', forced, null);
  if (status < 0) {
    // A failed open has freed the context, but not our input.
    io.freeContext();
    rethrow();
    if (isTruncatedMp4(source)) {
      throw new RingtrueError('audio/truncated', `${source.name} ends before its index of samples`);
    }
    throw new RingtrueError(
      'audio/unreadable',
      `${source.name} is in no format that can be decoded`,
      { details: { ffmpeg: av.FFmpegError.strerror(status) } },
    );
  }
  // What the header says now is declared; looking into the packets adds estimates.
  const container = context.iformat?.name ?? 'unknown';
  const declared = new Map(
    context.streams.map((stream) => {
      const sec = secondsOf(stream.duration, stream.timeBase);
      return [stream.index, sec === null ? null : sec - paddingSec(stream, container)];
    }),
  );
  const declaredSec =
    context.duration > 0n ? Number(context.duration) / constants.AV_TIME_BASE : null;
  context.findStreamInfoSync(null);
  const streams = context.streams.filter(
    (stream) => stream.codecpar.codecType === constants.AVMEDIA_TYPE_AUDIO,
  );
  return {
    source,
    ffmpeg,
    context,
    streams,
    declaredSec,
    trackSec: (track) => declared.get(streams[track]?.index ?? -1) ?? null,
    doubtful: format === undefined && context.probeScore < DOUBTFUL_SCORE,
    probe: (track) => probeTrack({ source, ffmpeg, context, streams, container }, track),
    rethrow,
    close: () => {
      context.closeInputSync();
      io.freeContext();
    },
  };
}

function probeTrack(
  {
    source,
    ffmpeg: { av, constants },
    context,
    streams,
    container,
  }: Pick<Input, 'source' | 'ffmpeg' | 'context' | 'streams'> & { container: string },
  track: number,
): Probe {
  const stream = streams[track];
  if (stream === undefined) {
    throw new RingtrueError(
      'audio/no-track',
      streams.length === 0
        ? `${source.name} (${container}) holds no sound track`
        : `${source.name} has ${streams.length} sound tracks, track ${track} was asked for`,
    );
  }
  const { codecpar } = stream;
  const bitRate = Number(codecpar.bitRate) || Number(context.bitRate);
  const coveredSec =
    secondsOf(stream.duration, stream.timeBase) ??
    (context.duration > 0n ? Number(context.duration) / constants.AV_TIME_BASE : null);
  const durationSec =
    coveredSec === null ? null : Math.max(0, coveredSec - paddingSec(stream, container));
  const codecOf = ({ codecpar: { codecId } }: AvLib.Stream): string =>
    av.avGetCodecName(codecId) ?? 'unknown';
  return {
    container,
    codec: codecOf(stream),
    bitRate: bitRate > 0 ? bitRate : null,
    sampleRate: codecpar.sampleRate,
    channels: codecpar.channels,
    durationSec,
    tags: { ...context.metadata?.getAll(), ...stream.metadata?.getAll() },
    tracks: streams.map((each, index) => ({
      index,
      codec: codecOf(each),
      sampleRate: each.codecpar.sampleRate,
      channels: each.codecpar.channels,
      language: each.metadata?.get('language') ?? null,
    })),
  };
}

function secondsOf(
  duration: bigint,
  { num, den }: { readonly num: number; readonly den: number },
): number | null {
  return duration > 0n ? (Number(duration) * num) / den : null;
}

/**
 * Seconds that the decoder drops at the beginning and that the container counts all the same: Ogg (RFC 7845
 * §4.2) and Matroska (RFC 9559 §5.1.4.1.25) do.
 */
function paddingSec({ codecpar }: AvLib.Stream, container: string): number {
  if (!/^(ogg|matroska)/.test(container) || codecpar.sampleRate === 0) return 0;
  return codecpar.initialPadding / codecpar.sampleRate;
}

/** A stretch of a track with one rate and one number of channels. */
interface Stretch {
  readonly sampleRate: number;
  readonly channels: number;
  readonly pieces: Float32Array[][];
}

/** The event loop is served this often, so that cancelling and timers of the caller work. */
const BREATH_MS = 25;

/**
 * Decodes one track of an opened container to its exact length.
 * @throws RingtrueError `audio/*`, `core/io-*`, `core/cancelled`
 */
export async function decodeTrack(
  input: Input,
  options: Pick<DecodeOptions, 'track' | 'allowPartial' | 'signal'> & {
    readonly found: Probe;
    readonly limits: AllDecodeLimits;
  },
): Promise<Decoded> {
  const { track = 0, found } = options;
  const { name } = input.source;
  const stream = input.streams[track]!;
  const stated = input.trackSec(track);
  const { stretches, damaged, endSec, broken } = await readStretches(input, stream, options);
  input.rethrow();
  const first = stretches[0];
  if (first === undefined || (input.doubtful && damaged > 0)) {
    throw damaged > 0
      ? new RingtrueError(
          'audio/unreadable',
          `${name}: no packet of the ${found.codec} track decodes`,
        )
      : new RingtrueError('audio/no-samples', `${name} decodes to no samples`);
  }
  const { sampleRate, channels } = first;
  const planes = joinStretches(stretches);
  const length = planes[0]!.length;
  if (options.allowPartial !== true) {
    checkEnd(input, found, { stated, decodedSec: length / sampleRate, endSec, broken });
  }
  const exact = stated !== null && isExact(found) ? Math.round(stated * sampleRate) : length;
  // The container says where the last packet ends; what it says of more than one is no padding.
  const padded = exact < length && length - exact < MAX_PADDING;
  const samples = padded ? planes.map((plane) => plane.slice(0, exact)) : planes;
  const audio = { samples, sampleRate };
  checkAudio(audio);
  return {
    audio,
    probe: { ...found, sampleRate, channels },
    ...(damaged > 0 ? { damagedPackets: damaged } : {}),
  };
}

async function readStretches(
  { context: container, ffmpeg: { av, constants }, source, ...input }: Input,
  stream: AvLib.Stream,
  {
    found,
    limits,
    signal,
    track = 0,
  }: {
    found: Probe;
    limits: AllDecodeLimits;
    signal?: AbortSignal | undefined;
    track?: number | undefined;
  },
): Promise<{ stretches: Stretch[]; damaged: number; endSec: number; broken: string | null }> {
  const decoder = av.Codec.findDecoder(stream.codecpar.codecId);
  if (decoder === null) {
    throw new RingtrueError(
      'audio/unreadable',
      `${source.name}: there is no decoder for ${found.codec}`,
    );
  }
  if (input.trackSec(track) !== null) {
    // Other tracks are only needed to see how far a file goes whose tracks do not say.
    for (const other of container.streams) {
      if (other.index !== stream.index) other.discard = constants.AVDISCARD_ALL;
    }
  }
  const context = new av.CodecContext();
  context.allocContext3(decoder);
  const frame = new av.Frame();
  frame.alloc();
  const packet = new av.Packet();
  packet.alloc();
  const stretches: Stretch[] = [];
  let damaged = 0;
  let endSec = 0;
  let broken: string | null = null;
  let durationSec = 0;
  const drain = (): void => {
    while (context.receiveFrameSync(frame) >= 0) {
      const planes = planesOf(frame);
      const sampleRate = frame.sampleRate || found.sampleRate;
      const channels = planes.length;
      frame.unref();
      const length = planes[0]?.length ?? 0;
      if (length === 0) continue;
      let last = stretches.at(-1);
      if (last?.sampleRate !== sampleRate || last.channels !== channels) {
        last = { sampleRate, channels, pieces: [] };
        stretches.push(last);
      }
      last.pieces.push(planes);
      durationSec += length / sampleRate;
      checkExtent(source.name, { channels, durationSec, sampleRate }, limits);
    }
  };
  const started = performance.now();
  let breath = started;
  try {
    context.parametersToContext(stream.codecpar);
    context.pktTimebase = stream.timeBase;
    if (context.open2Sync(decoder, null) < 0) {
      throw new RingtrueError(
        'audio/unreadable',
        `${source.name}: the ${found.codec} decoder refuses the track's parameters`,
      );
    }
    const timeBases = new Map(container.streams.map((each) => [each.index, each.timeBase]));
    for (;;) {
      const status = container.readFrameSync(packet);
      if (status < 0) {
        if (status !== constants.AVERROR_EOF) broken = av.FFmpegError.strerror(status);
        break;
      }
      const timeBase = timeBases.get(packet.streamIndex);
      if (timeBase !== undefined && packet.pts > 0n) {
        const end = Number(packet.pts + packet.duration) * (timeBase.num / timeBase.den);
        endSec = Math.max(endSec, end);
      }
      if (packet.streamIndex === stream.index) {
        if (context.sendPacketSync(packet) < 0) damaged += 1;
        drain();
      }
      packet.unref();
      const now = performance.now();
      if (now - breath < BREATH_MS) continue;
      if (now - started > 1000 * limits.maxTimeSec) {
        throw new RingtrueError(
          'audio/limit-time',
          `${source.name} took longer than ${limits.maxTimeSec} s to decode`,
          { details: { maxTimeSec: limits.maxTimeSec } },
        );
      }
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      throwIfAborted(signal);
      breath = performance.now();
    }
    context.sendPacketSync(null);
    drain();
  } finally {
    context.freeContext();
    frame.free();
    packet.free();
  }
  return { stretches, damaged, endSec, broken };
}

/** All stretches with the rate and the channels of the first: a chained stream may change both midway. */
function joinStretches(stretches: readonly Stretch[]): Float32Array[] {
  const { sampleRate, channels } = stretches[0]!;
  const parts = stretches.map((stretch) => {
    const planes = joinPlanes(stretch.pieces, stretch.channels).map((plane) =>
      resample(plane, stretch.sampleRate, sampleRate),
    );
    if (stretch.channels === channels) return planes;
    const mono = toMono({ samples: planes, sampleRate });
    return Array.from({ length: channels }, () => mono);
  });
  return parts.length === 1 ? parts[0]! : joinPlanes(parts, channels);
}

/** Containers whose stream duration is in samples, so that it says the exact length. */
const EXACT_CONTAINERS = ['ogg', 'mov', 'flac', 'aiff', 'caf', 'tta', 'wv', 'mp3', 'w64', 'au'];

function isExact({ container, codec }: Probe): boolean {
  // The count of samples in a WAV file holds for codecs without a delay.
  if (container === 'wav') return codec.startsWith('adpcm') || codec === 'gsm_ms';
  return EXACT_CONTAINERS.some((name) => container.split(',').includes(name));
}

/** Samples of the longest packet that is padded: Vorbis has blocks of 8,192. */
const MAX_PADDING = 8192;

/** Containers count in samples exactly, or in ticks and packets: less than this is no missing end. */
const EXACT_SLACK_SEC = 0.1;
const SLACK_SEC = 0.5;

function checkEnd(
  { source, declaredSec }: Input,
  found: Probe,
  {
    stated,
    decodedSec,
    endSec,
    broken,
  }: { stated: number | null; decodedSec: number; endSec: number; broken: string | null },
): void {
  const missing = (haveSec: number, wantSec: number): RingtrueError =>
    new RingtrueError(
      'audio/truncated',
      `${source.name} ends after ${haveSec.toFixed(2)} s, its container says ${wantSec.toFixed(2)} s`,
      { details: { decodedSec: haveSec, statedSec: wantSec } },
    );
  const unreadableFrom = (haveSec: number): RingtrueError =>
    new RingtrueError(
      'audio/truncated',
      `${source.name} cannot be read beyond ${haveSec.toFixed(2)} s`,
      { details: { decodedSec: haveSec, ffmpeg: broken } },
    );
  if (found.container === 'ogg') {
    // Its duration is that of the last page that is there, so the end has to be looked for.
    if (broken !== null) throw unreadableFrom(decodedSec);
    if (!isTruncatedOgg(source)) return;
    throw new RingtrueError(
      'audio/truncated',
      `${source.name} ends after ${decodedSec.toFixed(2)} s without the page that ends an Ogg stream`,
      { details: { decodedSec } },
    );
  }
  if (stated !== null) {
    const slack = isExact(found) ? EXACT_SLACK_SEC : SLACK_SEC;
    if (stated - decodedSec > slack) throw missing(decodedSec, stated);
  } else if (declaredSec !== null) {
    // Only the longest track, of whatever kind, lasts as long as the file.
    const haveSec = Math.max(decodedSec, endSec);
    if (declaredSec - haveSec > SLACK_SEC) throw missing(haveSec, declaredSec);
  } else if (broken !== null) {
    throw unreadableFrom(decodedSec);
  }
}
