import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { type CepstrumOptions, type Features, lfcc } from './cepstrum.ts';
import { normaliseFeatures } from './cmvn.ts';
import { type CqccOptions, constantQ, constantQFrequencies, cqcc } from './constant-q.ts';
import { linearBank } from './filter-banks.ts';
import { type FilterFamily, type FilterFeatureOptions, filterFeatures } from './filter-features.ts';
import { type FrameVad, logFrameEnergies, speechFrames } from './frame-vad.ts';
import { levinsonDurbin, lpcc, predictorCepstrum } from './linear-prediction.ts';

/** Made by features.py beside it. */
const vectors: Record<FilterFamily | 'lpcc' | 'cqcc' | 'constantQ', number[][]> & {
  readonly signal: number[];
  readonly frames: number[];
  readonly ar: { readonly coefficients: number[]; readonly signal: number[] };
} = JSON.parse(
  await readFile(new URL('../../../test/fixtures/dsp/features.json', import.meta.url), 'utf8'),
);

/** Spectra are float32: a logarithm of a band at the floor of such noise moves by some 1e-4, a cepstrum less. */
const CEPSTRUM_TOLERANCE = 2e-3;
const RATE = 16000;
const framing = {
  sampleRate: RATE,
  winLength: 320,
  hop: 160,
  fftSize: 512,
  preEmphasis: 0.97,
  removeDc: true,
} as const;
const options: FilterFeatureOptions = {
  ...framing,
  filters: 24,
  lowHz: 100,
  highHz: 7600,
  power: 2,
  log: 'ln',
  floor: 1e-10,
  orthonormal: true,
  coefficients: 20,
  firstCoefficient: 0,
};
const cqOptions: CqccOptions = {
  sampleRate: RATE,
  binsPerOctave: 96,
  highHz: 8000,
  octaves: 9,
  gamma: 228.7,
  hop: 128,
  floor: 1e-10,
  samplesFirstOctave: 16,
  coefficients: 20,
  firstCoefficient: 0,
};

const rowOf = ({ dims, data }: Features, t: number): number[] => [
  ...data.subarray(t * dims, (t + 1) * dims),
];
const largestDifference = (features: Features, expected: readonly number[][]): number =>
  Math.max(
    ...vectors.frames.flatMap((t, i) =>
      rowOf(features, t).map((value, c) => Math.abs(value - expected[i]![c]!)),
    ),
  );
/** A tone whose period is a whole number of samples, so that every frame holds the same numbers. */
const tone = (period: number, length: number, level = 0.5): Float32Array => {
  const wave = Float32Array.from(
    { length: period },
    (_, i) => level * Math.sin((2 * Math.PI * i) / period),
  );
  return Float32Array.from({ length }, (_, i) => wave[i % period]!);
};

describe('families are those of NumPy and SciPy', () => {
  const signal = Float32Array.from(vectors.signal);
  test.each(['mfcc', 'imfcc', 'lfcc', 'rfcc', 'ssfc', 'scmc'] as const)('%s', (family) => {
    const features = filterFeatures(signal, family, options);
    expect(features.frames).toBe(family === 'ssfc' ? 58 : 59);
    expect(largestDifference(features, vectors[family])).toBeLessThan(CEPSTRUM_TOLERANCE);
  });
  test('scfc, in Hz', () => {
    const features = filterFeatures(signal, 'scfc', options);
    expect(features.dims).toBe(24);
    expect(largestDifference(features, vectors.scfc)).toBeLessThan(0.05);
  });
  test('lpcc: the cepstrum of the logarithm of the model’s spectrum', () => {
    const features = lpcc(signal, {
      ...framing,
      order: 13,
      coefficients: 16,
      firstCoefficient: 0,
      floor: 1e-12,
    });
    expect(largestDifference(features, vectors.lpcc)).toBeLessThan(CEPSTRUM_TOLERANCE);
  });
  test('constant-Q and cqcc, from a transform of another length', () => {
    const { dims, data, frames } = constantQ(signal, cqOptions);
    expect([frames, dims]).toEqual([76, 864]);
    for (const [i, t] of vectors.frames.entries()) {
      for (const [c, expected] of vectors.constantQ[i]!.entries())
        expect(Math.abs(data[t * dims + 17 * c]! - expected)).toBeLessThan(0.05);
    }
    expect(largestDifference(cqcc(signal, cqOptions), vectors.cqcc)).toBeLessThan(0.02);
  });
});

test('with the window, padding and floor of the networks’ front end it is that front end', () => {
  const x = Float32Array.from(vectors.signal);
  const same: CepstrumOptions = {
    sampleRate: RATE,
    winLength: 320,
    hop: 160,
    fftSize: 512,
    filters: 24,
    preEmphasis: 0.97,
    center: true,
    log: 'ln',
    floor: Number.EPSILON,
    coefficients: 20,
    deltaOrder: 0,
  };
  const old = lfcc(x, same);
  const made = filterFeatures(x, 'lfcc', {
    ...options,
    removeDc: false,
    symmetric: false,
    center: true,
    lowHz: 0,
    highHz: 8000,
    floor: Number.EPSILON,
  });
  expect(made.frames).toBe(old.frames);
  // That floor is added, this one is a bound.
  for (const [i, value] of old.data.entries())
    expect(Math.abs(made.data[i]! - value)).toBeLessThan(1e-2);
});

describe('fixtures of card 08', () => {
  test('SCFC of a tone of 1 kHz is 1000 Hz within half a bin in the filters that hold it', () => {
    const full = { ...options, lowHz: 0, highHz: 8000, preEmphasis: 0, removeDc: false };
    const { dims, data } = filterFeatures(tone(16, 4000), 'scfc', full);
    const { edgesHz } = linearBank(full);
    let held = 0;
    for (let j = 0; j < dims; j += 1) {
      // Half a bin inside the filter: at its very edge the weights cut the main lobe in half.
      if (edgesHz[j]! > 1000 - 100 || edgesHz[j + 2]! < 1000 + 100) continue;
      held += 1;
      expect(Math.abs(data[3 * dims + j]! - 1000)).toBeLessThan(RATE / 512 / 2);
    }
    expect(held).toBeGreaterThan(0);
  });
  test('SSFC of a stationary tone is the floor everywhere, of a step of amplitude one spike', () => {
    const energies = { ...options, coefficients: 24, preEmphasis: 0 };
    const floor = Math.log(options.floor);
    const still = filterFeatures(tone(32, 8000), 'ssfc', energies);
    for (let t = 0; t < still.frames; t += 1) {
      const row = rowOf(still, t);
      expect(row[0]! / Math.sqrt(24)).toBeCloseTo(floor, 4);
      for (const value of row.slice(1)) expect(Math.abs(value)).toBeLessThan(1e-4);
    }
    // The step is where frame 25 begins, frames do not overlap: one change sees it.
    const louder = tone(32, 16000).map((value, i) => (i < 8000 ? value : 0.25 * value));
    const { frames, dims, data } = filterFeatures(louder, 'ssfc', {
      ...energies,
      hop: 320,
      removeDc: false,
    });
    const spikes = Array.from({ length: frames }, (_, t) => t).filter(
      (t) => data[t * dims]! / Math.sqrt(24) > floor + 1,
    );
    expect(spikes).toEqual([24]);
  });
  test('LPCC of an autoregressive process recovers its poles, and c1 = a1', () => {
    const { coefficients, signal } = vectors.ar;
    const r = Float64Array.from({ length: 3 }, (_, lag) =>
      signal.reduce((sum, value, i) => sum + (i >= lag ? value * signal[i - lag]! : 0), 0),
    );
    const { coefficients: a } = levinsonDurbin(r);
    for (const [k, expected] of coefficients.entries()) expect(a[k]).toBeCloseTo(expected, 1);
    expect(predictorCepstrum(a, 5)[0]).toBe(a[0]);
    // Poles of z² − a1 z − a2: a pair at radius √−a2, at an angle of cos⁻¹(a1 / 2√−a2).
    const radius = Math.sqrt(-a[1]!);
    expect(radius).toBeCloseTo(Math.sqrt(0.8), 1);
    // Σ of the n-th powers of the poles over n is the cepstrum: 2 rⁿ cos(nθ) / n.
    const angle = Math.acos(a[0]! / (2 * radius));
    for (const [i, value] of predictorCepstrum(a, 12).entries()) {
      const n = i + 1;
      expect(value).toBeCloseTo((2 * radius ** n * Math.cos(n * angle)) / n, 10);
    }
  });
});

test('LPC errors fall, reflection is bounded, silence is all zeros', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const rng = createRng(seed);
      const x = Float64Array.from({ length: 200 }, () => rng.normal());
      const r = Float64Array.from({ length: 14 }, (_, lag) =>
        x.reduce((sum, value, i) => sum + (i >= lag ? value * x[i - lag]! : 0), 0),
      );
      const errors = Array.from(
        { length: 13 },
        (_, p) => levinsonDurbin(r.subarray(0, p + 2)).error,
      );
      for (const [p, error] of errors.entries()) {
        expect(error).toBeGreaterThan(0);
        expect(error).toBeLessThanOrEqual(errors[p - 1] ?? r[0]!);
      }
    }),
    { numRuns: 20 },
  );
  expect([...levinsonDurbin(new Float64Array(5)).coefficients]).toEqual([0, 0, 0, 0]);
});

describe('constant-Q', () => {
  test('a sine in the middle of a filter has its own amplitude there and less elsewhere', () => {
    const centres = constantQFrequencies(cqOptions);
    for (const k of [200, 500, 800]) {
      const hz = centres[k]!;
      const x = Float32Array.from(
        { length: RATE },
        (_, i) => 0.25 * Math.sin((2 * Math.PI * hz * i) / RATE),
      );
      const { dims, data, frames } = constantQ(x, cqOptions);
      const row = [...data.subarray((frames >> 1) * dims, ((frames >> 1) + 1) * dims)];
      expect(row.indexOf(Math.max(...row))).toBe(k);
      // The ends of the sine still ring in the narrowest filters.
      expect(Math.abs(row[k]! - 2 * Math.log(0.25))).toBeLessThan(0.05);
      expect(row[k + 20]).toBeLessThan(row[k]! - 8);
    }
  });
  test('a long recording in stretches is the recording in one', () => {
    const rng = createRng('stretches');
    const small = { ...cqOptions, binsPerOctave: 12, octaves: 6, hop: 16 };
    const x = Float32Array.from({ length: 40000 }, () => 0.1 * rng.normal());
    const whole = constantQ(x, small);
    // The middle third alone, with silence around it, agrees where no cut is near.
    const part = constantQ(x.slice(12800, 28800), small);
    for (const t of [400, 500, 600]) {
      for (let k = 0; k < whole.dims; k += 1) {
        const a = whole.data[(t + 800) * whole.dims + k]!;
        expect(Math.abs(a - part.data[t * part.dims + k]!)).toBeLessThan(0.1);
      }
    }
  });
});

describe('speech frames', () => {
  const gauss: FrameVad = {
    kind: 'energy-2gauss',
    iterations: 10,
    tolerance: 5e-4,
    varianceFloor: 5e-4,
    smoothFrames: 10,
  };
  const threshold: FrameVad = {
    kind: 'energy-threshold',
    range: Math.log(1 / 0.15 ** 2),
    smoothFrames: 10,
  };
  test.each([gauss, threshold])(
    '$kind keeps loud frames and drops quiet ones, and never all',
    (vad) => {
      const rng = createRng('vad');
      const x = Float32Array.from(
        { length: RATE },
        (_, i) => (Math.floor(i / 4000) % 2 === 0 ? 0.001 : 0.2) * rng.normal(),
      );
      const speech = speechFrames(logFrameEnergies(x, framing), vad);
      expect(speech.length).toBe(99);
      expect(speech[10]).toBe(0);
      expect(speech[37]).toBe(1);
      expect(speech[62]).toBe(0);
      expect(speech[87]).toBe(1);
      expect(speechFrames(logFrameEnergies(new Float32Array(RATE), framing), vad)).not.toContain(0);
      // One click is outvoted.
      const click = new Float64Array(50).fill(-10);
      click[20] = 0;
      expect(speechFrames(click, vad).reduce((sum, value) => sum + value, 0)).toBe(50);
    },
  );
});

test('normalised features have mean 0 and variance 1, whatever level and offset they had', () => {
  const rng = createRng('cmvn');
  const plain = {
    frames: 50,
    dims: 3,
    data: Float32Array.from({ length: 150 }, () => rng.normal()),
  };
  const moved = {
    ...plain,
    data: plain.data.map((value, i) => 7 * value + [5, -100, 0.3][i % 3]!),
  };
  const a = normaliseFeatures(plain).data;
  const b = normaliseFeatures(moved).data;
  for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 4);
  for (let d = 0; d < 3; d += 1) {
    const column = [...a].filter((_, i) => i % 3 === d);
    expect(column.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
    expect(column.reduce((sum, value) => sum + value * value, 0) / 50).toBeCloseTo(1, 4);
  }
  expect([
    ...normaliseFeatures({ frames: 4, dims: 1, data: new Float32Array(4).fill(3) }).data,
  ]).toEqual([0, 0, 0, 0]);
});
