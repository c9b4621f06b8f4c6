import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { measureTrivialFeatures, TRIVIAL_FEATURES } from './trivial-features.ts';

const RATE = 16000;

function measure(x: Float32Array, sampleRate = RATE): Record<string, number> {
  const values = measureTrivialFeatures({ samples: [x], sampleRate });
  return Object.fromEntries(TRIVIAL_FEATURES.map(({ name }, i) => [name, values[i]!]));
}

function tone(hz: number, seconds: number, amplitude: number): Float32Array {
  return Float32Array.from(
    { length: seconds * RATE },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE),
  );
}

test('a tone has the level, crest factor, crossings and roll-off that theory says', () => {
  const found = measure(tone(1000, 1, 0.5));
  expect(found['rms-level']).toBeCloseTo(-9.03, 2);
  expect(found.peak).toBeCloseTo(-6.02, 2);
  expect(found['crest-factor']).toBeCloseTo(3.01, 2);
  expect(found['zero-crossings']).toBeCloseTo(2000, -1);
  expect(found['rolloff-95']).toBeCloseTo(1000, -2);
  expect(found['dc-offset']).toBe(0);
  expect(found['noise-floor']).toBeCloseTo(0, 1);
  expect(found['level-spread']).toBeCloseTo(0, 1);
});

test('silence at both ends is measured to 10 ms', () => {
  const x = new Float32Array(2 * RATE);
  x.set(tone(500, 1, 0.3), 0.3 * RATE);
  const found = measure(x);
  expect(found['leading-silence']).toBeCloseTo(0.3, 6);
  expect(found['trailing-silence']).toBeCloseTo(0.7, 6);
  expect(found['near-zero']).toBeGreaterThan(0.5);
  expect(found.duration).toBe(2);
});

test('white noise spreads its energy evenly', () => {
  const rng = createRng(1);
  const found = measure(Float32Array.from({ length: 4 * RATE }, () => 0.1 * rng.normal()));
  // 3 of 8 kHz, 1 of 8 kHz, 95 % of 8 kHz; 1 against 3 kHz.
  expect(found['energy-4-7khz']).toBeCloseTo(10 * Math.log10(3 / 8), 0);
  expect(found['energy-7khz']).toBeCloseTo(10 * Math.log10(1 / 8), 0);
  expect(found['rolloff-95']! / 7600).toBeCloseTo(1, 1);
  expect(found['spectral-tilt']).toBeCloseTo(10 * Math.log10(1 / 3), 0);
  expect(found['edge-60db']).toBe(8000);
});

test.each([
  ['digital silence', new Float32Array(1000)],
  ['one sample', Float32Array.of(0.5)],
  ['a constant', new Float32Array(5000).fill(0.25)],
])('%s gives finite values', (_, x) => {
  expect(Object.values(measure(x)).every(Number.isFinite)).toBe(true);
});

test('a gain of a millionth of a decibel is no difference', () => {
  const x = tone(700, 1, 0.3);
  expect(measure(x.map((value) => value * 1.0000001))).toEqual(measure(x));
});

test('energy above the band of a narrow recording is the floor, not minus infinity', () => {
  expect(measure(tone(500, 1, 0.5), 8000)['energy-7khz']).toBe(-120);
});

test.each([
  [8, 2 ** 7],
  [12, 2 ** 11],
  [16, 2 ** 15],
  [24, 2 ** 23],
])('samples in steps of %i bits use so many bits, whatever holds them', (bits, steps) => {
  const x = tone(440, 1, 0.5).map((value) => Math.round(value * steps) / steps);
  expect(measure(x)['sample-bits']).toBe(bits);
  expect(measure(x.map((value) => value * 0.7))['sample-bits']).toBe(24);
});

test('digital silence is told from a quiet room', () => {
  const rng = createRng(2);
  const speech = tone(300, 2, 0.3);
  const room = speech.map((value, i) => (i % RATE < RATE / 4 ? 1e-4 * rng.normal() : value));
  const gap = speech.map((value, i) => (i % RATE < RATE / 4 ? 0 : value));
  expect(measure(room)['digital-silence']).toBe(0);
  expect(measure(gap)['digital-silence']).toBeCloseTo(0.25, 3);
  expect(measure(room)['floor-level']).toBeCloseTo(-80, 0);
  expect(measure(gap)['floor-level']).toBe(-120);
});

test('the colour of the floor is that of the pauses, not of the sound', () => {
  const rng = createRng(3);
  const hum = tone(100, 2, 0.001);
  const loud = tone(2500, 2, 0.3);
  const inPauses = (pause: (i: number) => number): number =>
    measure(loud.map((value, i) => (i % RATE < RATE / 4 ? pause(i) : value)))['floor-tilt']!;
  expect(inPauses((i) => hum[i]!)).toBeGreaterThan(20);
  // White noise: 1 against 3 kHz, to 1 dB, for it is a dozen frames.
  const white = inPauses(() => 0.001 * rng.normal());
  expect(Math.abs(white - 10 * Math.log10(1 / 3))).toBeLessThan(1);
});
