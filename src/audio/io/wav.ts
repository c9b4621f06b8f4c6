/**
 * WAV files in pure TypeScript: reader and writer, the same in Node and in the browser.
 * Formats: "Multimedia Programming Interface and Data Specifications 1.0" (RIFF/WAVE), Microsoft's
 * WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64) and ITU-R BS.2088 (BW64), ITU-T G.711 (A-law, µ-law).
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { type Audio, checkAudio, frameCount } from '../audio.ts';
import { G711_TABLES, type G711Law } from './g711.ts';

/** How samples lie in the data chunk; `other` is any encoding that this reader does not decode. */
export type WavEncoding = 'pcm' | 'float' | 'a-law' | 'mu-law' | 'other';

/** What the chunks before the samples say. */
export interface WavHeader {
  readonly encoding: WavEncoding;
  /** WAVE format tag, of the sub-format where the header is extensible. */
  readonly formatTag: number;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Bytes of one sample of one channel, padding bits included. */
  readonly bytesPerSample: number;
  /** Byte offset of the first sample. */
  readonly dataOffset: number;
  /** Whole frames that are in the file. */
  readonly frames: number;
  /** Whole frames that the header promises; absent where a streaming writer left the size open. */
  readonly declaredFrames?: number;
  /** Texts of the INFO list before the samples, by their four-letter names. */
  readonly tags: Readonly<Record<string, string>>;
}

/** How the writer stores samples. */
export type WavFormat = 'pcm16' | 'pcm24' | 'float32';

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_A_LAW = 6;
const FORMAT_MU_LAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;
const OPEN_SIZE = 0xffffffff;
/** Recorders that cannot seek back write sizes just under 2 GiB (SoX 0x7ffff000, ALSA 0x7fffffff). */
const PRETENDED_SIZE = 0x7ffff000;
/** A header tells four channels from four thousand; this bounds what a hostile one can make us hold. */
const MAX_CHANNELS = 1024;

/** True if the bytes begin as a WAV file (RIFF, RF64 or BW64 with the WAVE form). */
export function isWav(bytes: Uint8Array): boolean {
  const magic = text(bytes, 0, 4);
  return (magic === 'RIFF' || magic === 'RF64' || magic === 'BW64') && text(bytes, 8, 4) === 'WAVE';
}

/** Random access to a file: up to `length` bytes from byte `offset`, fewer at its end. */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

/** Recorders write a handful of chunks before the samples; this bounds the walk through a hostile file. */
const MAX_CHUNKS = 10_000;
/** What is read of a format chunk, and of the longest INFO list that is kept. */
const FORMAT_BYTES = 40;
const INFO_BYTES = 1 << 16;

/**
 * Reads the chunks up to the samples, no more of the file than they need.
 * @param totalBytes size of the file
 * @throws RingtrueError `audio/unreadable` (no WAV, or a senseless header), `audio/truncated` (ends
 * before the samples)
 */
export function readWavHeader(read: ReadBytes, totalBytes: number): WavHeader {
  const riff = read(0, 12);
  if (!isWav(riff)) throw new RingtrueError('audio/unreadable', 'not a WAV file: no RIFF header');
  const riffSize = viewOf(riff).getUint32(4, true);
  let offset = 12;
  let format: FormatChunk | undefined;
  let size64: number | undefined;
  const tags: Record<string, string> = {};
  for (let chunk = 0; chunk < MAX_CHUNKS; chunk += 1) {
    const head = read(offset, 8);
    if (head.length < 8) {
      throw new RingtrueError(
        format === undefined ? 'audio/unreadable' : 'audio/truncated',
        `the WAV file ends at byte ${totalBytes} before its ${format === undefined ? 'format' : 'samples'}`,
      );
    }
    const id = text(head, 0, 4);
    const size = viewOf(head).getUint32(4, true);
    const body = offset + 8;
    if (id === 'data') {
      if (format === undefined) {
        throw new RingtrueError('audio/unreadable', 'the WAV file has samples before their format');
      }
      return finishHeader(format, { body, size, size64, riffSize, totalBytes }, tags);
    }
    if (id === 'fmt ') format = readFormat(read(body, Math.min(size, FORMAT_BYTES)));
    if (id === 'ds64' && size >= 24) {
      const sizes = read(body, 24);
      if (sizes.length === 24) size64 = Number(viewOf(sizes).getBigUint64(8, true));
    }
    if (id === 'LIST') Object.assign(tags, readInfo(read(body, Math.min(size, INFO_BYTES))));
    // Chunks are padded to even sizes.
    offset = body + size + (size % 2);
  }
  throw new RingtrueError(
    'audio/unreadable',
    `the WAV file has no samples after ${MAX_CHUNKS} chunks`,
  );
}

/**
 * Reads the samples that the header describes, piece by piece.
 * @returns `[channels][frames]`: in [-1, 1) for integer formats, as stored for float formats
 * @throws RingtrueError `audio/unreadable` (an encoding of another reader), `audio/truncated` (the file has
 * become shorter since its header was read)
 */
export function readWavSamples(read: ReadBytes, header: WavHeader): Float32Array[] {
  const { encoding, bytesPerSample, channels, frames, dataOffset } = header;
  if (encoding === 'other') {
    throw new RingtrueError(
      'audio/unreadable',
      `WAV encoding 0x${header.formatTag.toString(16)} with ${bytesPerSample} bytes a sample is not PCM, float, A-law or µ-law`,
      { details: { formatTag: header.formatTag } },
    );
  }
  const convert = CONVERTERS[`${encoding}-${8 * bytesPerSample}`]!;
  const step = channels * bytesPerSample;
  const framesAtOnce = Math.max(1, Math.floor(PIECE_BYTES / step));
  const planes = Array.from({ length: channels }, () => new Float32Array(frames));
  for (let start = 0; start < frames; start += framesAtOnce) {
    const count = Math.min(framesAtOnce, frames - start);
    const piece = read(dataOffset + start * step, count * step);
    if (piece.length < count * step) {
      throw new RingtrueError('audio/truncated', 'the WAV file became shorter while it was read');
    }
    const view = viewOf(piece);
    for (const [channel, plane] of planes.entries()) {
      convert(view, channel * bytesPerSample, step, plane.subarray(start, start + count));
    }
  }
  return planes;
}

/**
 * Reads a WAV file: PCM of 8 to 32 bits, float of 32 and 64 bits, A-law and µ-law, any number of
 * channels, RF64 and BW64, and files whose writer left the size open.
 * @param bytes the whole file
 * @param options `allowPartial`: give what is there where the file ends early
 * @returns samples in [-1, 1) for integer formats, as stored for float formats
 * @throws RingtrueError `audio/empty`, `audio/unreadable`, `audio/truncated`, `audio/no-samples`,
 * `audio/not-finite`
 */
export function readWav(bytes: Uint8Array, options: { allowPartial?: boolean } = {}): Audio {
  if (bytes.length === 0) throw new RingtrueError('audio/empty', 'the WAV file has no bytes');
  const read: ReadBytes = (offset, length) => bytes.subarray(offset, offset + length);
  const header = readWavHeader(read, bytes.length);
  const { frames, declaredFrames = frames } = header;
  if (declaredFrames > frames && options.allowPartial !== true) {
    throw new RingtrueError(
      'audio/truncated',
      `the WAV file has ${frames} of ${declaredFrames} frames`,
      { details: { frames, declaredFrames } },
    );
  }
  const audio = { samples: readWavSamples(read, header), sampleRate: header.sampleRate };
  checkAudio(audio);
  return audio;
}

/**
 * Writes a WAV file: integer formats clip at full scale and round to the nearest step; more than two
 * channels get an extensible header without speaker positions; over 4 GiB become RF64.
 * @param audio samples nominally in [-1, 1]
 * @param options `format`: `pcm16` (default), `pcm24` or `float32`
 * @throws RingtrueError `audio/bad-shape`, `audio/no-samples`, `audio/not-finite`
 */
export function writeWav(audio: Audio, options: { format?: WavFormat } = {}): Uint8Array {
  checkAudio(audio);
  const format = options.format ?? 'pcm16';
  const channels = audio.samples.length;
  const frames = frameCount(audio);
  const { sampleRate } = audio;
  const header = writeWavHeader({ format, sampleRate, channels, frames });
  const dataBytes = frames * channels * BYTES[format];
  const out = new Uint8Array(header.length + dataBytes + (dataBytes % 2));
  out.set(header);
  const view = new DataView(out.buffer, header.length);
  for (const [channel, plane] of audio.samples.entries()) {
    let at = channel * BYTES[format];
    const step = channels * BYTES[format];
    if (format === 'float32') {
      for (let i = 0; i < frames; i += 1, at += step) view.setFloat32(at, plane[i]!, true);
    } else if (format === 'pcm16') {
      for (let i = 0; i < frames; i += 1, at += step) {
        view.setInt16(at, toInteger(plane[i]!, 32768), true);
      }
    } else {
      for (let i = 0; i < frames; i += 1, at += step) {
        const value = toInteger(plane[i]!, 8388608);
        view.setUint16(at, value & 0xffff, true);
        view.setInt8(at + 2, value >> 16);
      }
    }
  }
  return out;
}

const BYTES = { pcm16: 2, pcm24: 3, float32: 4 } as const satisfies Record<WavFormat, number>;

/**
 * The bytes before the samples of a WAV file.
 * @param shape format, sample rate in Hz, channels and frames of the samples that will follow
 */
export function writeWavHeader(shape: {
  format: WavFormat;
  sampleRate: number;
  channels: number;
  frames: number;
}): Uint8Array {
  const { channels, sampleRate } = shape;
  const bytes = BYTES[shape.format];
  const tag = shape.format === 'float32' ? FORMAT_FLOAT : FORMAT_PCM;
  const extensible = channels > 2;
  const dataBytes = shape.frames * channels * bytes;
  const formatBytes = extensible ? 40 : tag === FORMAT_FLOAT ? 18 : 16;
  const factBytes = tag === FORMAT_FLOAT ? 12 : 0;
  const fixed = 12 + 8 + formatBytes + factBytes + 8;
  const large = fixed + dataBytes > OPEN_SIZE;
  const headerBytes = fixed + (large ? 36 : 0);
  const out = new Uint8Array(headerBytes);
  const view = new DataView(out.buffer);
  let at = 0;
  const name = (id: string) => {
    for (const letter of id) out[at++] = letter.charCodeAt(0);
  };
  const u16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const u64 = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  const riffBytes = headerBytes - 8 + dataBytes + (dataBytes % 2);
  name(large ? 'RF64' : 'RIFF');
  u32(large ? OPEN_SIZE : riffBytes);
  name('WAVE');
  if (large) {
    name('ds64');
    u32(28);
    u64(riffBytes);
    u64(dataBytes);
    u64(shape.frames);
    u32(0);
  }
  name('fmt ');
  u32(formatBytes);
  u16(extensible ? FORMAT_EXTENSIBLE : tag);
  u16(channels);
  u32(sampleRate);
  u32(sampleRate * channels * bytes);
  u16(channels * bytes);
  u16(bytes * 8);
  if (formatBytes > 16) u16(formatBytes - 18);
  if (extensible) {
    u16(bytes * 8);
    u32(0);
    u16(tag);
    // The rest of KSDATAFORMAT_SUBTYPE_*: 0000-0010-8000-00AA00389B71.
    for (const byte of SUBTYPE_REST) out[at++] = byte;
  }
  if (factBytes > 0) {
    name('fact');
    u32(4);
    u32(Math.min(shape.frames, OPEN_SIZE));
  }
  name('data');
  u32(large ? OPEN_SIZE : dataBytes);
  return out;
}

const SUBTYPE_REST = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

interface FormatChunk {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
}

function readFormat(bytes: Uint8Array): FormatChunk {
  const size = bytes.length;
  if (size < 14) throw new RingtrueError('audio/unreadable', 'the WAV format chunk is too short');
  const view = viewOf(bytes);
  const tag = view.getUint16(0, true);
  return {
    // The sub-format is a GUID that begins with a plain format tag.
    tag: tag === FORMAT_EXTENSIBLE && size >= 26 ? view.getUint16(24, true) : tag,
    channels: view.getUint16(2, true),
    sampleRate: view.getUint32(4, true),
    blockAlign: view.getUint16(12, true),
  };
}

function finishHeader(
  format: FormatChunk,
  data: {
    body: number;
    size: number;
    size64: number | undefined;
    riffSize: number;
    totalBytes: number;
  },
  tags: Record<string, string>,
): WavHeader {
  const { tag, channels, sampleRate, blockAlign } = format;
  if (sampleRate === 0 || channels === 0 || channels > MAX_CHANNELS) {
    throw new RingtrueError(
      'audio/unreadable',
      `the WAV header says ${channels} channels at ${sampleRate} Hz`,
      { details: { channels, sampleRate } },
    );
  }
  const bytesPerSample = blockAlign / channels;
  const encoding = encodingOf(tag, bytesPerSample);
  const present = Math.max(0, data.totalBytes - data.body);
  const declaredBytes = declaredSize(data, present);
  const frameBytes = Math.max(1, blockAlign);
  const available = Math.min(present, declaredBytes ?? present);
  return {
    encoding,
    formatTag: tag,
    sampleRate,
    channels,
    bytesPerSample,
    dataOffset: data.body,
    frames: Math.floor(available / frameBytes),
    ...(declaredBytes === undefined
      ? {}
      : { declaredFrames: Math.floor(declaredBytes / frameBytes) }),
    tags,
  };
}

function declaredSize(
  data: { body: number; size: number; size64: number | undefined; riffSize: number },
  present: number,
): number | undefined {
  // A 64-bit size of 0 is one that was never filled in.
  if (data.size === OPEN_SIZE) return data.size64 === 0 ? undefined : data.size64;
  if (data.size >= PRETENDED_SIZE && data.size > present) return undefined;
  // A recorder that died wrote its header with no samples yet: then RIFF ends where the data begins.
  if (data.size === 0 && present > 0 && (data.riffSize === 0 || data.riffSize + 8 <= data.body)) {
    return undefined;
  }
  if (data.size === 0 && data.riffSize === OPEN_SIZE) return undefined;
  return data.size;
}

function encodingOf(tag: number, bytes: number): WavEncoding {
  if (tag === FORMAT_PCM && (bytes === 1 || bytes === 2 || bytes === 3 || bytes === 4))
    return 'pcm';
  if (tag === FORMAT_FLOAT && (bytes === 4 || bytes === 8)) return 'float';
  if (tag === FORMAT_A_LAW && bytes === 1) return 'a-law';
  if (tag === FORMAT_MU_LAW && bytes === 1) return 'mu-law';
  return 'other';
}

/** What is read at once: small enough for the cache of a processor. */
const PIECE_BYTES = 1 << 18;

/** Fills `out` with the samples that lie at bytes `at`, `at + step`, … */
type Converter = (view: DataView, at: number, step: number, out: Float32Array) => void;

/** By encoding and bits; a loop of its own each, which the engine compiles for its one way to read. */
const CONVERTERS: Readonly<Record<string, Converter>> = {
  'pcm-8': (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) out[i] = (view.getUint8(at + i * step) - 128) / 128;
  },
  'pcm-16': (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) out[i] = view.getInt16(at + i * step, true) / 32768;
  },
  'pcm-24': (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) {
      const from = at + i * step;
      out[i] = (view.getInt8(from + 2) * 65536 + view.getUint16(from, true)) / 8388608;
    }
  },
  'pcm-32': (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) {
      out[i] = view.getInt32(at + i * step, true) / 2147483648;
    }
  },
  'float-32': (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) out[i] = view.getFloat32(at + i * step, true);
  },
  'float-64': (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) out[i] = view.getFloat64(at + i * step, true);
  },
  'a-law-8': expander('a-law'),
  'mu-law-8': expander('mu-law'),
};

function expander(law: G711Law): Converter {
  const table = G711_TABLES[law];
  return (view, at, step, out) => {
    for (let i = 0; i < out.length; i += 1) out[i] = table[view.getUint8(at + i * step)]!;
  };
}

/** Tags of a LIST chunk of the INFO kind; none for other kinds. */
function readInfo(bytes: Uint8Array): Record<string, string> {
  const tags: Record<string, string> = {};
  if (text(bytes, 0, 4) !== 'INFO') return tags;
  const view = viewOf(bytes);
  for (let at = 4; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    tags[text(bytes, at, 4)] = text(bytes, at + 8, size).replace(/\0.*$/s, '');
    at += 8 + size + (size % 2);
  }
  return tags;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function text(bytes: Uint8Array, at: number, length: number): string {
  // Latin-1: one byte, one character, so that nothing in a tag can fail to decode.
  let out = '';
  const end = Math.min(bytes.length, at + length);
  for (let i = at; i < end; i += 1) out += String.fromCharCode(bytes[i]!);
  return out;
}

function toInteger(sample: number, scale: number): number {
  return Math.max(-scale, Math.min(scale - 1, Math.round(sample * scale)));
}
