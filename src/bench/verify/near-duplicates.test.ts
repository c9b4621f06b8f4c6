import { beforeAll, describe, expect, test } from 'vitest';
import { resample } from '../../audio/dsp/resample.ts';
import { decode } from '../../audio/io/decode.ts';
import { encode, type FileFormat } from '../../audio/io/encode.ts';
import { createRng } from '../../core/rng.ts';
import { drawPlan, drawSpeaker, speak, TOY_SAMPLE_RATE } from '../../corpora/toy/voice.ts';
import { type AudioPrint, audioPrint, NO_KEY, PRINT_KEYS } from './audio-print.ts';
import { findSamePairs, soundFrames } from './near-duplicates.ts';

const HUMAN = { irregularity: 1, breathiness: 1, wander: 1, bandwidth: 1, holdFrames: 1 };
const COUNT = 16;
const rate = TOY_SAMPLE_RATE;
const sounds = Array.from({ length: COUNT }, (_, i) => {
  const rng = createRng(5).split(`sentence ${i}`);
  const speaker = drawSpeaker(createRng(5).split(`speaker ${i % 3}`));
  const voice = speak(
    drawPlan(rng.split('plan'), speaker, 2.5),
    speaker,
    HUMAN,
    rng.split('voice'),
  );
  return Float32Array.from(voice, (value) => 0.2 * value);
});
const prints = sounds.map((x) => audioPrint(x, rate));
const everything = { wanted: () => true };

test('sentences of one voice are told apart', () => {
  expect(findSamePairs(prints, everything)).toEqual([]);
});

const through =
  (container: FileFormat, bitRate: number) =>
  async (x: Float32Array): Promise<[Float32Array, number]> => {
    const bytes = await encode({ samples: [x], sampleRate: rate }, { container, bitRate });
    const { audio } = await decode(bytes);
    return [audio.samples[0]!, audio.sampleRate];
  };
const noise = createRng(6);

describe.each<[string, (x: Float32Array) => Promise<[Float32Array, number]>]>([
  ['MP3 at 32 kbit/s', through('mp3', 32_000)],
  ['Opus at 24 kbit/s', through('ogg-opus', 24_000)],
  ['a fifth of the level', async (x) => [x.map((value) => 0.2 * value), rate]],
  ['8 kHz', async (x) => [resample(x, rate, 8000), 8000]],
  ['44.1 kHz', async (x) => [resample(x, rate, 44_100), 44_100]],
  ['a start half a frame later', async (x) => [x.subarray(256), rate]],
  ['300 ms of silence before', async (x) => [concat(new Float32Array(4800), x), rate]],
  ['a quarter cut off', async (x) => [x.subarray(Math.floor(x.length / 4)), rate]],
  [
    'noise at 20 dB',
    async (x) => {
      const gain = 0.1 * rms(x);
      return [x.map((value) => value + gain * noise.normal()), rate];
    },
  ],
])('after %s', (_, change) => {
  let changed: AudioPrint[];
  beforeAll(async () => {
    changed = await Promise.all(sounds.map(async (x) => audioPrint(...(await change(x)))));
  });

  test('nearly every recording is found again, and no other in its place', () => {
    const pairs = findSamePairs([...prints, ...changed], everything);
    expect(pairs.every(({ a, b }) => b === a + COUNT)).toBe(true);
    expect(pairs.length).toBeGreaterThanOrEqual(COUNT - 1);
  });

  test('at the shift that comparing at every shift finds', () => {
    for (const { a, b, shiftSec, bitErrors } of findSamePairs(
      [...prints, ...changed],
      everything,
    )) {
      const best = bestShift(prints[a]!, changed[b - COUNT]!);
      expect(Math.abs(best.shift - shiftSec * 31.25)).toBeLessThanOrEqual(1);
      expect(bitErrors).toBeGreaterThanOrEqual(best.errors - 1e-9);
    }
  });
});

test('silence, tones and hum have no print that others could match', () => {
  const silent = audioPrint(new Float32Array(3 * rate), rate);
  expect(soundFrames(silent)).toBe(0);
  const tone = (hz: number) =>
    audioPrint(
      Float32Array.from(
        { length: 3 * rate },
        (_, i) => 0.3 * Math.sin((2 * Math.PI * hz * i) / rate),
      ),
      rate,
    );
  const hiss = [1, 2].map((seed) => {
    const rng = createRng(seed);
    return audioPrint(
      Float32Array.from({ length: 3 * rate }, () => 0.01 * rng.normal()),
      rate,
    );
  });
  expect(findSamePairs([silent, silent, tone(440), tone(1000), ...hiss], everything)).toEqual([]);
});

test('the pauses between words do not count: more silence is no more agreement', () => {
  const [x] = sounds;
  const stretched = audioPrint(concat(x!, new Float32Array(5 * rate)), rate);
  expect(Math.abs(soundFrames(stretched) - soundFrames(prints[0]!))).toBeLessThanOrEqual(12);
});

test('pairs that are not wanted are not told', () => {
  expect(findSamePairs([prints[0], undefined, prints[0]], { wanted: () => false })).toEqual([]);
  expect(findSamePairs([prints[0], undefined, prints[0]], everything)).toMatchObject([
    { a: 0, b: 2, shiftSec: 0, bitErrors: 0 },
  ]);
});

test('keys are within their table, and none is where there is no sound', () => {
  for (const { keys, strong } of prints) {
    for (const [t, key] of keys.entries()) {
      if (key === NO_KEY) expect(strong[t]).toBe(0);
      else expect(key).toBeLessThan(PRINT_KEYS);
    }
  }
});

/** Share of strong bits that differ at the best of all shifts with half the sound in common. */
function bestShift(a: AudioPrint, b: AudioPrint): { shift: number; errors: number } {
  const least = Math.min(soundFrames(a), soundFrames(b)) / 2;
  let best = { shift: 0, errors: 1 };
  for (let shift = -a.codes.length; shift < b.codes.length; shift += 1) {
    let bits = 0;
    let wrong = 0;
    let frames = 0;
    for (let t = 0; t < a.codes.length; t += 1) {
      const u = t + shift;
      if (u < 0 || u >= b.codes.length) continue;
      const both = (a.strong[t]! & b.strong[u]!) >>> 0;
      if (both === 0) continue;
      frames += 1;
      bits += ones(both);
      wrong += ones((both & (a.codes[t]! ^ b.codes[u]!)) >>> 0);
    }
    if (frames >= least && wrong / bits < best.errors) best = { shift, errors: wrong / bits };
  }
  return best;
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function rms(x: Float32Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);
}
