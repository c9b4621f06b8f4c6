import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectGradient } from '../../../test/helpers/gradients.ts';
import { runCompiled } from '../../../test/helpers/run-compiled.ts';
import { type HostArray, hostArray, sizeOf } from '../../compiler/arrays.ts';
import { np, type Traced, valueAndGrad } from '../../compiler/jax.ts';
import { interpret, trace } from '../../compiler/trace.ts';
import { RingtrueError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import { conv1d, initConv2d, initConvTranspose1d } from './conv.ts';
import { dense, initDense } from './dense.ts';
import { dropChannels, dropout, dropPath, specAugment } from './dropout.ts';
import {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initialiser,
  normal,
  orthogonal,
  truncatedNormal,
} from './init.ts';
import { maxFeatureMap } from './max-feature-map.ts';
import { batchNorm, groupNorm, initBatchNormState, layerNorm } from './norm.ts';
import { maxPool } from './pool.ts';
import { drawKey, normalBits, splitKey, uniformBits } from './random.ts';

const rng = createRng('layers');

function randomArray(label: string, dims: readonly number[]): HostArray {
  return normal(1)(rng.split(label), dims);
}

test('batch normalisation in training has mean 0 and variance 1 in each channel', () => {
  const x = randomArray('norm', [4, 3, 5]);
  const [y] = interpret((a, state) => batchNorm(null, state, a.mul(3).add(7), { train: true }), [
    x,
    initBatchNormState(3),
  ] as const);
  for (let c = 0; c < 3; c += 1) {
    const values = [...y.data].filter((_, i) => Math.floor(i / 5) % 3 === c);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 4);
  }
});

test('layer and group normalisation do not see shift and scale of what they normalise', () => {
  const x = randomArray('norms', [2, 4, 6]);
  const [a, b, c, d] = interpret(
    (v) => {
      const moved = v.mul(5).sub(2);
      return [
        layerNorm(null, v),
        layerNorm(null, moved),
        groupNorm(null, v, { groups: 2 }),
        groupNorm(null, moved, { groups: 2 }),
      ] as const;
    },
    [x] as const,
  );
  for (const [plain, moved] of [
    [a, b],
    [c, d],
  ] as const) {
    // What is added to the variance is seen by the smaller one: a relative 1e-5.
    for (const [i, value] of [...plain.data].entries())
      expect(Math.abs(moved.data[i]! - value)).toBeLessThan(2e-4);
  }
});

test('max-feature-map halves the channels and takes the larger of the pair', () => {
  const x = randomArray('mfm', [2, 6, 3]);
  const y = interpret((a) => maxFeatureMap(a), [x] as const);
  expect(y.dims).toEqual([2, 3, 3]);
  const expected = Float32Array.from({ length: 18 }, (_, i) => {
    const at = Math.floor(i / 9) * 18 + (i % 9);
    return Math.max(x.data[at]!, x.data[at + 9]!);
  });
  expect(y.data).toEqual(expected);
});

test('gradients of max-feature-map and of masks', async () => {
  const x = randomArray('gradient', [2, 4, 3]);
  await expectGradient({ x }, (w) => np.square(maxFeatureMap(w.x)));
  const drawn = Uint32Array.from(drawKey(rng.split('masks')).data);
  await expectGradient({ x }, (w) =>
    np.square(dropout(np.array(drawn, { dtype: np.uint32 }), w.x, { rate: 0.5, train: true })),
  );
});

test('max-pooling of shapes that leave a rest drops it', () => {
  const x = hostArray([1, 1, 3, 3], Float32Array.of(1, 2, 9, 4, 3, 9, 9, 9, 9));
  const y = interpret((a) => maxPool(a, { window: 2 }), [x] as const);
  expect(y).toEqual({ dims: [1, 1, 1, 1], data: Float32Array.of(4) });
});

test('compiled, equal maxima give the gradient to the first place; overlapping windows share it', async () => {
  const x = hostArray([2, 1, 4, 5], new Float32Array(40).fill(2));
  const first = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0];
  const slope = (v: Traced, factor: number, stride: number): Traced =>
    valueAndGrad((a: Traced) => {
      const y = maxPool(a, { window: 2, stride });
      // With factor 0 the cotangent of the maxima is one number for all of them.
      return np.sum(factor === 0 ? y : y.mul(y).mul(factor));
    })(v)[1];
  const [plain, squared, shared] = await runCompiled(
    (v) => [slope(v, 0, 2), slope(v, 0.25, 2), slope(v, 0, 1)] as const,
    [x] as const,
  );
  expect([...plain.data]).toEqual([...first, ...first]);
  expect([...squared.data]).toEqual([...first, ...first]);
  expect([...shared.data.slice(0, 5)]).toEqual([0.25, 0.5, 0.5, 0.5, 0.25]);
});

const KEYS = Array.from({ length: 6 }, (_, i) => drawKey(rng.split(`key ${i}`)));

function draws(key: HostArray, n: number): Float32Array {
  // The result of uniformBits is float32.
  return interpret((k) => uniformBits(k, [n / 8, 8]), [key] as const).data as Float32Array;
}

test('random bits are uniform: chi-square over 64 cells, and over pairs of neighbours', () => {
  for (const key of KEYS) {
    const values = draws(key, 65536);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    const cells = new Float64Array(64);
    const pairs = new Float64Array(64);
    for (let i = 0; i < values.length; i += 1) {
      cells[Math.floor(values[i]! * 64)]! += 1;
      const next = values[(i + 1) % values.length]!;
      pairs[Math.floor(values[i]! * 8) * 8 + Math.floor(next * 8)]! += 1;
    }
    // 63 degrees of freedom: 20 to 130 holds but for 1 in 10⁶.
    for (const counts of [cells, pairs]) {
      const chi = counts.reduce((sum, n) => sum + (n - 1024) ** 2 / 1024, 0);
      expect(chi).toBeGreaterThan(20);
      expect(chi).toBeLessThan(130);
    }
  }
});

test('draws under different keys do not correlate, not even shifted; one bit of the key changes half of the bits', () => {
  const near = hostArray([2], Uint32Array.of(KEYS[0]!.data[0]! ^ 1, KEYS[0]!.data[1]!));
  const nearSecond = hostArray([2], Uint32Array.of(KEYS[0]!.data[0]!, KEYS[0]!.data[1]! ^ 1));
  const shifted = hostArray(
    [2],
    Uint32Array.of((KEYS[0]!.data[0]! + 0x9e3779b9) >>> 0, KEYS[0]!.data[1]! + 5),
  );
  const base = draws(KEYS[0]!, 16384);
  for (const key of [...KEYS.slice(1), near, nearSecond, shifted]) {
    const other = draws(key, 16384);
    for (const lag of [0, 1, 2, 8]) {
      let sum = 0;
      for (let i = 0; i < base.length; i += 1)
        sum += (base[i]! - 0.5) * (other[(i + lag) % base.length]! - 0.5);
      // Standard error of the correlation 1/128.
      expect(Math.abs((sum / base.length) * 12)).toBeLessThan(5 / 128);
    }
    let bits = 0;
    for (let i = 0; i < base.length; i += 1) {
      let differing = (base[i]! * 2 ** 24) ^ (other[i]! * 2 ** 24);
      for (; differing !== 0; differing &= differing - 1) bits += 1;
    }
    expect(bits / base.length).toBeGreaterThan(11.8);
    expect(bits / base.length).toBeLessThan(12.2);
  }
});

test('an element of a draw depends on its row-major place alone', () => {
  const [a, b] = interpret(
    (key) => [uniformBits(key, [24]), uniformBits(key, [2, 3, 4])] as const,
    [KEYS[0]!] as const,
  );
  expect(b.data).toEqual(a.data);
});

test('compiled, draws, split keys and masks are the same bits', async () => {
  const x = randomArray('masked', [3, 2, 6, 8]);
  const f = (key: Traced, v: Traced) => {
    const augment = { frequencyMasks: 2, maxBins: 3, timeMasks: 1, maxFrames: 4, train: true };
    return [
      uniformBits(key, [2, 500]),
      splitKey(key, 7),
      dropout(key, v, { rate: 0.4, train: true }),
      dropPath(key, v, { rate: 0.4, train: true }),
      specAugment(key, v, augment),
    ] as const;
  };
  for (const key of KEYS) {
    const reference = interpret(f, [key, x] as const);
    const compiled = await runCompiled(f, [key, x] as const);
    for (const [i, { dims, data }] of reference.entries()) {
      expect(compiled[i]!.dims).toEqual(dims);
      expect(compiled[i]!.data).toEqual(data);
    }
  }
});

test('split keys differ from one another and from their parent', () => {
  const keys = interpret(
    (key) => [key.add(0), ...Array.from({ length: 50 }, (_, i) => splitKey(key, i))],
    [KEYS[0]!] as const,
  );
  expect(new Set(keys.map(({ data }) => data[0])).size).toBe(51);
  expect(new Set(keys.map(({ data }) => data[1])).size).toBe(51);
});

test('normal draws have the moments of a normal distribution', () => {
  const { data } = interpret((key) => normalBits(key, [20000]), [KEYS[1]!] as const);
  const moment = (power: number): number =>
    [...data].reduce((sum, value) => sum + value ** power, 0) / data.length;
  expect(moment(1)).toBeCloseTo(0, 1);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.04);
  expect(Math.abs(moment(3))).toBeLessThan(0.1);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.3);
});

test('dropout keeps the expectation, drops the asked share, differs by key, and is off outside of training', () => {
  const x = hostArray([100, 100], new Float32Array(10000).fill(2));
  const [a, b, again, off] = interpret(
    (v, first, second) =>
      [
        dropout(first, v, { rate: 0.3, train: true }),
        dropout(second, v, { rate: 0.3, train: true }),
        dropout(first, v, { rate: 0.3, train: true }),
        dropout(first, v, { rate: 0.3, train: false }),
      ] as const,
    [x, KEYS[0]!, KEYS[1]!] as const,
  );
  const mean = (data: ArrayLike<number>): number =>
    [...Array.from(data)].reduce((sum, v) => sum + v, 0) / data.length;
  for (const y of [a, b]) {
    // Standard error 2 · √(0.3 / 0.7) / 100 = 0.013.
    expect(Math.abs(mean(y.data) - 2)).toBeLessThan(0.065);
    const kept = y.data.find((v) => v !== 0);
    expect(kept).toBeCloseTo(2 / 0.7, 5);
  }
  expect(a.data).not.toEqual(b.data);
  expect(again.data).toEqual(a.data);
  expect(off.data).toEqual(x.data);
});

test('drop path drops whole examples, drop channels whole channels', () => {
  const x = hostArray([30, 4, 5], new Float32Array(600).fill(1));
  const [path, channels] = interpret(
    (v, key) =>
      [
        dropPath(key, v, { rate: 0.5, train: true }),
        dropChannels(key, v, { rate: 0.5, train: true }),
      ] as const,
    [x, KEYS[2]!] as const,
  );
  for (const [y, size] of [
    [path, 20],
    [channels, 5],
  ] as const) {
    const seen = new Set<number>();
    for (let start = 0; start < 600; start += size) {
      const part = new Set(y.data.slice(start, start + size));
      expect(part.size).toBe(1);
      seen.add([...part][0]!);
    }
    expect(seen).toEqual(new Set([0, 2]));
  }
});

test('SpecAugment masks whole bands no wider than asked, other ones in each example', () => {
  const x = hostArray([8, 1, 10, 20], new Float32Array(1600).fill(1));
  const options = { frequencyMasks: 1, maxBins: 4, timeMasks: 1, maxFrames: 6, train: true };
  const y = interpret((v, key) => specAugment(key, v, options), [x, KEYS[3]!] as const);
  const shapes = new Set<string>();
  for (let b = 0; b < 8; b += 1) {
    const at = (f: number, t: number): number => y.data[(b * 10 + f) * 20 + t]!;
    const bins = Array.from({ length: 10 }, (_, f) => f).filter((f) =>
      Array.from({ length: 20 }, (_, t) => at(f, t)).every((v) => v === 0),
    );
    const frames = Array.from({ length: 20 }, (_, t) => t).filter((t) =>
      Array.from({ length: 10 }, (_, f) => at(f, t)).every((v) => v === 0),
    );
    for (const [band, widest] of [
      [bins, 4],
      [frames, 6],
    ] as const) {
      expect(band.length).toBeLessThanOrEqual(widest);
      if (band.length > 0) expect(band.at(-1)! - band[0]! + 1).toBe(band.length);
    }
    const kept = [...y.data.slice(b * 200, (b + 1) * 200)].reduce((sum, v) => sum + v, 0);
    expect(kept).toBe((10 - bins.length) * (20 - frames.length));
    shapes.add(`${bins}/${frames}`);
  }
  expect(shapes.size).toBeGreaterThan(4);
});

test.each<[string, Initialiser, number]>([
  ['He, uniform', heUniform(), 2 / 36],
  ['He, normal, fan-out, leaky', heNormal({ fan: 'out', slope: 0.3 }), 2 / (1.09 * 144)],
  ['Glorot, uniform', glorotUniform(), 2 / 180],
  ['Glorot, normal, gain 2', glorotNormal(2), 8 / 180],
  ['normal', normal(0.5), 0.25],
  // Variance of a normal variable cut at two deviations: 1 − 4 φ(2) / (2 Φ(2) − 1).
  ['truncated normal', truncatedNormal(0.5), 0.25 * 0.7737],
])('initialiser %s has its variance', (label, init, variance) => {
  const { data } = init(rng.split(label), [16, 4, 3, 3]);
  const measured = [...data].reduce((sum, v) => sum + v * v, 0) / data.length;
  // 576 draws: standard error of a normal variance 6 %.
  expect(Math.abs(measured / variance - 1)).toBeLessThan(0.25);
});

test('orthogonal weights: rows or columns are orthonormal, for any shape', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (rows, columns) => {
      const { data } = orthogonal(2)(rng.split(`${rows}/${columns}`), [rows, columns]);
      const wide = rows <= columns;
      const [count, length] = wide ? [rows, columns] : [columns, rows];
      const at = (i: number, k: number): number => data[wide ? i * columns + k : k * columns + i]!;
      for (let i = 0; i < count; i += 1) {
        for (let j = 0; j <= i; j += 1) {
          let sum = 0;
          for (let k = 0; k < length; k += 1) sum += at(i, k) * at(j, k);
          expect(sum).toBeCloseTo(i === j ? 4 : 0, 5);
        }
      }
    }),
    { numRuns: 30, seed: 1 },
  );
});

test('parameters follow from seed and label', () => {
  const sizes = { inputs: 4, outputs: 6, kernel: [3, 2], groups: 2 };
  const a = initConv2d(createRng(1), sizes);
  expect(initConv2d(createRng(1), sizes)).toEqual(a);
  expect(initConv2d(createRng(2), sizes)).not.toEqual(a);
  expect(a.weight.dims).toEqual([6, 2, 3, 2]);
  expect(a.bias!.dims).toEqual([6]);
  const bound = 1 / Math.sqrt(2 * 6);
  expect(a.weight.data.every((v) => Math.abs(v) <= bound)).toBe(true);
  const transposed = initConvTranspose1d(createRng(1), { ...sizes, kernel: 3, bias: false });
  expect(transposed.weight.dims).toEqual([4, 3, 3]);
  expect(transposed.bias).toBeUndefined();
  expect(sizeOf(initDense(createRng(1), { inputs: 3, outputs: 2 }).weight.dims)).toBe(6);
});

test('wrong shapes are refused with layer, argument, both shapes and the line', () => {
  const p = initDense(createRng(1), { inputs: 4, outputs: 2 });
  const x = randomArray('wrong', [2, 3]);
  const failure = (run: () => unknown): RingtrueError => {
    try {
      run();
    } catch (error) {
      if (error instanceof RingtrueError) return error;
      throw error;
    }
    throw new Error('nothing was thrown');
  };
  const bad = failure(() => trace((q, v) => dense(q, v), [p, x] as const));
  expect(bad.code).toBe('compiler/trace');
  expect(bad.message).toMatch(
    /layers\.test\.ts:\d+:\d+: dense: x has shape \[2, 3\], expected \[\.\.\., 4\]$/,
  );
  expect(bad.details).toMatchObject({ where: 'dense: x', got: [2, 3], expected: ['...', 4] });
  const short = failure(() =>
    trace((v) => conv1d({ weight: np.ones([1, 2, 5]) }, v), [randomArray('short', [1, 2, 3])]),
  );
  expect(short.message).toContain(
    'conv1d: x with its padding has shape [1, 2, 3], expected [batch, 2, at least 5]',
  );
  expect(failure(() => trace((v) => maxFeatureMap(v), [x])).message).toContain(
    'maxFeatureMap: x has shape [2, 3], expected [2, even]',
  );
  const rate = failure(() =>
    trace((key, v) => dropout(key, v, { rate: 1, train: true }), [KEYS[0]!, x] as const),
  );
  expect(rate.code).toBe('core/invalid-options');
  expect(rate.message).toMatch(
    /layers\.test\.ts:\d+:\d+: dropout: rate 1, expected it in \[0, 1\)$/,
  );
});
