import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { atoms, hiss, syllables } from '../../../test/helpers/measured-signals.ts';
import { deltas } from './cepstrum.ts';
import {
  applyIir,
  type BiquadOptions,
  biquad,
  butterworth,
  type IirFilter,
  magnitudeAt,
} from './filters.ts';
import { logSpectralDistance, stoi } from './quality.ts';
import { resample } from './resample.ts';
import { energyVad, speechSegments } from './vad.ts';
import { wsolaStretch } from './wsola.ts';

interface Design {
  readonly b: readonly number[];
  readonly a: readonly number[];
  /** At half the cut-off, the cut-off and twice the cut-off (at most 0.9 of half the rate). */
  readonly db: readonly [number, number, number];
}

/** Made by measures.py beside it; its heading says which software made which. */
const vectors: {
  readonly hiss: readonly number[];
  readonly resampled: readonly {
    readonly from: number;
    readonly to: number;
    readonly values: readonly number[];
  }[];
  readonly biquads: readonly (Required<BiquadOptions> & { readonly response: readonly number[] })[];
  readonly butterworth: readonly {
    readonly ratio: number;
    readonly low: Design;
    readonly high: Design;
  }[];
  readonly deltas: readonly { readonly window: number; readonly values: readonly number[] }[];
  readonly distances: readonly {
    readonly rate: number;
    readonly gain: number;
    readonly stoi: number;
    readonly lsd: number;
  }[];
  readonly voices: readonly {
    readonly rate: number;
    readonly segments: readonly (readonly [number, number])[];
  }[];
  readonly stretches: readonly { readonly rate: number; readonly values: readonly number[] }[];
} = JSON.parse(
  await readFile(new URL('../../../test/fixtures/dsp/measures.json', import.meta.url), 'utf8'),
);

const RATE = 16000;
/** Signals of size 1 in single precision, after a sum of some hundred terms. */
const SINGLE = 2e-6;

/** Largest difference of every `step`-th value from the expected ones. */
function worst(actual: ArrayLike<number>, expected: readonly number[], step = 1): number {
  expect(expected.length).toBe(Math.ceil(actual.length / step));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i * step]! - value)));
}

test('the hiss is theirs', () => expect(worst(hiss(3, 11), vectors.hiss)).toBeLessThan(1e-11));

describe('biquads are those of torchaudio', () => {
  test.each(vectors.biquads)('$type at $hz of $sampleRate Hz', ({ response, ...options }) => {
    const impulse = new Float32Array(response.length);
    impulse[0] = 1;
    expect(worst(applyIir(impulse, biquad(options)), response)).toBeLessThan(SINGLE / 10);
  });

  const db = (filter: IirFilter, hz: number): number =>
    20 * Math.log10(magnitudeAt(filter, hz, RATE));
  test('each kind does at its frequency and at both ends what its name says', () => {
    const of = (type: BiquadOptions['type'], q = Math.SQRT1_2): readonly number[] => {
      const filter = biquad({ type, hz: 2000, sampleRate: RATE, q, gainDb: 6 });
      return [db(filter, 0.01), db(filter, 2000), db(filter, 7999.99)];
    };
    const [low, high, band, notch] = [of('low'), of('high'), of('band', 4), of('notch', 4)];
    expect(low[0]).toBeCloseTo(0, 6);
    expect(low[1]).toBeCloseTo(-3.0103, 4);
    expect(low[2]).toBeLessThan(-150);
    expect(high[0]).toBeLessThan(-150);
    expect(high[1]).toBeCloseTo(-3.0103, 4);
    expect(high[2]).toBeCloseTo(0, 6);
    expect(band[0]).toBeLessThan(-90);
    expect(band[1]).toBeCloseTo(0, 6);
    expect(band[2]).toBeLessThan(-90);
    expect(notch[0]).toBeCloseTo(0, 6);
    expect(notch[1]).toBeLessThan(-200);
    expect(notch[2]).toBeCloseTo(0, 6);
    for (const [type, gains] of [
      ['peak', [0, 6, 0]],
      ['low-shelf', [6, 3, 0]],
      ['high-shelf', [0, 3, 6]],
    ] as const) {
      for (const [i, gain] of of(type).entries()) expect(gain).toBeCloseTo(gains[i]!, 6);
    }
  });
});

describe('Butterworth designs are those of SciPy', () => {
  test.each(vectors.butterworth)('order 5 at $ratio of half the rate', ({ ratio, ...designs }) => {
    for (const type of ['low', 'high'] as const) {
      const { a, b, db } = designs[type];
      const filter = butterworth({ order: 5, type, cutoffHz: ratio * 8000, sampleRate: RATE });
      expect(worst(filter.a, a)).toBeLessThan(1e-10);
      expect(worst(filter.b, b)).toBeLessThan(1e-10);
      for (const [i, share] of [ratio / 2, ratio, Math.min(2 * ratio, 0.9)].entries()) {
        const found = 20 * Math.log10(magnitudeAt(filter, share * 8000, RATE));
        expect(found).toBeCloseTo(db[i]!, 6);
      }
    }
  });
});

test.each(vectors.deltas)('deltas over ±$window frames are torchaudio’s', ({ window, values }) => {
  const data = Float32Array.from(hiss(72, 2));
  const found = deltas({ frames: 24, dims: 3, data }, { window, scaled: true });
  expect(worst(found.data, values)).toBeLessThan(SINGLE / 10);
});

describe('resampling is SciPy’s, which is exact for what ends in silence', () => {
  /** Ripple of the pass band at `best`: −100 dB of a signal whose peak is about 0.7. */
  const RIPPLE = 1e-5;
  test.each(vectors.resampled)('$from → $to Hz', ({ from, to, values }) => {
    const x = atoms(from / 5, Math.min(1, to / from), 7);
    expect(worst(resample(x, from, to), values, 53)).toBeLessThan(RIPPLE);
  });
});

describe('distances of syllables in noise', () => {
  test.each(vectors.distances)('gain $gain at $rate Hz', ({ rate, gain, ...expected }) => {
    const clean = syllables(3 * rate, rate, 4);
    const noise = hiss(3 * rate, 9);
    const noisy = clean.map((value, i) => value + gain * noise[i]!);
    // Taal et al. 2011 in NumPy. At 10 kHz nothing is resampled; from 16 kHz SciPy’s filter is another.
    const found = stoi(clean, noisy, rate);
    expect(Math.abs(found - expected.stoi)).toBeLessThan(rate === 10000 ? 1e-6 : 2e-4);
    // By PyTorch’s transform.
    expect(Math.abs(logSpectralDistance(clean, noisy, rate) - expected.lsd)).toBeLessThan(1e-3);
  });

  test('log-spectral distance is 0 to itself, a change of level everywhere, and symmetric', () => {
    const x = Float32Array.from(hiss(RATE, 3));
    const half = x.map((value) => value / 2);
    expect(logSpectralDistance(x, x, RATE)).toBe(0);
    expect(logSpectralDistance(x, half, RATE)).toBeCloseTo(20 * Math.log10(2), 4);
    expect(logSpectralDistance(half, x, RATE)).toBeCloseTo(logSpectralDistance(x, half, RATE), 9);
  });
});

describe('voice activity', () => {
  test.each(vectors.voices)('segments at $rate Hz are NumPy’s', ({ rate, segments }) => {
    const activity = energyVad(syllables(2 * rate, rate, 6), rate);
    const found = speechSegments(activity);
    expect(found.map(({ startSec, endSec }) => [startSec, endSec])).toEqual(
      segments.map((ends) => ends.map((sec) => expect.closeTo(sec, 9))),
    );
    const sum = segments.reduce((total, [start, end]) => total + end - start, 0);
    expect(activity.activeSec).toBeCloseTo(sum, 9);
    expect(activity.frameSec).toBe(0.01);
  });

  test('clicks are outvoted, short gaps closed, and nothing below the floor is active', () => {
    const on = (from: number, to: number) => (i: number) => i >= from * 160 && i < to * 160;
    const burst = on(50, 90);
    const gap = on(68, 72);
    const click = on(150, 152);
    const loud = hiss(2 * RATE, 8);
    const x = Float32Array.from(loud, (value, i) =>
      (burst(i) && !gap(i)) || click(i) ? value : 1e-6 * value,
    );
    expect(speechSegments(energyVad(x, RATE))).toEqual([{ startSec: 0.5, endSec: 0.9 }]);
    const quiet = x.map((value) => 1e-4 * value);
    expect(energyVad(quiet, RATE).activeSec).toBe(0);
    expect(energyVad(quiet, RATE, { floorDb: -120 }).activeSec).toBeCloseTo(0.4, 9);
    // The faint part is 120 dB below.
    expect(energyVad(x, RATE, { rangeDb: 130, floorDb: -200 }).activeSec).toBeCloseTo(2, 9);
    expect(speechSegments(energyVad(new Float32Array(100), RATE))).toEqual([]);
  });
});

test.each(vectors.stretches)('WSOLA by $rate is NumPy’s with every place tried', (vector) => {
  let smooth = hiss(8000, 21);
  for (let pass = 0; pass < 3; pass += 1) {
    const before = smooth;
    smooth = before.map((_, i) => {
      let sum = 0;
      for (let k = 0; k < 16; k += 1) sum += (before[i - k] ?? 0) / 16;
      return sum;
    });
  }
  const voice = Float32Array.from(smooth, (value) => 4 * value);
  const found = wsolaStretch(voice, vector.rate, RATE);
  expect(found.length).toBe(Math.round(8000 / vector.rate));
  expect(worst(found, vector.values, 97)).toBeLessThan(SINGLE);
});
