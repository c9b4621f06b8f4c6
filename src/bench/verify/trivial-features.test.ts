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
