/**
 * A spectrogram as a PNG picture.
 * @module
 */

import { encode } from 'fast-png';
import { powerSpectrogram } from './stft.ts';

/** Size of the picture in pixels. */
export interface PictureOptions {
  /** @default 480 */
  readonly width?: number;
  /** @default 160 */
  readonly height?: number;
}

/** Darkest shade lies this far below the loudest point. */
const RANGE_DB = 80;

/**
 * Draws level over time and frequency (linear, 0 to half the rate, upwards), brightest at the loudest point.
 * @returns bytes of an 8-bit PNG
 */
export function spectrogramPng(
  x: Float32Array,
  sampleRate: number,
  { width = 480, height = 160 }: PictureOptions = {},
): Uint8Array {
  const fftSize = 2 ** Math.round(Math.log2(0.032 * sampleRate));
  const hop = Math.max(1, Math.floor(x.length / width));
  const { frames, bins, power } = powerSpectrogram(x, { fftSize, hop });
  let top = 1e-12;
  for (const value of power) top = Math.max(top, value);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    const bin = Math.min(bins - 1, Math.floor(((height - 1 - row) / height) * bins));
    for (let column = 0; column < width; column += 1) {
      const frame = Math.min(frames - 1, Math.floor((column / width) * frames));
      const value = frames === 0 ? 0 : power[frame * bins + bin]!;
      const db = 10 * Math.log10(value / top + 1e-12);
      const shade = Math.max(0, 1 + db / RANGE_DB);
      data.set(colour(shade), 3 * (row * width + column));
    }
  }
  return encode({ width, height, data, channels: 3, depth: 8 });
}

/** Anchors of a perceptually even dark-to-light map (dark violet, magenta, orange, pale yellow). */
const MAP: readonly (readonly [number, number, number])[] = [
  [8, 6, 30],
  [72, 17, 104],
  [156, 42, 110],
  [222, 82, 70],
  [251, 153, 34],
  [252, 253, 191],
];

function colour(shade: number): [number, number, number] {
  const place = shade * (MAP.length - 1);
  const low = Math.min(MAP.length - 2, Math.floor(place));
  const share = place - low;
  const a = MAP[low]!;
  const b = MAP[low + 1]!;
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2])];
}
