import FFT from 'fft.js';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { LFCC_ASVSPOOF2021, LFCC_LCNN, lfcc } from './cepstrum.ts';
import { createFft } from './fft.ts';
import { hzToMel, inverseMelBank, linearBank, melBank, rectangularBank } from './filter-banks.ts';
import { applyIir, butterworth, fftConvolve, magnitudeAt } from './filters.ts';
import { pitchShift, timeStretch } from './phase-vocoder.ts';
import { trackPitch } from './pitch.ts';
import { stoi } from './quality.ts';
import { resample } from './resample.ts';
import { istft, stft } from './stft.ts';
import { wsolaStretch } from './wsola.ts';

const RATE = 16000;
const sine = (hz: number, length: number, rate = RATE): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate));
const noise = (length: number): Float32Array => {
  const rng = createRng('noise');
  return Float32Array.from({ length }, () => 0.1 * rng.normal());
};

describe('fft', () => {
  test('a single point is its own transform, forward and back', () => {
    const fft = createFft(1);
    const [re, im] = [Float64Array.of(0.3), Float64Array.of(-0.7)];
    fft.forward(re, im);
    expect([re[0], im[0]]).toEqual([0.3, -0.7]);
    fft.inverse(re, im);
    expect([re[0], im[0]]).toEqual([0.3, -0.7]);
    fft.realForward(Float32Array.of(0.5), re, im);
    expect([re[0], im[0]]).toEqual([0.5, 0]);
  });

  test.each([2, 8, 64, 1024])('length %i agrees with fft.js', (n) => {
    const x = noise(n);
    const oracle = new FFT(n);
    const out = oracle.createComplexArray();
    oracle.realTransform(out, [...x]);
    const re = new Float64Array(n / 2 + 1);
    const im = new Float64Array(n / 2 + 1);
    createFft(n).realForward(x, re, im);
    for (let k = 0; k <= n / 2; k += 1) {
      expect(re[k]).toBeCloseTo(out[2 * k]!, 10);
      expect(im[k]).toBeCloseTo(out[2 * k + 1]!, 10);
    }
  });

  test.each([3, 5, 12, 441, 1000])(
    'length %i agrees with the sum and is undone by its inverse',
    (n) => {
      const x = Float64Array.from(noise(n));
      const re = Float64Array.from(x);
      const im = new Float64Array(n);
      createFft(n).forward(re, im);
      let sumRe = 0;
      let sumIm = 0;
      for (let i = 0; i < n; i += 1) {
        sumRe += x[i]! * Math.cos((2 * Math.PI * i * 2) / n);
        sumIm -= x[i]! * Math.sin((2 * Math.PI * i * 2) / n);
      }
      expect(re[2]).toBeCloseTo(sumRe, 9);
      expect(im[2]).toBeCloseTo(sumIm, 9);
      createFft(n).inverse(re, im);
      for (let i = 0; i < n; i += 1) expect(re[i]).toBeCloseTo(x[i]!, 12);
    },
  );
});

// Card 01 §2.4, computed with SciPy's butter(5, r): denominators, b0 of low and high pass, and what the low pass
// leaves at twice its cut-off.
const DESIGNS: readonly (readonly [
  ratio: number,
  a: readonly number[],
  low: number,
  high: number,
  octaveDb: number | null,
])[] = [
  [
    0.1,
    [-3.9845431196, 6.4348670903, -5.2536151704, 2.1651329097, -0.3599282451],
    5.979578037e-5,
    0.5999402042,
    -31.21,
  ],
  [
    0.2,
    [-2.9754221097, 3.8060181193, -2.5452528683, 0.8811300754, -0.1254306222],
    0.0012825811,
    0.3541641811,
    -34.95,
  ],
  [
    0.3,
    [-1.9759016164, 2.013473026, -1.1026179778, 0.327618334, -0.0407094896],
    0.0069331961,
    0.2018850139,
    -43.16,
  ],
  [
    0.4,
    [-0.9853252393, 0.9738493318, -0.3863565586, 0.1111638406, -0.0112635125],
    0.0219396207,
    0.1083737026,
    -62.7,
  ],
  [0.5, [0, 0.633436854, 0, 0.05572809, 0], 0.0527864045, 0.0527864045, null],
];

describe('butterworth order 5', () => {
  test.each(DESIGNS)(
    'ratio %f has SciPy’s coefficients, −3.01 dB at the cut-off, and an octave above what it should',
    (ratio, a, low, high, octaveDb) => {
      for (const [type, b0] of [
        ['low', low],
        ['high', high],
      ] as const) {
        const filter = butterworth({ order: 5, type, cutoffHz: ratio * 8000, sampleRate: RATE });
        for (const [i, value] of a.entries()) expect(filter.a[i + 1]).toBeCloseTo(value, 9);
        const sign = type === 'low' ? 1 : -1;
        for (const [i, binomial] of [1, 5, 10, 10, 5, 1].entries())
          expect(filter.b[i]).toBeCloseTo(b0 * binomial * sign ** i, 8);
        expect(20 * Math.log10(magnitudeAt(filter, ratio * 8000, RATE))).toBeCloseTo(-3.0103, 3);
        if (type === 'low' && octaveDb !== null) {
          const octave = 20 * Math.log10(magnitudeAt(filter, 2 * ratio * 8000, RATE));
          expect(octave).toBeCloseTo(octaveDb, 2);
        }
      }
    },
  );

  test('impulse responses at ratio 0.3 (card 01 §2.4)', () => {
    const impulse = new Float32Array(8);
    impulse[0] = 1;
    const low = applyIir(
      impulse,
      butterworth({ order: 5, type: 'low', cutoffHz: 2400, sampleRate: RATE }),
    );
    const high = applyIir(
      impulse,
      butterworth({ order: 5, type: 'high', cutoffHz: 2400, sampleRate: RATE }),
    );
    const expectedLow = [
      0.0069331961, 0.0483652941, 0.1509372207, 0.2778315113, 0.330782691, 0.2519839791,
      0.0907346706, -0.0482313404,
    ];
    const expectedHigh = [
      0.2018850139, -0.6105201441, 0.4060323693, 0.2352977639, -0.0824966406, -0.1827211416,
      -0.0933683058, 0.0318967336,
    ];
    for (let i = 0; i < 8; i += 1) {
      expect(low[i]).toBeCloseTo(expectedLow[i]!, 7);
      expect(high[i]).toBeCloseTo(expectedHigh[i]!, 7);
    }
  });
});

describe('filter banks (card 08)', () => {
  const options = { filters: 20, fftSize: 512, sampleRate: RATE };
  test('mel(1000 Hz) is 999.99', () => expect(hzToMel(1000)).toBeCloseTo(999.99, 2));
  test('the inverse mel bank mirrors the mel bank', () => {
    const mel = melBank(options);
    const inverse = inverseMelBank(options);
    for (let j = 0; j < 20; j += 1) {
      for (let k = 0; k < mel.bins; k += 1) {
        expect(inverse.weights[j * mel.bins + k]).toBeCloseTo(
          mel.weights[(19 - j) * mel.bins + (mel.bins - 1 - k)]!,
          5,
        );
      }
    }
  });
  test('rectangles cover each bin once with weight 1', () => {
    const bank = rectangularBank(options);
    for (let k = 0; k < bank.bins; k += 1) {
      let sum = 0;
      for (let j = 0; j < 20; j += 1) sum += bank.weights[j * bank.bins + k]!;
      expect(sum).toBe(1);
    }
  });
  test('a 1-kHz tone peaks in the linear filter that holds 1 kHz', () => {
    const bank = linearBank(options);
    const bin = Math.round((1000 * 512) / RATE);
    const weights = Array.from({ length: 20 }, (_, j) => bank.weights[j * bank.bins + bin]!);
    const best = weights.indexOf(Math.max(...weights));
    expect(bank.edgesHz[best]).toBeLessThan(1000);
    expect(bank.edgesHz[best + 2]).toBeGreaterThan(1000);
  });
});

test('4 s of LFCC as the LCNN takes it is 401 × 60; the 2021 baseline has 60 too', () => {
  const features = lfcc(noise(64000), LFCC_LCNN);
  expect([features.frames, features.dims]).toEqual([401, 60]);
  expect(lfcc(noise(64000), LFCC_ASVSPOOF2021).dims).toBe(60);
  expect(features.data.every(Number.isFinite)).toBe(true);
});

test('istft undoes stft', () => {
  const x = noise(5000);
  const options = { fftSize: 512, hop: 128 };
  const y = istft(stft(x, options), options, x.length);
  for (let i = 0; i < x.length; i += 1) expect(y[i]).toBeCloseTo(x[i]!, 5);
});

describe('resample', () => {
  test.each([
    [44100, 16000],
    [16000, 8000],
    [8000, 16000],
    [16000, 48000],
    [22050, 16000],
  ])('%i → %i keeps a 1-kHz tone, its phase and the exact length', (from, to) => {
    const x = sine(1000, from, from);
    const y = resample(x, from, to);
    expect(y.length).toBe(to);
    const ideal = sine(1000, to, to);
    for (let i = 500; i < to - 500; i += 7) expect(Math.abs(y[i]! - ideal[i]!)).toBeLessThan(2e-4);
  });
  test('a tone above the new band is gone by 100 dB', () => {
    const y = resample(sine(10000, 44100, 44100), 44100, 16000).subarray(1000, 15000);
    const level = Math.sqrt(y.reduce((sum, v) => sum + v * v, 0) / y.length);
    expect(20 * Math.log10(level / 0.354)).toBeLessThan(-100);
  });
});

test('overlap-add convolution equals the sum', () => {
  const x = noise(3000);
  const h = noise(300);
  const y = fftConvolve(x, h);
  expect(y.length).toBe(3299);
  for (const n of [0, 150, 1500, 3298]) {
    let sum = 0;
    for (let k = 0; k < 300; k += 1) sum += (h[k] ?? 0) * (x[n - k] ?? 0);
    expect(y[n]).toBeCloseTo(sum, 5);
  }
});

describe('vocoders', () => {
  test.each([0.7, 1.3])('stretch by %f keeps the pitch', (rate) => {
    for (const stretch of [
      timeStretch(sine(220, 32000), rate),
      wsolaStretch(sine(220, 32000), rate, RATE),
    ]) {
      expect(stretch.length).toBe(Math.round(32000 / rate));
      const { f0 } = trackPitch(stretch.subarray(4000, 16000), RATE);
      expect(f0[50]).toBeGreaterThan(218);
      expect(f0[50]).toBeLessThan(222);
    }
  });
  test('two semitones up', () => {
    const shifted = pitchShift(sine(220, 32000), 2, RATE);
    expect(shifted.length).toBe(32000);
    expect(trackPitch(shifted.subarray(4000, 16000), RATE).f0[50]).toBeCloseTo(
      220 * 2 ** (2 / 12),
      0,
    );
  });
});

test('STOI is 1 for the signal itself and falls with noise', () => {
  const rng = createRng('stoi');
  const clean = Float32Array.from(
    { length: 32000 },
    (_, i) => 0.3 * rng.normal() * (0.55 + 0.45 * Math.sin((2 * Math.PI * 4 * i) / RATE)),
  );
  const noisy = clean.map((value) => value + 0.3 * rng.normal());
  expect(stoi(clean, clean, RATE)).toBeCloseTo(1, 6);
  const score = stoi(clean, noisy, RATE);
  expect(score).toBeGreaterThan(0.2);
  expect(score).toBeLessThan(0.95);
});
