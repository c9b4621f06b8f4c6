/**
 * The one place that knows how the media library holds samples: its frames as planar Float32.
 * @module
 */

import type * as AvLib from 'node-av/lib';
import { RingtrueError } from '../../core/errors.ts';
import { importOptional } from '../../core/node/modules.ts';

/** The library with its constants. */
export interface Ffmpeg {
  readonly av: typeof AvLib;
  readonly constants: typeof import('node-av/constants');
}

let loaded: Promise<Ffmpeg> | undefined;

/**
 * Loads the media library once, with its log off.
 * @throws RingtrueError `core/missing-dependency`
 */
export function loadFfmpeg(): Promise<Ffmpeg> {
  loaded ??= importOptional('node-av', '6.1.1', async () => {
    const [av, constants] = await Promise.all([import('node-av/lib'), import('node-av/constants')]);
    av.Log.setLevel(constants.AV_LOG_QUIET);
    return { av, constants };
  });
  return loaded;
}

type Samples = Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array | BigInt64Array;

interface SampleKind {
  readonly bytes: number;
  readonly planar: boolean;
  readonly view: (buffer: ArrayBufferLike, at: number, length: number) => Samples;
  /** Sample value = stored · scale + offset. */
  readonly scale: number;
  readonly offset: number;
}

const u8 = { bytes: 1, scale: 1 / 128, offset: -1, view: viewer(Uint8Array) };
const s16 = { bytes: 2, scale: 2 ** -15, offset: 0, view: viewer(Int16Array) };
const s32 = { bytes: 4, scale: 2 ** -31, offset: 0, view: viewer(Int32Array) };
const flt = { bytes: 4, scale: 1, offset: 0, view: viewer(Float32Array) };
const dbl = { bytes: 8, scale: 1, offset: 0, view: viewer(Float64Array) };
const s64 = { bytes: 8, scale: 2 ** -63, offset: 0, view: viewer(BigInt64Array) };

/** By the number of FFmpeg's AVSampleFormat. */
const KINDS: readonly SampleKind[] = [
  ...[u8, s16, s32, flt, dbl].map((kind) => ({ ...kind, planar: false })),
  ...[u8, s16, s32, flt, dbl].map((kind) => ({ ...kind, planar: true })),
  { ...s64, planar: false },
  { ...s64, planar: true },
];

function viewer<T extends Samples>(
  Type: new (buffer: ArrayBufferLike, at: number, length: number) => T,
): SampleKind['view'] {
  return (buffer, at, length) => new Type(buffer, at, length);
}

/**
 * Samples of a decoded frame, copied out of its reused memory: `[channels][nbSamples]`.
 * @throws RingtrueError `audio/unreadable` if the decoder gives a sample format of no known kind
 */
export function planesOf(frame: AvLib.Frame): Float32Array[] {
  const count = frame.nbSamples;
  const { channels } = frame;
  const kind = KINDS[frame.format];
  // Only the extended planes hold more than eight channels.
  const buffers = frame.extendedData ?? frame.data ?? [];
  if (kind === undefined || buffers.length < (kind.planar ? channels : 1)) {
    throw new RingtrueError(
      'audio/unreadable',
      `the decoder gives ${channels} channels in sample format ${frame.format}, which is not known`,
    );
  }
  if (kind.planar) {
    return Array.from({ length: channels }, (_, c) => toFloats(buffers[c]!, kind, 0, 1, count));
  }
  return Array.from({ length: channels }, (_, c) =>
    toFloats(buffers[0]!, kind, c, channels, count),
  );
}

function toFloats(
  buffer: Buffer,
  { bytes, view, scale, offset }: SampleKind,
  first: number,
  step: number,
  count: number,
): Float32Array {
  const length = Math.min(Math.floor(buffer.length / bytes), count * step);
  const aligned = buffer.byteOffset % bytes === 0 ? buffer : Uint8Array.from(buffer);
  const data = view(aligned.buffer, aligned.byteOffset, length);
  const plane = new Float32Array(count);
  if (data instanceof Float32Array && step === 1) {
    plane.set(data);
  } else if (data instanceof BigInt64Array) {
    for (let i = 0; i < count; i += 1) plane[i] = Number(data[first + i * step]) * scale;
  } else {
    for (let i = 0; i < count; i += 1) plane[i] = data[first + i * step]! * scale + offset;
  }
  return plane;
}

/** Joins the pieces of each channel; a piece with fewer channels gives its first in place of the missing. */
export function joinPlanes(
  pieces: readonly (readonly Float32Array[])[],
  channels: number,
): Float32Array[] {
  const length = pieces.reduce((sum, piece) => sum + (piece[0]?.length ?? 0), 0);
  return Array.from({ length: channels }, (_, channel) => {
    const plane = new Float32Array(length);
    let at = 0;
    for (const piece of pieces) {
      const part = piece[channel] ?? piece[0];
      if (part === undefined) continue;
      plane.set(part, at);
      at += part.length;
    }
    return plane;
  });
}
