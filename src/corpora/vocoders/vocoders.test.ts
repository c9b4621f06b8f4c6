import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rms } from '../../audio/dsp/level.ts';
import { trackPitch } from '../../audio/dsp/pitch.ts';
import { createRng } from '../../core/rng.ts';
import type { PackageRoot } from '../packages.ts';
import { COPIES, COPY_RATE } from './index.ts';
import { envelopeCorrelation, pitchNear, vowel } from './vowel.fixture.ts';

/** None of the methods here looks at packages. */
const ROOT: PackageRoot = { debian: '', npm: '', env: {}, downloads: [] };
const OWN = Object.values(COPIES).filter((copy) => copy.packages.length === 0);
const PITCH_HZ = 130;
const x = vowel({ seconds: 1.2, hz: PITCH_HZ, rng: createRng('vowel') });

test('the table: ids are keys, families are known, conversions are the transformations', () => {
  for (const [id, copy] of Object.entries(COPIES)) {
    expect(copy.id).toBe(id);
    expect(copy.kind === 'conversion').toBe(copy.family === 'transformation');
  }
  expect(OWN.map((copy) => copy.id)).toEqual([
    'griflim',
    'lpc',
    'lpc-codec',
    'world',
    'phase-vocoder',
    'psola',
    'pitch-shift',
    'codec-control',
  ]);
});

describe.each(OWN)('$id', ({ copy, kind }) => {
  const make = (of: Float32Array, seed = 1): Promise<Float32Array> =>
    copy(of, ROOT, createRng(seed));

  test('has the length and the envelope of the recording, and is not the recording', async () => {
    const y = await make(x);
    expect(y.length).toBe(x.length);
    expect(envelopeCorrelation(x, y)).toBeGreaterThan(0.9);
    const difference = x.map((value, i) => value - y[i]!);
    expect(rms(difference) / rms(x)).toBeGreaterThan(0.05);
  });

  test('the same seed gives the same bytes', async () => {
    expect(await make(x)).toEqual(await make(x));
  });

  test(kind === 'copy' ? 'keeps pitch' : 'moves pitch', async () => {
    const ratio = pitchNear(await make(x), PITCH_HZ) / PITCH_HZ;
    if (kind === 'copy') expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
    else expect(Math.abs(ratio - 1)).toBeGreaterThan(0.1);
  });

  test('silence stays silent', async () => {
    const y = await make(new Float32Array(8000));
    expect(y.length).toBe(8000);
    expect(rms(y)).toBeLessThan(1e-4);
  });

  test('any short sound comes back finite and as long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 2, 100, 799, 800, 801, 1500),
        fc.constantFrom(0, 1e-6, 0.5, 1),
        async (length, gain) => {
          const rng = createRng(`short ${length} ${gain}`);
          const short = Float32Array.from({ length }, () => gain * (2 * rng.uniform() - 1));
          const y = await make(short);
          expect(y.length).toBe(length);
          expect(y.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });
});

describe('what a copy leaves of the recording', () => {
  test.each(['lpc', 'world', 'griflim', 'phase-vocoder'])(
    '%s keeps the formants of the vowel within 100 Hz',
    async (id) => {
      const y = await COPIES[id]!.copy(x, ROOT, createRng(1));
      const [first, second] = formants(x);
      const [firstOfCopy, secondOfCopy] = formants(y);
      expect(Math.abs(firstOfCopy - first)).toBeLessThan(100);
      expect(Math.abs(secondOfCopy - second)).toBeLessThan(100);
    },
  );

  test('world copies a pure tone, of which nothing lies in the higher bands', async () => {
    const tone = Float32Array.from(
      { length: 16000 },
      (_, i) => 0.9 * Math.sin((2 * Math.PI * 100 * i) / 16000),
    );
    const y = await COPIES.world!.copy(tone, ROOT, createRng(1));
    expect(rms(y) / rms(tone)).toBeGreaterThan(0.5);
    expect(rms(y) / rms(tone)).toBeLessThan(2);
  });

  test.each(['lpc', 'world'])('%s hisses where the recording hisses', async (id) => {
    const rng = createRng('hiss');
    const noise = Float32Array.from({ length: 16000 }, () => 0.1 * rng.normal());
    const y = await COPIES[id]!.copy(noise, ROOT, createRng(1));
    const voiced = trackPitch(y, COPY_RATE).f0.filter((hz) => hz > 0).length;
    expect(voiced / trackPitch(y, COPY_RATE).f0.length).toBeLessThan(0.1);
    expect(rms(y) / rms(noise)).toBeGreaterThan(0.7);
    expect(rms(y) / rms(noise)).toBeLessThan(1.4);
  });
});

/** Frequencies of the largest energy around the two formants of the fixture, by bands of 60 Hz. */
function formants(of: Float32Array): readonly [number, number] {
  return [loudest(of, 400, 1000), loudest(of, 1000, 1800)];
}

function loudest(of: Float32Array, lowHz: number, highHz: number): number {
  let most = -1;
  let at = 0;
  for (let hz = lowHz; hz <= highHz; hz += PITCH_HZ / 2) {
    let energy = 0;
    // A band one period of pitch wide always holds a harmonic.
    for (let bin = -8; bin <= 8; bin += 1) energy += goertzel(of, hz + (bin * PITCH_HZ) / 16);
    if (energy > most) {
      most = energy;
      at = hz;
    }
  }
  return at;
}

function goertzel(of: Float32Array, hz: number): number {
  const c = 2 * Math.cos((2 * Math.PI * hz) / COPY_RATE);
  let a = 0;
  let b = 0;
  for (const value of of) [a, b] = [value + c * a - b, a];
  return a * a + b * b - c * a * b;
}
