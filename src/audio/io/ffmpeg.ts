/**
 * The one place that knows the media library: packets and frames of FFmpeg as planar Float32.
 * @module
 */

import type * as AvLib from 'node-av/lib';
import { importOptional } from '../../core/node/modules.ts';

/** The library with the constants that are used here. */
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

/** FFmpeg's sample formats by number: the planar ones follow the interleaved ones. */
const FIRST_PLANAR = 5;
const LAST_PLANAR = 9;

/** Views of the five sample types with the factor that brings them to [-1, 1]. */
const KINDS: readonly ((bytes: ArrayBuffer) => {
  data: ArrayLike<number>;
  scale: number;
  offset: number;
})[] = [
  (bytes) => ({ data: new Uint8Array(bytes), scale: 1 / 128, offset: -1 }),
  (bytes) => ({
    data: new Int16Array(bytes, 0, bytes.byteLength >> 1),
    scale: 1 / 32768,
    offset: 0,
  }),
  (bytes) => ({
    data: new Int32Array(bytes, 0, bytes.byteLength >> 2),
    scale: 1 / 2147483648,
    offset: 0,
  }),
  (bytes) => ({ data: new Float32Array(bytes, 0, bytes.byteLength >> 2), scale: 1, offset: 0 }),
  (bytes) => ({ data: new Float64Array(bytes, 0, bytes.byteLength >> 3), scale: 1, offset: 0 }),
];

/** More channels than this lie in the extended planes of a frame. */
const PLAIN_PLANES = 8;

/**
 * Samples of a decoded frame, `[channels][nbSamples]`.
 * @returns null if the sample format is none that FFmpeg's audio decoders give
 */
export function planesOf(frame: AvLib.Frame): Float32Array[] | null {
  const format: number = frame.format;
  const count = frame.nbSamples;
  const channels = frame.channelLayout.nbChannels;
  const planar = format >= FIRST_PLANAR && format <= LAST_PLANAR;
  const view = KINDS[planar ? format - FIRST_PLANAR : format];
  const buffers = (planar && channels > PLAIN_PLANES ? frame.extendedData : frame.data) ?? [];
  if (view === undefined) return null;
  const planes: Float32Array[] = [];
  for (let channel = 0; channel < channels; channel += 1) {
    const buffer = buffers[planar ? channel : 0];
    if (buffer === undefined) return null;
    // An aligned copy: a frame's memory may start anywhere, and is reused.
    const copy = new Uint8Array(buffer.length);
    copy.set(buffer);
    const { data, scale, offset } = view(copy.buffer);
    const step = planar ? 1 : channels;
    const first = planar ? 0 : channel;
    const plane = new Float32Array(count);
    for (let i = 0; i < count; i += 1) plane[i] = data[first + i * step]! * scale + offset;
    planes.push(plane);
  }
  return planes;
}

/** Joins the pieces of each channel. */
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
      if (part !== undefined) plane.set(part, at);
      at += piece[0]?.length ?? 0;
    }
    return plane;
  });
}
