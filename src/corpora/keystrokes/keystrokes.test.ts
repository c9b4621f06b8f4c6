import { expect, test } from 'vitest';
import { peak } from '../../audio/dsp/level.ts';
import { createRng } from '../../core/rng.ts';
import { planRooms } from '../assemblies/keystrokes.ts';
import { KEY_CODES, KEYBOARD_RATE, type Takes } from './keyboard.ts';
import { drawPlace, hear } from './place.ts';
import { drawStrokes, drawText, playStrokes } from './typing.ts';

/** Takes of a key: a click at a pitch of its own. */
const takes: Takes = new Map(
  [...KEY_CODES].flatMap(([key, code]) =>
    (['press', 'release'] as const).map((action) => {
      const click = Float32Array.from(
        { length: 2000 },
        (_, i) => Math.exp(-i / 100) * Math.sin((i * code) / 40),
      );
      return [`${action}:${key}`, click] as const;
    }),
  ),
);
const PACE = { stepSec: 0.2, holdSec: 0.09 };

test('key codes are those of Linux, for 36 keys and the space bar', () => {
  expect(KEY_CODES.size).toBe(37);
  expect(
    ['1', '0', 'q', 'p', 'a', 'l', 'z', 'm', 'space'].map((key) => KEY_CODES.get(key)),
  ).toEqual([2, 11, 16, 25, 30, 38, 44, 50, 57]);
});

test('rooms are of one split each; a limit is of rooms of each split', () => {
  const rooms = planRooms();
  expect(new Set(rooms.map(({ id }) => id)).size).toBe(rooms.length);
  expect(planRooms(1).map(({ split }) => split)).toEqual(['train', 'dev', 'eval']);
});

test('texts can be typed, and no two are the same', () => {
  const texts = Array.from({ length: 200 }, (_, i) => drawText(createRng('texts').split(i)));
  for (const text of texts) expect(text).toMatch(/^[a-z0-9 ]{20,}$/);
  expect(new Set(texts).size).toBe(texts.length);
});

test('every character is a press and a release after it, in order of time, at the pace that was asked for', () => {
  const text = 'a quick test of fifty strokes that are typed by rule';
  const strokes = drawStrokes(text, PACE, createRng('strokes'));
  expect(strokes.length).toBe(2 * text.length);
  const presses = strokes.filter(({ action }) => action === 'press');
  expect(presses.map(({ key }) => (key === 'space' ? ' ' : key)).join('')).toBe(text);
  expect(strokes.map(({ startSec }) => startSec)).toEqual(
    strokes.map(({ startSec }) => startSec).sort((a, b) => a - b),
  );
  const steps = presses.slice(1).map(({ startSec }, i) => startSec - presses[i]!.startSec);
  steps.sort((a, b) => a - b);
  expect(steps[0]).toBeGreaterThanOrEqual(0.0499);
  expect(steps[steps.length >> 1]).toBeGreaterThan(0.15);
  expect(steps[steps.length >> 1]).toBeLessThan(0.27);
  for (const { key } of presses) {
    const own = strokes.filter((stroke) => stroke.key === key).map(({ action }) => action);
    expect(own[0]).toBe('press');
  }
});

test('clicks are where the events say, no two of a key are alike, and a seed gives the same bytes', () => {
  const strokes = [0.5, 1, 1.5].map((startSec) => ({
    startSec,
    key: 'q',
    action: 'press' as const,
  }));
  const x = playStrokes(strokes, takes, createRng('play'));
  expect(playStrokes(strokes, takes, createRng('play'))).toEqual(x);
  const at = (sec: number): Float32Array =>
    x.slice(Math.round(sec * KEYBOARD_RATE), Math.round((sec + 0.02) * KEYBOARD_RATE));
  for (const { startSec } of strokes) {
    expect(peak(at(startSec))).toBeGreaterThan(0.3);
    expect(peak(at(startSec - 0.03))).toBe(0);
  }
  expect(at(0.5)).not.toEqual(at(1));
});

test('a place keeps length and time of the direct sound, and the ratio of keys to noise', () => {
  const strokes = drawStrokes('a few words', PACE, createRng('s'));
  const dry = playStrokes(strokes, takes, createRng('p'));
  const place = drawPlace(createRng('room'));
  const loud = (snrDb: number) => hear(dry, place, { snrDb, peakDb: -6 }, createRng('n'));
  const x = loud(40);
  expect(x.length).toBe(dry.length);
  expect(peak(x)).toBeCloseTo(10 ** (-6 / 20), 3);
  const first = Math.round(strokes[0]!.startSec * KEYBOARD_RATE);
  const before = peak(x.slice(0, first - 200));
  expect(peak(x.slice(first, first + 1000))).toBeGreaterThan(5 * before);
  expect(peak(loud(10).slice(0, first - 200))).toBeGreaterThan(10 * before);
});
