/**
 * Decoding of anything FFmpeg can, to planar Float32 at the true rate and with the exact length.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/progress.ts';
import { checkAudio } from '../audio.ts';
import { hasMagic } from './containers.ts';
import { decodeTrack, openInput } from './demux.ts';
import { G711_TABLES, type G711Law } from './g711.ts';
import { type AllDecodeLimits, checkExtent, fillLimits } from './limits.ts';
import { lawOf, type RawFormat, rawFormatOf } from './raw.ts';
import { type ByteSource, type MediaSource, openSource } from './source.ts';
import type { Decoded, DecodeOptions, Probe } from './types.ts';
import { isWav, readWavHeader, readWavSamples, type WavHeader } from './wav.ts';

export type { DecodeLimits } from './limits.ts';
export type { RawFormat } from './raw.ts';
export type { Decoded, DecodeOptions, Probe, Track } from './types.ts';

/**
 * Decodes sound. What the file is, its content says; its name counts only for headerless formats.
 * @param source path (also one into an archive: `/data/LA.zip!/LA/a.flac`), bytes, or a stream of bytes
 * @throws RingtrueError `audio/*`, `archives/*`, `core/io-*`, `core/cancelled`, `core/missing-dependency`
 */
export async function decode(source: MediaSource, options: DecodeOptions = {}): Promise<Decoded> {
  return withSource(source, options, async (bytes, limits) => {
    const format = options.format ?? (hasMagic(bytes) ? undefined : rawFormatOf(bytes.path));
    const law = format === undefined ? null : lawOf(format);
    if (format !== undefined && law !== null) return decodeG711(bytes, format, law, limits);
    const header = format === undefined ? wavHeader(bytes) : null;
    if (header !== null && header.encoding !== 'other') {
      return decodeWav(bytes, header, options, limits);
    }
    if (header !== null) checkWavEnd(bytes.name, header, options);
    const input = await openInput(bytes, format);
    try {
      const found = input.probe(options.track ?? 0);
      const { channels, sampleRate } = found;
      const durationSec = input.trackSec(options.track ?? 0) ?? input.declaredSec;
      checkExtent(bytes.name, { channels, durationSec, sampleRate }, limits);
      return await decodeTrack(input, { ...options, found, limits });
    } finally {
      input.close();
    }
  });
}

/** What a container says, without decoding. Same errors as {@link decode}. */
export async function probe(source: MediaSource, options: DecodeOptions = {}): Promise<Probe> {
  return withSource(source, options, async (bytes) => {
    const format = options.format ?? (hasMagic(bytes) ? undefined : rawFormatOf(bytes.path));
    if (format !== undefined && lawOf(format) !== null) return g711Probe(bytes.size, format);
    const header = format === undefined ? wavHeader(bytes) : null;
    if (header !== null && header.encoding !== 'other') return wavProbe(header);
    const input = await openInput(bytes, format);
    try {
      return input.probe(options.track ?? 0);
    } finally {
      input.close();
    }
  });
}

async function withSource<T>(
  source: MediaSource,
  options: DecodeOptions,
  work: (bytes: ByteSource, limits: AllDecodeLimits) => Promise<T>,
): Promise<T> {
  const limits = fillLimits(options.limits);
  const { maxBytes, maxMemoryMb } = limits;
  const maxHeldBytes = Math.min(maxBytes, maxMemoryMb * 2 ** 20);
  const bytes = await openSource(source, { maxBytes, maxHeldBytes, signal: options.signal });
  try {
    throwIfAborted(options.signal);
    return await work(bytes, limits);
  } finally {
    bytes.close();
  }
}

/** The header of a WAV file, or null for anything else. */
function wavHeader(bytes: ByteSource): WavHeader | null {
  return isWav(bytes.read(0, 12)) ? readWavHeader(bytes.read, bytes.size) : null;
}

function checkWavEnd(name: string, header: WavHeader, { allowPartial }: DecodeOptions): void {
  const { frames, declaredFrames = frames } = header;
  if (declaredFrames <= frames || allowPartial === true) return;
  throw new RingtrueError('audio/truncated', `${name} has ${frames} of ${declaredFrames} frames`, {
    details: { frames, declaredFrames },
  });
}

/** WAV by our own reader, which knows a truncated file from a short one. */
function decodeWav(
  bytes: ByteSource,
  header: WavHeader,
  options: DecodeOptions,
  limits: AllDecodeLimits,
): Decoded {
  checkTrack(bytes.name, options.track);
  const { channels, frames, sampleRate } = header;
  checkExtent(bytes.name, { channels, durationSec: frames / sampleRate, sampleRate }, limits);
  checkWavEnd(bytes.name, header, options);
  const audio = { samples: readWavSamples(bytes.read, header), sampleRate };
  checkAudio(audio);
  return { audio, probe: wavProbe(header) };
}

function wavProbe(header: WavHeader): Probe {
  const { encoding, bytesPerSample, channels, frames, sampleRate, tags } = header;
  const codec =
    encoding === 'pcm' || encoding === 'float' ? `${encoding}-${8 * bytesPerSample}` : encoding;
  return oneTrack({
    container: 'wav',
    codec,
    bitRate: 8 * bytesPerSample * channels * sampleRate,
    sampleRate,
    channels,
    durationSec: frames / sampleRate,
    tags,
  });
}

function decodeG711(
  bytes: ByteSource,
  format: RawFormat,
  law: G711Law,
  limits: AllDecodeLimits,
): Decoded {
  const found = g711Probe(bytes.size, format);
  const { channels, sampleRate } = found;
  checkExtent(bytes.name, found, limits);
  const codes = bytes.read(0, bytes.size);
  const table = G711_TABLES[law];
  const frames = Math.floor(codes.length / channels);
  const samples = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, i) => table[codes[i * channels + channel]!]!),
  );
  const audio = { samples, sampleRate };
  checkAudio(audio);
  return { audio, probe: found };
}

function g711Probe(size: number, { codec, sampleRate = 8000, channels = 1 }: RawFormat): Probe {
  if (!(sampleRate > 0) || !Number.isInteger(channels) || channels < 1) {
    throw new RingtrueError(
      'core/invalid-options',
      `format: ${channels} channels at ${sampleRate} Hz is no shape of sound`,
    );
  }
  return oneTrack({
    container: 'raw',
    codec,
    bitRate: 8 * sampleRate * channels,
    sampleRate,
    channels,
    durationSec: Math.floor(size / channels) / sampleRate,
    tags: {},
  });
}

function oneTrack(found: Omit<Probe, 'tracks'>): Probe {
  const { codec, sampleRate, channels } = found;
  return { ...found, tracks: [{ index: 0, codec, sampleRate, channels, language: null }] };
}

function checkTrack(name: string, track = 0): void {
  if (track === 0) return;
  throw new RingtrueError(
    'audio/no-track',
    `${name} has 1 sound track, track ${track} was asked for`,
  );
}
