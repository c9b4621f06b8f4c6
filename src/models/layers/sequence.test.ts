import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectGradient } from '../../../test/helpers/gradients.ts';
import { type HostArray, hostArray } from '../../compiler/arrays.ts';
import { lax, np, type Traced } from '../../compiler/jax.ts';
import { interpret, trace } from '../../compiler/trace.ts';
import { createRng } from '../../core/rng.ts';
import { attention, initAttention, lengthMask } from './attention.ts';
import { embedding, initEmbedding } from './embedding.ts';
import { normal } from './init.ts';
import { drawKey } from './random.ts';
import { gru, initGru, initLstm, lstm } from './recurrent.ts';
import {
  bucketBias,
  clippedPosition,
  disentangledPosition,
  disentangledScale,
  initBucketBias,
  initClippedPosition,
  initDisentangled,
  initSinusoidPosition,
  relativeBucket,
  relativeShift,
  sinusoidPosition,
} from './relative-position.ts';
import { initSqueezeExcite, squeezeExcite } from './squeeze-excite.ts';
import { initStatisticsPool, statisticsPool } from './statistics-pool.ts';
import { encoder, initEncoder } from './transformer.ts';

const rng = createRng('sequence');

function randomArray(label: string, dims: readonly number[]): HostArray {
  return normal(1)(rng.split(label), dims);
}

/** Elements of an array by their indices. */
function at({ dims, data }: HostArray, ...index: number[]): number {
  return data[index.reduce((offset, i, axis) => offset * dims[axis]! + i, 0)]!;
}

test('masked keys have no influence, nor do later keys on causal attention', () => {
  const p = initAttention(rng.split('attention'), { channels: 4 });
  const x = randomArray('x', [1, 3, 4]);
  const changed = hostArray(
    [1, 3, 4],
    Float32Array.from(x.data, (value, i) => (i >= 8 ? value + 5 : value)),
  );
  const lengths = hostArray([1], Int32Array.of(2));
  const run = (a: HostArray) =>
    interpret(
      (q, v, n) =>
        [
          attention(q, v, { heads: 2, mask: lengthMask(n, 3) }),
          attention(q, v, { heads: 2, causal: true }),
          attention(q, v, { heads: 2 }),
        ] as const,
      [p, a, lengths] as const,
    );
  const [masked, causal, open] = run(x);
  const [maskedChanged, causalChanged, openChanged] = run(changed);
  for (const [a, b] of [
    [masked, maskedChanged],
    [causal, causalChanged],
  ] as const) {
    expect(b.data.slice(0, 8)).toEqual(a.data.slice(0, 8));
    expect(b.data.slice(8)).not.toEqual(a.data.slice(8));
  }
  expect(openChanged.data.slice(0, 8)).not.toEqual(open.data.slice(0, 8));
});

test('a query without any key gets the mean of the values, not NaN', () => {
  const p = initAttention(rng.split('none'), { channels: 2 });
  const x = randomArray('x', [1, 3, 2]);
  const [none, mean] = interpret(
    (q, a) => {
      const nobody = np.zeros([3, 3]).greater(0);
      const flat = np.zeros([3, 3]);
      return [
        attention(q, a, { heads: 1, mask: nobody }),
        attention(q, a, { heads: 1, scale: 0, bias: flat }),
      ] as const;
    },
    [p, x] as const,
  );
  for (const [i, value] of [...mean.data].entries()) expect(none.data[i]).toBeCloseTo(value, 5);
});

test('the relative shift puts offset j − i of row i at column j, for any sizes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (queries, keys) => {
      const width = queries + keys - 1;
      const x = hostArray(
        [2, queries, width],
        Float32Array.from({ length: 2 * queries * width }, (_, i) => i),
      );
      const y = interpret((a) => relativeShift(a), [x] as const);
      expect(y.dims).toEqual([2, queries, keys]);
      for (let i = 0; i < queries; i += 1) {
        for (let j = 0; j < keys; j += 1)
          expect(at(y, 1, i, j)).toBe(at(x, 1, i, j - i + queries - 1));
      }
    }),
    { numRuns: 12, seed: 1 },
  );
});

test('buckets: exact for near keys, wider farther away, sides apart, one for all beyond the reach', () => {
  const of = (offset: number) => relativeBucket(offset, 32);
  expect([0, -1, -7, -8, -127, -128, -1000].map(of)).toEqual([0, 1, 7, 8, 15, 15, 15]);
  expect([1, 7, 8, 1000].map(of)).toEqual([17, 23, 24, 31]);
  const causal = (offset: number) => relativeBucket(offset, 32, { bidirectional: false });
  expect([5, 0, -1, -15, -16, -500].map(causal)).toEqual([0, 0, 1, 15, 16, 31]);
  for (let distance = 1; distance < 300; distance += 1)
    expect(of(-distance)).toBeGreaterThanOrEqual(of(1 - distance));
});

test.each([
  [4, 3, 2],
  [1, 5, 1],
  [5, 1, 3],
  [2, 2, 7],
])(
  '%i queries and %i keys, reach %i: bucket biases, clipped, sinusoid and disentangled positions equal their definitions',
  (queries, keys, reach) => {
    const [heads, depth, channels] = [2, 3, 6];
    const p = {
      buckets: initBucketBias(rng.split('b'), { buckets: 8, heads }),
      clipped: initClippedPosition(rng.split('c'), { reach, depth }),
      sinusoid: {
        ...initSinusoidPosition(rng.split('s'), { channels, heads }),
        contentBias: randomArray('u', [heads, depth]),
        positionBias: randomArray('v', [heads, depth]),
      },
      disentangled: initDisentangled(rng.split('d'), { channels }),
      table: randomArray('table', [2 * reach, channels]),
    };
    const q = randomArray('q', [1, heads, queries, depth]);
    const k = randomArray('k', [1, heads, keys, depth]);
    const [bias, clipped, sinusoid, disentangled, keyRows, queryRows] = interpret(
      (w, a, b) =>
        [
          bucketBias(w.buckets, { queries, keys, maxDistance: 4 }),
          clippedPosition(w.clipped, a, b),
          sinusoidPosition(w.sinusoid, a, b),
          disentangledPosition(w.disentangled, w.table, a, b),
          w.table.add(0),
          np
            .matmul(w.table, np.transpose(w.disentangled.query.weight))
            .add(w.disentangled.query.bias!),
        ] as const,
      [p, q, k] as const,
    );
    expect(bias.dims).toEqual([heads, queries, keys]);
    for (const { dims } of [clipped, sinusoid, disentangled])
      expect(dims).toEqual([1, heads, queries, keys]);
    const projected = (weight: HostArray, row: (c: number) => number, out: number): number =>
      Array.from({ length: channels }, (_, c) => at(weight, out, c) * row(c)).reduce(
        (a, b) => a + b,
      );
    const dot = (f: (d: number) => number): number =>
      Array.from({ length: depth }, (_, d) => f(d)).reduce((a, b) => a + b);
    for (let h = 0; h < heads; h += 1) {
      for (let i = 0; i < queries; i += 1) {
        for (let j = 0; j < keys; j += 1) {
          const bucket = relativeBucket(j - i, 8, { maxDistance: 4 });
          expect(at(bias, h, i, j)).toBe(at(p.buckets.weight, bucket, h));
          const row = Math.min(reach, Math.max(-reach, j - i)) + reach;
          expect(at(clipped, 0, h, i, j)).toBeCloseTo(
            dot((d) => at(q, 0, h, i, d) * at(p.clipped.weight, row, d)),
            4,
          );
          const wave = (c: number): number => {
            const angle = (i - j) / 10000 ** ((c % 3) / 3);
            return c < 3 ? Math.sin(angle) : Math.cos(angle);
          };
          const { projection, contentBias, positionBias } = p.sinusoid;
          const expected = dot((d) => {
            const r = projected(projection.weight, wave, h * depth + d);
            return (
              at(contentBias, h, d) * at(k, 0, h, j, d) +
              (at(q, 0, h, i, d) + at(positionBias, h, d)) * r
            );
          });
          expect(at(sinusoid, 0, h, i, j)).toBeCloseTo(expected, 4);
          const delta = (a: number, b: number): number =>
            Math.min(2 * reach - 1, Math.max(0, a - b + reach));
          const terms = dot((d) => {
            const out = h * depth + d;
            const key = projected(
              p.disentangled.key.weight,
              (c) => at(keyRows, delta(i, j), c),
              out,
            );
            return at(q, 0, h, i, d) * key + at(k, 0, h, j, d) * at(queryRows, delta(j, i), out);
          });
          expect(at(disentangled, 0, h, i, j)).toBeCloseTo(terms, 4);
        }
      }
    }
  },
);

test('gradients through all positions in attention', async () => {
  const channels = 4;
  const p = {
    attention: initAttention(rng.split('ga'), { channels }),
    buckets: initBucketBias(rng.split('gb'), { buckets: 6, heads: 2 }),
    clipped: initClippedPosition(rng.split('gc'), { reach: 1, depth: 2 }),
    sinusoid: initSinusoidPosition(rng.split('gs'), { channels, heads: 2 }),
    disentangled: initDisentangled(rng.split('gd'), { channels }),
    table: randomArray('gt', [4, channels]),
    x: randomArray('gx', [1, 3, channels]),
  };
  await expectGradient(p, (w) => {
    const y = attention(w.attention, w.x, {
      heads: 2,
      bias: bucketBias(w.buckets, { queries: 3, keys: 3, maxDistance: 3 }),
      scale: disentangledScale(2),
      position: (q, k) =>
        clippedPosition(w.clipped, q, k)
          .add(sinusoidPosition(w.sinusoid, q, k))
          .add(disentangledPosition(w.disentangled, w.table, q, k)),
    });
    return np.sum(y.mul(y));
  });
});

test('a recurrent net reads backwards in its second direction', () => {
  for (const [init, run] of [
    [initGru, gru],
    [initLstm, lstm],
  ] as const) {
    const p = init(rng.split('two'), { inputs: 2, hidden: 3, bidirectional: true });
    const swapped = [[p[0]![1]!, p[0]![0]!]];
    const x = randomArray('time', [1, 4, 2]);
    const [forward, backward] = interpret(
      (a, b, v) => [run(a, v).y, run(b, np.flip(v, 1)).y] as const,
      [p, swapped, x] as const,
    );
    for (let t = 0; t < 4; t += 1) {
      for (let d = 0; d < 3; d += 1)
        expect(at(backward, 0, 3 - t, 3 + d)).toBeCloseTo(at(forward, 0, t, d), 5);
    }
  }
});

test('initial parameters have the documented shapes', () => {
  const p = initLstm(rng, { inputs: 5, hidden: 3, layers: 2, bidirectional: true });
  expect(p.map((layer) => layer.map((cell) => cell.weightIh.dims))).toEqual([
    [
      [12, 5],
      [12, 5],
    ],
    [
      [12, 6],
      [12, 6],
    ],
  ]);
  expect(initEmbedding(rng, { codes: 3, channels: 2 }).weight.dims).toEqual([3, 2]);
});

test('an encoder block passes masks and positions on: what is causal does not see what comes', () => {
  const p = initEncoder(rng.split('causal'), { channels: 4, inner: 6 });
  const x = randomArray('causal x', [1, 4, 4]);
  const [pre, post] = interpret(
    (q, v) =>
      (['pre', 'post'] as const).map(
        (order) =>
          [
            encoder(q, v, { heads: 2, order, causal: true }),
            encoder(q, v.slice([], [0, 3]), { heads: 2, order, causal: true }),
          ] as const,
      ),
    [p, x] as const,
  );
  for (const [long, short] of [pre!, post!]) {
    for (const [i, value] of [...short.data].entries()) expect(long.data[i]).toBeCloseTo(value, 5);
  }
});

test('dropout in an encoder block needs its key and differs by it; no two places share a mask', () => {
  const p = initEncoder(rng.split('encoder'), { channels: 4, inner: 8 });
  const x = randomArray('encoder x', [2, 3, 4]);
  const keys = [drawKey(rng.split('k1')), drawKey(rng.split('k2'))] as const;
  const [a, b, again, plain] = interpret(
    (q, v, [first, second]) => {
      const run = (key: Traced, train: boolean) =>
        encoder(q, v, { heads: 2, dropout: { key, rate: 0.5, train } });
      return [run(first, true), run(second, true), run(first, true), run(first, false)] as const;
    },
    [p, x, keys] as const,
  );
  expect(again.data).toEqual(a.data);
  expect(b.data).not.toEqual(a.data);
  expect(plain.data).not.toEqual(a.data);
});

test('statistics pooling with even weights is mean and deviation; masked frames do not count', () => {
  const fresh = initStatisticsPool(rng.split('pool'), { channels: 3, inner: 4 });
  const even = {
    ...fresh,
    score: {
      weight: hostArray([3, 4], new Float32Array(12)),
      bias: hostArray([3], new Float32Array(3)),
    },
  };
  const x = randomArray('frames', [2, 5, 3]);
  const counted = hostArray([2, 5], Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0));
  const [y, masked, short] = interpret(
    (p, q, v, m) =>
      [
        statisticsPool(p, v),
        statisticsPool(q, v, { mask: m }),
        statisticsPool(q, v.slice([1, 2], [0, 3], [])),
      ] as const,
    [even, fresh, x, counted] as const,
  );
  for (let c = 0; c < 3; c += 1) {
    const values = Array.from({ length: 5 }, (_, t) => at(x, 0, t, c));
    const mean = values.reduce((a, b) => a + b) / 5;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5;
    expect(at(y, 0, c)).toBeCloseTo(mean, 5);
    expect(at(y, 0, 3 + c)).toBeCloseTo(Math.sqrt(variance), 5);
  }
  for (let c = 0; c < 6; c += 1) expect(at(masked, 1, c)).toBeCloseTo(at(short, 0, c), 5);
});

test('gradients of statistics pooling and squeeze-excite', async () => {
  const p = {
    perChannel: initStatisticsPool(rng.split('gp'), { channels: 2, inner: 3 }),
    shared: initStatisticsPool(rng.split('gq'), {
      channels: 2,
      inner: 3,
      perChannel: false,
      context: false,
    }),
    gate: initSqueezeExcite(rng.split('gate'), { channels: 2, inner: 2 }),
    x: randomArray('gframes', [2, 4, 2]),
  };
  await expectGradient(p, (w) => {
    const pooled = statisticsPool(w.perChannel, w.x).add(statisticsPool(w.shared, w.x));
    const gated = squeezeExcite(w.gate, np.transpose(w.x, [0, 2, 1]));
    return np.sum(np.square(pooled)).add(np.sum(np.square(gated)));
  });
});

test('squeeze-excite multiplies whole channels by a gate between 0 and 1', () => {
  const p = initSqueezeExcite(rng.split('se'), { channels: 3, inner: 2 });
  const x = randomArray('se x', [2, 3, 2, 2]);
  const y = interpret((q, v) => squeezeExcite(q, v), [p, x] as const);
  for (let channel = 0; channel < 6; channel += 1) {
    const gates = Array.from(
      { length: 4 },
      (_, i) => y.data[channel * 4 + i]! / x.data[channel * 4 + i]!,
    );
    expect(gates[0]! > 0 && gates[0]! < 1).toBe(true);
    for (const gate of gates) expect(gate).toBeCloseTo(gates[0]!, 4);
  }
});

test('wrong shapes and settings name the layer', () => {
  const p = initAttention(rng, { channels: 4 });
  const x = randomArray('bad', [2, 3, 5]);
  expect(() => trace((q, v) => attention(q, v, { heads: 2 }), [p, x] as const)).toThrowError(
    /sequence\.test\.ts:\d+:\d+: attention: queries has shape \[2, 3, 5\], expected \[batch, queries, 4\]/,
  );
  expect(() => trace((q, v) => attention(q, v, { heads: 3 }), [p, x] as const)).toThrowError(
    'attention: 3 heads do not divide 4 channels',
  );
  expect(() =>
    trace((q, v) => gru(q, v).y, [initGru(rng, { inputs: 4, hidden: 2 }), x] as const),
  ).toThrowError('gru: x has shape [2, 3, 5], expected [batch, time, 4]');
  expect(() =>
    trace((q, v) => lstm(q, v).y, [initGru(rng, { inputs: 5, hidden: 2 }), x] as const),
  ).toThrowError('lstm: weightHh has shape [6, 2], expected [8, 2]');
  expect(() =>
    trace((q, v) => embedding(q, v), [initEmbedding(rng, { codes: 2, channels: 2 }), x] as const),
  ).toThrowError('embedding: ids are float32, expected int32');
  expect(() =>
    trace((v) => lax.stopGradient(relativeShift(v)), [randomArray('n', [5, 3])]),
  ).toThrowError('relativeShift: x has shape [5, 3]');
});
