/**
 * Typing: words at random, when their keys go down and up, and how that sounds with one take of each key.
 * @module
 */

import { resample } from '../../audio/dsp/resample.ts';
import type { Rng } from '../../core/rng.ts';
import { type Action, KEYBOARD_RATE, keyOf, type Takes } from './keyboard.ts';

const WORDS = (
  'about after again answer apple around autumn basket before behind better between bicycle bread bridge bright ' +
  'brother butter button candle carpet castle centre cheese church circle clever coffee corner cotton country ' +
  'cousin dinner doctor dollar double dozen early engine enough evening family farmer father finger flower forest ' +
  'forget friend garden gentle glass gold guitar hammer happy harbour heavy honey horse hotel house hundred idea ' +
  'island jacket journey juice jungle kettle kitchen ladder lemon letter library listen little machine market ' +
  'middle minute mirror money morning mother mountain music narrow needle nephew night north number office ' +
  'orange oxygen paper pencil people piano picture pilot plenty pocket potato proud puzzle quarter queen question ' +
  'quick rabbit railway reason ribbon river round sailor salad school season seven shadow shoulder silver simple ' +
  'sister sixty smooth spring square stone street summer sunday table taxi teacher ticket tomato travel twelve ' +
  'uncle under valley velvet village voice walk water weather window winter wizard wonder wooden yellow young zebra zero'
).split(' ');
const WORDS_A_TEXT = [6, 10] as const;
/** Share of words that are numbers instead. */
const NUMBERS = 0.15;

/** A key that is pressed or released. */
export interface Stroke {
  readonly startSec: number;
  readonly key: string;
  readonly action: Action;
}

/** How somebody types. */
export interface Pace {
  /** Median between presses, and how long a key is held. */
  readonly stepSec: number;
  readonly holdSec: number;
}

const STEP_SPREAD = 0.35;
const HOLD_SPREAD = 0.25;
const MIN_STEP_SEC = 0.05;
const LEAD_SEC = 0.3;
const TAIL_SEC = 0.5;
const GAIN_SPREAD = 0.25;
/** Takes are resampled by whole hundredths of half a per cent, up to 3 %: few filters serve all. */
const PITCH_STEPS = 6;
const PITCH_BASE = 200;

/** Draws a text of small letters, digits and spaces. */
export function drawText(rng: Rng): string {
  const [least, most] = WORDS_A_TEXT;
  return Array.from({ length: least + rng.int(most - least + 1) }, () =>
    rng.uniform() < NUMBERS ? String(10 + rng.int(9990)) : rng.pick(WORDS),
  ).join(' ');
}

/** Draws when the keys of a text go down and up: intervals and holds are log-normal. */
export function drawStrokes(text: string, { stepSec, holdSec }: Pace, rng: Rng): Stroke[] {
  const strokes: Stroke[] = [];
  let at = LEAD_SEC;
  for (const character of text) {
    const key = keyOf(character);
    const held = holdSec * Math.exp(HOLD_SPREAD * rng.normal());
    strokes.push({ startSec: round(at), key, action: 'press' });
    strokes.push({ startSec: round(at + held), key, action: 'release' });
    at += Math.max(MIN_STEP_SEC, stepSec * Math.exp(STEP_SPREAD * rng.normal()));
  }
  return strokes.sort((a, b) => a.startSec - b.startSec);
}

/** To the microsecond: what a manifest needs to say. */
function round(seconds: number): number {
  return Math.round(1e6 * seconds) / 1e6;
}

/**
 * Plays strokes without a room: each take a little faster or slower, louder or softer.
 * @returns samples at 44.1 kHz
 */
export function playStrokes(strokes: readonly Stroke[], takes: Takes, rng: Rng): Float32Array {
  const lastSec = strokes.reduce((last, { startSec }) => Math.max(last, startSec), 0);
  const out = new Float32Array(Math.ceil((lastSec + TAIL_SEC) * KEYBOARD_RATE));
  for (const [i, { startSec, key, action }] of strokes.entries()) {
    const own = rng.split(i);
    const take = takes.get(`${action}:${key}`);
    if (take === undefined) throw new RangeError(`internal: no take of ${action} ${key}`);
    const pitch = own.int(2 * PITCH_STEPS + 1) - PITCH_STEPS;
    const x = resample(take, PITCH_BASE, PITCH_BASE + pitch);
    const gain = Math.exp(GAIN_SPREAD * own.normal());
    const from = Math.round(startSec * KEYBOARD_RATE);
    for (let n = 0; n < x.length && from + n < out.length; n += 1) out[from + n]! += gain * x[n]!;
  }
  return out;
}
