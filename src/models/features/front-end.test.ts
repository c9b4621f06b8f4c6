import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { computeFeatures, createFeatureFrontEnd, type FrameFeatures } from './front-end.ts';
import { FEATURE_FAMILIES, type FeatureSettings, featureSchema } from './settings.ts';

const RATE = 16000;
const rng = createRng('front end');
/** Noise with a quiet half. */
const sound = Float32Array.from(
  { length: 2 * RATE },
  (_, i) => (i < RATE ? 0.2 : 0.001) * rng.normal(),
);
const compute = (settings: FeatureSettings, x = sound): FrameFeatures =>
  computeFeatures(x, featureSchema.parse(settings));
const column = ({ dims, data }: FrameFeatures, d: number): number[] =>
  [...data].filter((_, i) => i % dims === d);

test.each(FEATURE_FAMILIES)(
  '%s: finite, of the promised width, the same for the same sound',
  (family) => {
    const features = compute({ family });
    expect(features.dims).toBe(3 * (family === 'scfc' ? 24 : 20));
    expect(features.data.length).toBe(features.frames * features.dims);
    expect(features.data.every(Number.isFinite)).toBe(true);
    expect(compute({ family }).data).toEqual(features.data);
    expect(features.total).toBe(features.frames);
    // Silence and less than a frame are no reason to fail.
    expect(compute({ family }, new Float32Array(RATE)).data.every(Number.isFinite)).toBe(true);
    expect(compute({ family }, new Float32Array(10)).data.every(Number.isFinite)).toBe(true);
  },
);

test.each(FEATURE_FAMILIES)(
  '%s: voice activity keeps the loud half, normalisation follows it',
  (family) => {
    for (const kind of ['energy-2gauss', 'energy-threshold'] as const) {
      const whole = compute({ family });
      const chosen = compute({ family, vad: { kind } });
      expect(chosen.total).toBe(whole.frames);
      expect(Math.abs(chosen.frames / whole.frames - 0.5)).toBeLessThan(0.06);
      expect(chosen.at!.at(-1)! * chosen.hopSec).toBeLessThan(1.1);
      const last = chosen.frames - 1;
      const from = chosen.at![last]! * whole.dims;
      expect(chosen.data.slice(last * whole.dims)).toEqual(
        whole.data.slice(from, from + whole.dims),
      );
      const normal = compute({ family, vad: { kind }, normalise: 'cmvn' });
      expect(normal.at).toEqual(chosen.at);
      const values = column(normal, 3);
      expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0, 4);
      expect(values.reduce((sum, value) => sum + value ** 2, 0) / values.length).toBeCloseTo(1, 3);
    }
  },
);

test('the toolkit’s differences are ten times the standard ones of the same window', () => {
  const scaled = compute({ family: 'lfcc' });
  const plain = compute({ family: 'lfcc', delta: { window: 2, scaled: false } });
  for (const t of [0, 50, 197]) {
    const at = t * 60;
    for (let d = 0; d < 20; d += 1) {
      expect(plain.data[at + d]).toBe(scaled.data[at + d]);
      expect(plain.data[at + 20 + d]).toBeCloseTo(10 * scaled.data[at + 20 + d]!, 3);
      expect(plain.data[at + 40 + d]).toBeCloseTo(100 * scaled.data[at + 40 + d]!, 2);
    }
  }
});

test('what comes first is c0, the energy, or c1', () => {
  for (const family of ['lfcc', 'ssfc', 'lpcc', 'cqcc'] as const) {
    const of = (zeroth: 'c0' | 'energy' | 'none') =>
      compute({ family, zeroth, coefficients: 5, deltaOrder: 0 });
    const [c0, energy, none] = [of('c0'), of('energy'), of('none')];
    expect([c0.dims, energy.dims, none.dims]).toEqual([5, 5, 5]);
    expect(column(energy, 1)).toEqual(column(c0, 1));
    expect(column(none, 0)).toEqual(column(c0, 1));
    expect(column(energy, 0)).not.toEqual(column(c0, 0));
  }
});

test('twice the level moves c0 alone, in families of log energies', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('mfcc', 'imfcc', 'lfcc', 'rfcc', 'ssfc', 'scmc', 'lpcc', 'cqcc'),
      fc.integer({ min: 1, max: 1000 }),
      (family, seed) => {
        const source = createRng(seed);
        const x = Float32Array.from({ length: 4000 }, () => 0.1 * source.normal());
        const settings: FeatureSettings = { family, deltaOrder: 0 };
        const one = compute(settings, x);
        const two = compute(
          settings,
          x.map((value) => 2 * value),
        );
        for (let i = 0; i < one.data.length; i += 1) {
          const moved = two.data[i]! - one.data[i]!;
          if (i % one.dims === 0) expect(moved).toBeGreaterThan(0.5);
          else expect(Math.abs(moved)).toBeLessThan(2e-3);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('the name of a front end holds every setting', () => {
  const id = (settings: FeatureSettings): string =>
    createFeatureFrontEnd(featureSchema.parse(settings)).id;
  const ids = [
    ...FEATURE_FAMILIES.map((family) => id({ family })),
    id({ family: 'lfcc', filters: 30 }),
    id({ family: 'lfcc', normalise: 'cmvn' }),
    id({ family: 'lfcc', vad: { kind: 'energy-threshold' } }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(id({ family: 'lfcc' })).toBe(id({ family: 'lfcc', filters: 24, window: 'hamming' }));
});

test.each([
  [{ family: 'lfcc', filters: 10 }, 'coefficients'],
  [{ family: 'mfcc', highHz: 9000 }, 'highHz'],
  [{ family: 'rfcc', lowHz: 8000 }, 'lowHz'],
  [{ family: 'scmc', fftSize: 256 }, 'fftSize'],
  [{ family: 'cqcc', hop: 160 }, 'hop'],
] as const)('settings that contradict each other are named: %j', (settings, path) => {
  const { success, error } = featureSchema.safeParse(settings);
  expect(success).toBe(false);
  expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
});
