import { describe, expect, test } from 'vitest';
import { activeLevelDb, rmsDb } from '../../audio/dsp/level.ts';
import { distanceOf } from '../../audio/dsp/room.ts';
import { createRng } from '../../core/rng.ts';
import { CORPUS_RATE, setLevel } from '../equalise.ts';
import { vowel } from '../vocoders/vowel.fixture.ts';
import { drawBand, drawLoudspeaker, drawMicrophone, throughDevice } from './devices.ts';
import { replayPair } from './replay.ts';
import { dealSetups, drawPlaces } from './replay-setup.ts';

const rng = createRng('replay test');
const SPLITS = ['train', 'dev', 'eval'] as const;
const SETUPS = Object.fromEntries(
  SPLITS.map((split) => [split, dealSetups(split, 270, rng)]),
) as Record<(typeof SPLITS)[number], ReturnType<typeof dealSetups>>;

/** A sine of a frequency, 1 s. */
const tone = (hz: number, size = 0.1): Float32Array =>
  Float32Array.from(
    { length: CORPUS_RATE },
    (_, i) => size * Math.sin((2 * Math.PI * hz * i) / CORPUS_RATE),
  );
const gainDb = (hz: number, device: Parameters<typeof throughDevice>[1], size?: number): number => {
  const x = tone(hz, size);
  return rmsDb(throughDevice(x, device).subarray(4000)) - rmsDb(x.subarray(4000));
};

describe('devices', () => {
  test('a band has 3 dB less at its edges, and little beyond', () => {
    const device = { lowHz: 400, highHz: 4000, resonances: [], drive: 0 };
    expect(gainDb(400, device)).toBeCloseTo(-3, 0);
    expect(gainDb(4000, device)).toBeCloseTo(-3, 0);
    expect(gainDb(1500, device)).toBeCloseTo(0, 0);
    expect(gainDb(100, device)).toBeLessThan(-20);
    expect(gainDb(7000, device)).toBeLessThan(-20);
  });

  test('a resonance raises its frequency by its gain', () => {
    const device = { lowHz: 0, resonances: [{ hz: 1000, q: 2, gainDb: 6 }], drive: 0 };
    expect(gainDb(1000, device)).toBeCloseTo(6, 1);
  });

  test('the curve is odd, and compresses what is loud', () => {
    const device = { lowHz: 0, resonances: [], drive: 3 };
    const x = tone(500, 0.5);
    const minus = throughDevice(
      x.map((value) => -value),
      device,
    );
    expect(throughDevice(x, device)).toEqual(minus.map((value) => -value));
    expect(gainDb(500, device, 0.01)).toBeCloseTo(0, 1);
    expect(gainDb(500, device, 0.5)).toBeLessThan(-3);
  });

  test('a low quality has less band and more curve than a high one', () => {
    for (let i = 0; i < 20; i += 1) {
      const high = drawLoudspeaker('B', rng.split(`B${i}`));
      const low = drawLoudspeaker('C', rng.split(`C${i}`));
      expect(low.lowHz).toBeGreaterThan(high.lowHz);
      expect(low.highHz).toBeLessThan(8000);
      expect(low.drive).toBeGreaterThan(high.drive);
      expect(drawMicrophone(rng.split(`m${i}`)).drive).toBe(0);
      expect(drawBand(rng.split(`b${i}`)).highHz).toBeLessThan(8000);
    }
  });
});

test('each split has every environment and attack equally often', () => {
  for (const split of SPLITS) {
    for (const [key, kinds] of [
      ['environment', 27],
      ['attack', 9],
    ] as const) {
      const counts = new Map<string, number>();
      for (const setup of SETUPS[split]) {
        counts.set(setup[key], (counts.get(setup[key]) ?? 0) + 1);
      }
      expect([...counts.values()]).toEqual(new Array(kinds).fill(270 / kinds));
    }
  }
});

test('no two splits share a room or a device; a name is one thing', () => {
  const seen = new Map<string, string>();
  const splitOf = new Map<string, string>();
  for (const split of SPLITS) {
    for (const { room, microphone, devices, attack } of SETUPS[split]) {
      for (const each of [room, microphone, ...Object.values(devices ?? {})]) {
        const content = JSON.stringify(each);
        expect(seen.get(each.id) ?? content).toBe(content);
        seen.set(each.id, content);
        expect(splitOf.get(each.id) ?? split).toBe(split);
        splitOf.set(each.id, split);
      }
      expect(devices === undefined).toBe(attack.endsWith('A'));
    }
  }
  // Things of another name are other things.
  const contents = [...seen.values()].map((content) => content.replace(/"id":"[^"]*"/, ''));
  expect(new Set(contents).size).toBe(contents.length);
});

test('places are in the room, at the distances of their classes', () => {
  const ranges = [
    [0.1, 0.5],
    [0.5, 1],
    [1, 1.5],
  ] as const;
  for (const [i, setup] of SPLITS.flatMap((split) => SETUPS[split]).entries()) {
    const { talker, microphone, loudspeaker, recorder } = drawPlaces(setup, rng.split(i));
    for (const place of [talker, microphone, loudspeaker, recorder]) {
      for (const [axis, at] of place.entries()) {
        expect(at).toBeGreaterThan(0);
        expect(at).toBeLessThan(setup.room.size[axis]!);
      }
    }
    const reach = ranges['abc'.indexOf(setup.environment[2]!)]!;
    const near = ranges['ABC'.indexOf(setup.attack[0]!)]!;
    for (const [distance, [low, high]] of [
      [distanceOf(talker, microphone), reach],
      [distanceOf(loudspeaker, microphone), reach],
      [distanceOf(talker, recorder), near],
    ] as const) {
      expect(distance).toBeGreaterThan(low - 1e-9);
      expect(distance).toBeLessThan(high + 1e-9);
    }
  }
});

describe('a pair', () => {
  // Speech, a second of nothing, speech again.
  const burst = vowel({ seconds: 1, hz: 130, rng: rng.split('burst') });
  const x = new Float32Array(4 * CORPUS_RATE);
  x.set(burst);
  x.set(burst, 3 * CORPUS_RATE);
  const said = setLevel(x);
  const dry = SETUPS.train.find(
    ({ environment, attack }) => /^.a/.test(environment) && attack === 'BC',
  )!;

  test('has one length, level and noise; the same seed gives the same samples', () => {
    const pair = replayPair(said, dry, createRng(1));
    const level = (y: Float32Array): number => activeLevelDb(y, CORPUS_RATE);
    // Two seconds after the burst even a long reverberation of 0.2 s is over.
    const floor = (y: Float32Array): number =>
      rmsDb(y.subarray(2.2 * CORPUS_RATE, 2.9 * CORPUS_RATE));
    expect(pair.bonafide.length).toBe(said.length);
    expect(pair.spoof.length).toBe(said.length);
    expect(level(pair.spoof)).toBeCloseTo(level(pair.bonafide), 0);
    expect(Math.abs(floor(pair.spoof) - floor(pair.bonafide))).toBeLessThan(0.5);
    expect(floor(pair.bonafide)).toBeGreaterThan(-80);
    expect(replayPair(said, dry, createRng(1))).toEqual(pair);
    expect(replayPair(said, dry, createRng(2))).not.toEqual(pair);
  });

  test('the replay has been in the room twice: on average more of it lies in the tail', () => {
    const wet = SETUPS.train.filter(
      ({ environment, attack }) => environment[1] === 'b' && /^[BC]A/.test(attack),
    );
    expect(wet.length).toBeGreaterThan(5);
    const tailDb = (y: Float32Array): number =>
      rmsDb(y.subarray(1.02 * CORPUS_RATE, 1.2 * CORPUS_RATE));
    const more = wet.map((setup, i) => {
      const pair = replayPair(said, setup, createRng(i));
      return tailDb(pair.spoof) - tailDb(pair.bonafide);
    });
    expect(more.reduce((sum, value) => sum + value, 0) / more.length).toBeGreaterThan(1);
  });
});
