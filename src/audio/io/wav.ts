/**
 * WAV files in pure TypeScript: reader and writer, the same in Node and in the browser.
 * Formats: "Multimedia Programming Interface and Data Specifications 1.0" (RIFF/WAVE), Microsoft's
 * WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64) and ITU-R BS.2088 (BW64), ITU-T G.711 (A-law, µ-law).
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { type Audio, checkAudio, frameCount } from '../audio.ts';
import { G711_TABLES } from './g711.ts';

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

/**
 * Reads the chunks up to the samples.
 * @param bytes the file or its beginning
 * @param totalBytes size of the file where `bytes` is only its beginning
 * @returns the header, or null if the samples begin after the end of `bytes` and the file goes on
 * @throws RingtrueError `audio/unreadable` (no WAV, or a senseless header), `audio/truncated` (ends
 * before the samples)
 */
export function readWavHeader(
  bytes: Uint8Array,
  totalBytes: number = bytes.length,
): WavHeader | null {
  if (!isWav(bytes)) throw new RingtrueError('audio/unreadable', 'not a WAV file: no RIFF header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const riffSize = view.getUint32(4, true);
  let offset = 12;
  let format: FormatChunk | undefined;
  let size64: number | undefined;
  let tags: Record<string, string> = {};
  for (;;) {
    if (offset + 8 > bytes.length) {
      if (bytes.length < totalBytes) return null;
      throw new RingtrueError(
        format === undefined ? 'audio/unreadable' : 'audio/truncated',
        `the WAV file ends at byte ${totalBytes} before its ${format === undefined ? 'format' : 'samples'}`,
      );
    }
    const id = text(bytes, offset, 4);
    const size = view.getUint32(offset + 4, true);
    const body = offset + 8;
    if (id === 'data') {
      if (format === undefined) {
        throw new RingtrueError('audio/unreadable', 'the WAV file has samples before their format');
      }
      return finishHeader(format, { body, size, size64, riffSize, totalBytes }, tags);
    }
    if (body + size > bytes.length && bytes.length < totalBytes) return null;
    if (id === 'fmt ') format = readFormat(view, body, Math.min(size, bytes.length - body));
    if (id === 'ds64' && size >= 24 && body + 24 <= bytes.length) {
      size64 = Number(view.getBigUint64(body + 8, true));
    }
    if (id === 'LIST' && text(bytes, body, 4) === 'INFO') {
      tags = { ...tags, ...readInfo(bytes, view, body + 4, Math.min(body + size, bytes.length)) };
    }
    // Chunks are padded to even sizes.
    offset = body + size + (size % 2);
  }
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
  // The whole file is given, so the header is never beyond its end.
  const header = readWavHeader(bytes)!;
  if (header.encoding === 'other') {
    throw new RingtrueError(
      'audio/unreadable',
      `WAV encoding 0x${header.formatTag.toString(16)} with ${header.bytesPerSample} bytes a sample is not PCM, float, A-law or µ-law`,
      { details: { formatTag: header.formatTag } },
    );
  }
  const declared = header.declaredFrames ?? header.frames;
  if (declared > header.frames && options.allowPartial !== true) {
    throw new RingtrueError(
      'audio/truncated',
      `the WAV file has ${header.frames} of ${declared} frames`,
      { details: { frames: header.frames, declaredFrames: declared } },
    );
  }
  const audio = { samples: readPlanes(bytes, header), sampleRate: header.sampleRate };
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
  readonly bits: number;
}

function readFormat(view: DataView, at: number, size: number): FormatChunk {
  if (size < 14) throw new RingtrueError('audio/unreadable', 'the WAV format chunk is too short');
  let tag = view.getUint16(at, true);
  // The sub-format is a GUID that begins with a plain format tag.
  if (tag === FORMAT_EXTENSIBLE && size >= 26) tag = view.getUint16(at + 24, true);
  return {
    tag,
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    blockAlign: view.getUint16(at + 12, true),
    bits: size >= 16 ? view.getUint16(at + 14, true) : 8,
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
  if (data.size === OPEN_SIZE) return data.size64;
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

function readPlanes(bytes: Uint8Array, header: WavHeader): Float32Array[] {
  const { channels, frames, bytesPerSample, dataOffset } = header;
  const read = sampleReader(bytes, header);
  const step = channels * bytesPerSample;
  return Array.from({ length: channels }, (_, channel) => {
    const plane = new Float32Array(frames);
    let at = dataOffset + channel * bytesPerSample;
    for (let i = 0; i < frames; i += 1, at += step) plane[i] = read(at);
    return plane;
  });
}

function sampleReader(bytes: Uint8Array, header: WavHeader): (at: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (header.encoding) {
    case 'float':
      return header.bytesPerSample === 4
        ? (at) => view.getFloat32(at, true)
        : (at) => view.getFloat64(at, true);
    case 'a-law':
      return (at) => G711_TABLES['a-law'][bytes[at]!]!;
    case 'mu-law':
      return (at) => G711_TABLES['mu-law'][bytes[at]!]!;
    default:
      switch (header.bytesPerSample) {
        case 1:
          return (at) => (bytes[at]! - 128) / 128;
        case 2:
          return (at) => view.getInt16(at, true) / 32768;
        case 3:
          return (at) => (view.getInt8(at + 2) * 65536 + view.getUint16(at, true)) / 8388608;
        default:
          return (at) => view.getInt32(at, true) / 2147483648;
      }
  }
}

function readInfo(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  end: number,
): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let at = from; at + 8 <= end; ) {
    const size = view.getUint32(at + 4, true);
    const value = text(bytes, at + 8, Math.min(size, end - at - 8)).replace(/\0.*$/s, '');
    tags[text(bytes, at, 4)] = value;
    at += 8 + size + (size % 2);
  }
  return tags;
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
