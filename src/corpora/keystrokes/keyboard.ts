/**
 * One keyboard, an IBM Model M, with one take of each key's press and release.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../../audio/audio.ts';
import { resample } from '../../audio/dsp/resample.ts';
import { decode } from '../../audio/io/decode.ts';

/** Hz of the takes, and of the corpus. */
export const KEYBOARD_RATE = 44100;

/** Rows of the keyboard from their first Linux key code on (linux/input-event-codes.h). */
const ROWS = [
  { first: 0x02, keys: [...'1234567890'] },
  { first: 0x10, keys: [...'qwertyuiop'] },
  { first: 0x1e, keys: [...'asdfghjkl'] },
  { first: 0x2c, keys: [...'zxcvbnm'] },
  { first: 0x39, keys: ['space'] },
];

/** Linux key codes by name of the key. */
export const KEY_CODES: ReadonlyMap<string, number> = new Map(
  ROWS.flatMap(({ first, keys }) => keys.map((key, i) => [key, first + i] as const)),
);

/** Key that types a character. */
export function keyOf(character: string): string {
  return character === ' ' ? 'space' : character;
}

/** What a key does. */
export type Action = 'press' | 'release';

/** Samples at 44.1 kHz by action and key. */
export type Takes = ReadonlyMap<`${Action}:${string}`, Float32Array>;

const FOLDER = 'usr/share/buckle/wav';

/**
 * Reads both takes of every key.
 * @param debian root of the unpacked packages
 */
export async function readTakes(debian: string): Promise<Takes> {
  const takes = new Map<`${Action}:${string}`, Float32Array>();
  for (const [key, code] of KEY_CODES) {
    // The program that the takes are made for plays NN-1 for a press and NN-0 for a release.
    for (const [action, suffix] of [
      ['press', 1],
      ['release', 0],
    ] as const) {
      const name = `${code.toString(16).padStart(2, '0')}-${suffix}.wav`;
      const { audio } = await decode(join(debian, FOLDER, name));
      takes.set(`${action}:${key}`, resample(toMono(audio), audio.sampleRate, KEYBOARD_RATE));
    }
  }
  return takes;
}
