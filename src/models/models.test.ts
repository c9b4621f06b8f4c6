import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { fitLogistic } from '../training/logistic.ts';
import { decodeFloats, encodeFloats } from './floats.ts';
import { logLikelihoods, prepareGmm } from './gmm/gmm.ts';
import { trainGmm } from './gmm/train-gmm.ts';
import { createLfccGmm, packLfccGmm, unpackLfccGmm } from './lfcc-gmm/index.ts';
import { refusalOf } from './refusal.ts';
import { type Card, DetectorInput } from './types.ts';

const card: Card = {
  name: 'test',
  version: '1',
  summary: '',
  licence: '',
  languages: [],
  trainedOn: [],
  recipe: '',
  operatingPoints: [],
  limits: [],
};

function blobs(frames: number, dims: number): Float32Array {
  const rng = createRng('blobs');
  return Float32Array.from(
    { length: frames * dims },
    (_, i) => rng.normal() + (Math.floor(i / dims) % 3) * 4 * (i % 2),
  );
}

describe('Gaussian mixtures', () => {
  test('one component is the sample mean and variance', () => {
    const data = blobs(300, 2);
    const gmm = trainGmm(data, 2, { components: 1, emIterations: 3 }, createRng(1));
    for (let d = 0; d < 2; d += 1) {
      const column = [...data].filter((_, i) => i % 2 === d);
      const mean = column.reduce((a, b) => a + b, 0) / column.length;
      const variance = column.reduce((a, b) => a + (b - mean) ** 2, 0) / column.length;
      expect(gmm.means[d]).toBeCloseTo(mean, 8);
      expect(gmm.variances[d]).toBeCloseTo(variance, 8);
    }
  });

  test('EM never lowers the likelihood (card 08), weights sum to one, variances stay above the floor', () => {
    const seen: number[] = [];
    const gmm = trainGmm(
      blobs(600, 4),
      4,
      { components: 5, emIterations: 15, onIteration: (_, value) => seen.push(value) },
      createRng(2),
    );
    for (let i = 1; i < seen.length; i += 1)
      expect(seen[i]).toBeGreaterThanOrEqual(seen[i - 1]! - 1e-6 * Math.abs(seen[i - 1]!));
    expect(gmm.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    expect(Math.min(...gmm.variances)).toBeGreaterThan(0);
  });

  test('log density equals the formula written out', () => {
    const gmm = trainGmm(blobs(300, 2), 2, { components: 2 }, createRng(3));
    const x = [0.3, -1.2];
    let density = 0;
    for (let k = 0; k < 2; k += 1) {
      let p = gmm.weights[k]!;
      for (let d = 0; d < 2; d += 1) {
        const variance = gmm.variances[2 * k + d]!;
        p *=
          Math.exp(-((x[d]! - gmm.means[2 * k + d]!) ** 2) / (2 * variance)) /
          Math.sqrt(2 * Math.PI * variance);
      }
      density += p;
    }
    expect(logLikelihoods(prepareGmm(gmm), Float32Array.from(x))[0]).toBeCloseTo(
      Math.log(density),
      5,
    );
  });

  test('a saved detector has the same id and the same scores; damage is coded', async () => {
    const bonafide = trainGmm(blobs(300, 60), 60, { components: 2, emIterations: 2 }, createRng(4));
    const spoof = trainGmm(
      blobs(300, 60).map((x) => x + 1),
      60,
      { components: 2, emIterations: 2 },
      createRng(5),
    );
    const model = packLfccGmm({ bonafide, spoof });
    const stored = unpackLfccGmm(JSON.parse(JSON.stringify(model)), 'model.json');
    const detector = createLfccGmm(stored, card);
    expect(detector.id).toBe(createLfccGmm({ bonafide, spoof }, card).id);
    const rng = createRng('sound');
    const input = new DetectorInput({
      samples: [Float32Array.from({ length: 24000 }, () => 0.1 * rng.normal())],
      sampleRate: 16000,
    });
    const [scored] = await detector.score([input]);
    expect(Number.isFinite(scored!.score)).toBe(true);
    expect(scored!.windows!.length).toBe(2);
    expect(() =>
      unpackLfccGmm({ ...model, spoof: { ...model.spoof, means: 'AAAA' } }, 'model.json'),
    ).toThrow(/expected 120 finite numbers/);
    expect(() => unpackLfccGmm({ ...model, colour: 1 }, 'model.json')).toThrow(/colour/);
  });
});

test('floats survive base64 as Float32', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })), (values) => {
      expect([...decodeFloats(encodeFloats(values), values.length, 'x')]).toEqual(values);
    }),
    { seed: 1 },
  );
});

test('logistic regression finds the direction, weighs classes alike and shrinks with the penalty', () => {
  const rng = createRng('logistic');
  const rows = Array.from({ length: 300 }, (_, i) =>
    Float64Array.of(rng.normal() + (i < 100 ? 1 : -1), rng.normal()),
  );
  const isSpoof = rows.map((_, i) => i < 100);
  const loose = fitLogistic(rows, isSpoof, { penalty: 1e-4 });
  expect(loose.weights[0]).toBeGreaterThan(1.2);
  expect(Math.abs(loose.weights[1]!)).toBeLessThan(0.5);
  expect(Math.abs(loose.bias)).toBeLessThan(0.5);
  expect(fitLogistic(rows, isSpoof, { penalty: 1 }).weights[0]).toBeLessThan(
    0.5 * loose.weights[0]!,
  );
  expect(() =>
    fitLogistic(
      rows,
      rows.map(() => true),
      { penalty: 1 },
    ),
  ).toThrow(/0 bonafide/);
});

describe('refusals', () => {
  const rate = 16000;
  const of = (x: Float32Array) =>
    refusalOf({ samples: [x], sampleRate: rate }, { minSec: 0.5 })?.code ?? null;
  const tone = Float32Array.from(
    { length: 3 * rate },
    (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / rate),
  );
  const rng = createRng('refusal');
  const noise = Float32Array.from({ length: 3 * rate }, () => 0.1 * rng.normal());

  test('silence, a tone, steady noise, a blip and a clipped recording are refused by name', () => {
    expect(of(new Float32Array(rate))).toBe('verdict/silence');
    expect(of(tone)).toBe('verdict/no-speech');
    expect(of(noise)).toBe('verdict/no-speech');
    const blip = new Float32Array(3 * rate);
    blip.set(tone.subarray(0, 3000), 16000);
    expect(of(blip)).toBe('verdict/too-short');
    expect(of(tone.map((x) => Math.max(-0.6, Math.min(0.6, 10 * x))))).toBe('verdict/clipped');
  });

  /** A voice of ten harmonics that sounds for 0.2 of every 0.25 s, at a pitch over time. */
  const voice = (pitchHz: (sec: number) => number): Float32Array => {
    let phase = 0;
    return Float32Array.from({ length: 4 * rate }, (_, i) => {
      const sec = i / rate;
      phase += (2 * Math.PI * pitchHz(sec)) / rate;
      let x = 0;
      for (let k = 1; k <= 10; k += 1) x += Math.sin(k * phase) / k;
      return (sec * 4) % 1 < 0.8 ? 0.1 * x * Math.sin((Math.PI * ((sec * 4) % 1)) / 0.8) : 0;
    });
  };

  test('notes that hold their pitch are music; the same notes gliding and one note are not', () => {
    const scale = [0, 2, 4, 5, 7, 9, 11, 12];
    const note = (sec: number): number => 110 * 2 ** (scale[Math.floor(4 * sec) % 8]! / 12);
    expect(of(voice(note))).toBe('verdict/music');
    const glide = (sec: number): number => note(sec) * 2 ** (((4 * sec) % 1) / 4);
    expect(of(voice(glide))).toBe(null);
    // A monotonous voice trembles a little: more than half of its steps are still, none leads elsewhere.
    const monotonous = (sec: number): number =>
      110 * 2 ** (-sec / 24 + 0.01 * Math.sin(2 * Math.PI * 5 * sec));
    expect(of(voice(monotonous))).toBe(null);
  });
});
