import { expect, test } from 'vitest';
import { expectGradient } from '../../../test/helpers/gradients.ts';
import {
  type CepstrumOptions,
  type Features,
  LFCC_ASVSPOOF2021,
  LFCC_LCNN,
  lfcc,
  logMel,
  mfcc,
} from '../../audio/dsp/cepstrum.ts';
import { powerSpectrogram, stft } from '../../audio/dsp/stft.ts';
import { type HostArray, hostArray, isHostArray } from '../../compiler/arrays.ts';
import { np, valueAndGrad } from '../../compiler/jax.ts';
import { interpret, trace } from '../../compiler/trace.ts';
import { leavesOf } from '../../compiler/tree.ts';
import { createRng } from '../../core/rng.ts';
import {
  graphAttention,
  graphPool,
  initGraphAttention,
  initGraphAttentionState,
  initGraphPool,
  initStackingAttention,
  stackingAttention,
} from './graph-attention.ts';
import { normal } from './init.ts';
import { initSincConv, melSincBank, sincConv, sincFilters } from './sinc-conv.ts';
import {
  deltaLayer,
  lfccLayer,
  logMelLayer,
  mfccLayer,
  powerLayer,
  stftLayer,
} from './spectrum.ts';
import { initCodebook, initCodebookState, quantise, quantiseAveraged } from './vector-quantiser.ts';

const rng = createRng('signal');

function randomArray(label: string, dims: readonly number[]): HostArray {
  return normal(1)(rng.split(label), dims);
}

const WAVE = normal(0.1)(rng.split('wave'), [1, 700]);
const SAMPLES = Float32Array.from(WAVE.data);

/** `[1, rows, frames]` of a layer against row-major `[frames, rows]` of audio/dsp. */
function expectSame(got: HostArray, frames: number, rows: number, data: Float32Array): void {
  expect(got.dims).toEqual([1, rows, frames]);
  const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (let t = 0; t < frames; t += 1) {
    for (let k = 0; k < rows; k += 1) {
      const difference = Math.abs(got.data[k * frames + t]! - data[t * rows + k]!);
      // Sums of hundreds of single-precision terms in another order.
      expect(difference <= 2e-4 * scale, `frame ${t}, row ${k}`).toBe(true);
    }
  }
}

test.each([
  { fftSize: 64, hop: 20, center: true },
  { fftSize: 64, hop: 20, center: false },
])('transform and power equal audio/dsp: %o', (options) => {
  const [{ re, im }, power] = interpret(
    (x) => [stftLayer(x, options), powerLayer(x, options)] as const,
    [WAVE] as const,
  );
  const expected = stft(SAMPLES, options);
  expectSame(re, expected.frames, expected.bins, expected.re);
  expectSame(im, expected.frames, expected.bins, expected.im);
  expectSame(power, expected.frames, expected.bins, powerSpectrogram(SAMPLES, options).power);
});

const SMALL: CepstrumOptions = {
  ...LFCC_LCNN,
  winLength: 40,
  hop: 30,
  fftSize: 64,
  filters: 12,
  coefficients: 6,
};

test.each<[string, CepstrumOptions]>([
  ['the front end of LCNN, smaller', SMALL],
  [
    'no centring, natural logarithm, scaled deltas',
    {
      ...SMALL,
      center: false,
      log: 'ln',
      delta: LFCC_ASVSPOOF2021.delta!,
    },
  ],
  ['Hann window, magnitudes, one delta', { ...SMALL, window: 'hann', power: 1, deltaOrder: 1 }],
])('log-mel, LFCC and MFCC equal audio/dsp: %s', (_, options) => {
  const [linear, mel, energies] = interpret(
    (x) => [lfccLayer(x, options), mfccLayer(x, options), logMelLayer(x, options)] as const,
    [WAVE] as const,
  );
  const pairs: [HostArray, Features][] = [
    [linear, lfcc(SAMPLES, options)],
    [mel, mfcc(SAMPLES, options)],
    [energies, logMel(SAMPLES, options)],
  ];
  for (const [got, { frames, dims, data }] of pairs) expectSame(got, frames, dims, data);
});

test('gradients of cepstra to the waveform; silence has finite ones', async () => {
  const x = hostArray([1, 90], SAMPLES.slice(0, 90));
  await expectGradient(
    { x },
    (w) => np.mean(np.square(lfccLayer(w.x, { ...SMALL, floor: 1e-3 }))),
    {
      step: 3e-3,
    },
  );
  const silence = hostArray([1, 90], new Float32Array(90));
  const slope = interpret(
    (x) => valueAndGrad((v: typeof x) => np.sum(mfccLayer(v, { ...SMALL, power: 1 })))(x)[1],
    [silence] as const,
  );
  expect([...slope.data].every(Number.isFinite)).toBe(true);
});

test('deltas of a line are its slope, edges repeat', () => {
  const line = hostArray([1, 1, 6], Float32Array.of(0, 2, 4, 6, 8, 10));
  const y = interpret((x) => deltaLayer(x, { window: 1, scaled: true }), [line] as const);
  expect([...y.data]).toEqual([1, 2, 2, 2, 2, 1]);
});

/** |H(f)| of taps at a frequency as fraction of the sample rate. */
function gain(taps: ArrayLike<number>, f: number): number {
  let [re, im] = [0, 0];
  for (let n = 0; n < taps.length; n += 1) {
    re += taps[n]! * Math.cos(2 * Math.PI * f * n);
    im -= taps[n]! * Math.sin(2 * Math.PI * f * n);
  }
  return Math.hypot(re, im);
}

test('learned sinc filters are symmetric band-passes between their cut-offs', () => {
  const options = { taps: 129, sampleRate: 16000, leastLowHz: 50, leastBandHz: 50 };
  const p = initSincConv({ filters: 4, sampleRate: 16000, lowHz: 30, highHz: 7800 });
  const { dims, data } = interpret((q) => sincFilters(q, options), [p] as const);
  expect(dims).toEqual([4, 1, 129]);
  for (let i = 0; i < 4; i += 1) {
    const taps = data.slice(i * 129, (i + 1) * 129);
    for (let n = 0; n < 64; n += 1) expect(taps[n]).toBe(taps[128 - n]);
    const low = p.low.data[i]! + 50 / 16000;
    const high = low + p.band.data[i]! + 50 / 16000;
    // The pass band has gain 1 / (2 band): the middle against two main lobes outside.
    const inside = gain(taps, (low + high) / 2) * 2 * (high - low);
    expect(inside).toBeGreaterThan(0.6);
    expect(inside).toBeLessThan(1.1);
    const outside = high + 4 / 129 < 0.5 ? high + 4 / 129 : low - 4 / 129;
    expect(gain(taps, outside) * 2 * (high - low)).toBeLessThan(0.01);
  }
});

test('gradients of sinc filters to their cut-offs', async () => {
  const p = initSincConv({ filters: 3, sampleRate: 1000, lowHz: 40, highHz: 300 });
  const x = hostArray([1, 40], SAMPLES.slice(0, 40));
  await expectGradient(
    { p, x },
    (w) => np.sum(np.square(sincConv(w.p, w.x, { taps: 9, sampleRate: 1000, stride: 2 }))),
    { step: 1e-3 },
  );
});

test('the fixed bank is made of neighbouring band-passes with gain 1', () => {
  const bank = melSincBank({ filters: 8, taps: 513, sampleRate: 16000 });
  expect(bank.dims).toEqual([8, 1, 513]);
  const edges = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(
    (i) => (700 * (10 ** ((i * Math.log10(1 + 8000 / 700)) / 8) - 1)) / 16000,
  );
  for (let i = 3; i < 8; i += 1) {
    const taps = bank.data.slice(i * 513, (i + 1) * 513);
    expect(gain(taps, (edges[i]! + edges[i + 1]!) / 2)).toBeCloseTo(1, 1);
    expect(gain(taps, edges[i]! - 0.01)).toBeLessThan(0.01);
    // Half of the amplitude at an edge.
    expect(gain(taps, edges[i]!)).toBeCloseTo(0.5, 1);
  }
});

test('quantisation picks the nearest code; gradients pass straight through; losses are squared distances', () => {
  const p = initCodebook(rng.split('codes'), { codes: 5, channels: 3 });
  const x = randomArray('vectors', [2, 4, 3]);
  const [result, slope, codeSlope] = interpret(
    (q, v) => {
      const [, gradient] = valueAndGrad((a: { v: typeof v; q: typeof q }) => {
        const { y, commitment, codebook } = quantise(a.q, a.v);
        return np.sum(y.mul(y)).add(commitment.mul(0)).add(codebook.mul(0));
      })({ v, q });
      return [quantise(q, v), gradient.v, gradient.q.codes] as const;
    },
    [p, x] as const,
  );
  let squares = 0;
  for (let i = 0; i < 8; i += 1) {
    const distances = Array.from({ length: 5 }, (_, code) =>
      [0, 1, 2]
        .map((d) => (x.data[i * 3 + d]! - p.codes.data[code * 3 + d]!) ** 2)
        .reduce((a, b) => a + b),
    );
    const best = distances.indexOf(Math.min(...distances));
    squares += distances[best]!;
    expect(result.indices.data[i]).toBe(best);
    for (let d = 0; d < 3; d += 1) {
      expect(result.y.data[i * 3 + d]).toBeCloseTo(p.codes.data[best * 3 + d]!, 5);
      expect(slope.data[i * 3 + d]).toBeCloseTo(2 * p.codes.data[best * 3 + d]!, 5);
    }
  }
  expect(result.indices.dims).toEqual([2, 4]);
  expect(result.commitment.data[0]).toBeCloseTo(squares / 24, 5);
  expect(result.codebook.data[0]).toBeCloseTo(squares / 24, 5);
  expect([...codeSlope.data].every((value) => value === 0)).toBe(true);
});

test('gradients of the commitment move vectors to codes, those of the codebook loss codes to vectors', async () => {
  const p = initCodebook(rng.split('codes'), { codes: 3, channels: 2 });
  const x = randomArray('vq', [4, 2]);
  await expectGradient({ x }, (w) => quantise({ codes: np.array([[0, 0]]) }, w.x).commitment);
  await expectGradient(
    { p },
    (w) => quantise(w.p, np.array(Float32Array.from(x.data)).reshape([4, 2])).codebook,
  );
});

test('averaged codebooks move to the means of their vectors and stay outside of training', () => {
  const state = initCodebookState(rng.split('state'), { codes: 2, channels: 1 });
  const start = {
    codes: hostArray([2, 1], Float32Array.of(-1, 1)),
    counts: state.counts,
    sums: hostArray([2, 1], Float32Array.of(-1, 1)),
  };
  const x = hostArray([4, 1], Float32Array.of(-3, -5, 2, 3));
  const [[trained, next], [, kept]] = interpret(
    (s, v) =>
      [
        quantiseAveraged(s, v, { train: true, decay: 0.5 }),
        quantiseAveraged(s, v, { train: false }),
      ] as const,
    [start, x] as const,
  );
  expect([...trained.indices.data]).toEqual([0, 0, 1, 1]);
  // Counts (1 + 2) / 2, sums (−1 − 8) / 2 and (1 + 5) / 2.
  expect([...next.counts.data]).toEqual([1.5, 1.5]);
  expect([...next.sums.data]).toEqual([-4.5, 3]);
  expect(next.codes.data[0]).toBeCloseTo(-3, 3);
  expect(next.codes.data[1]).toBeCloseTo(2, 3);
  expect(trained.perplexity.data[0]).toBeCloseTo(2, 4);
  expect(kept.codes.data).toEqual(start.codes.data);
});

const GRAPH = { inputs: 3, outputs: 2 };

test('graph attention and pooling follow a permutation of the nodes', () => {
  const p = {
    attention: initGraphAttention(rng.split('gat'), GRAPH),
    pool: initGraphPool(rng.split('gpool'), { channels: 3 }),
  };
  const state = initGraphAttentionState(2);
  const x = randomArray('nodes', [2, 4, 3]);
  const [[a], [b], pooled, flipped] = interpret(
    (q, s, v) =>
      [
        graphAttention(q.attention, s, v, { train: true }),
        graphAttention(q.attention, s, np.flip(v, 1), { train: true }),
        graphPool(q.pool, v, { ratio: 0.6 }),
        graphPool(q.pool, np.flip(v, 1), { ratio: 0.6 }),
      ] as const,
    [p, state, x] as const,
  );
  for (let node = 0; node < 4; node += 1) {
    for (let d = 0; d < 2; d += 1)
      expect(b.data[(3 - node) * 2 + d]).toBeCloseTo(a.data[node * 2 + d]!, 4);
  }
  expect(pooled.dims).toEqual([2, 2, 3]);
  for (const [i, value] of [...pooled.data].entries())
    expect(flipped.data[i]).toBeCloseTo(value, 5);
  const { weight, bias } = p.pool.score;
  for (let batch = 0; batch < 2; batch += 1) {
    const scored = [0, 1, 2, 3].map((node) => {
      const row = [0, 1, 2].map((d) => x.data[(batch * 4 + node) * 3 + d]!);
      const logit = row.reduce((sum, v, d) => sum + v * weight.data[d]!, bias!.data[0]!);
      return { row, score: 1 / (1 + Math.exp(-logit)) };
    });
    scored.sort((m, n) => n.score - m.score);
    for (let k = 0; k < 2; k += 1) {
      for (let d = 0; d < 3; d += 1)
        expect(pooled.data[(batch * 2 + k) * 3 + d]).toBeCloseTo(
          scored[k]!.row[d]! * scored[k]!.score,
          5,
        );
    }
  }
});

test('graph pooling keeps at least one node, the earlier of equals first', () => {
  const p = initGraphPool(rng.split('ties'), { channels: 1 });
  const x = hostArray([1, 3, 1], Float32Array.of(2, 2, 2));
  const [one, all] = interpret(
    (q, v) => [graphPool(q, v, { ratio: 0.1 }), graphPool(q, v, { ratio: 1 })] as const,
    [p, x] as const,
  );
  expect(one.dims).toEqual([1, 1, 1]);
  expect(all.dims).toEqual([1, 3, 1]);
  expect([...all.data]).toEqual([one.data[0], one.data[0], one.data[0]]);
});

test('one kind of nodes, weighted alike, makes stacking attention plain graph attention', () => {
  const p = initStackingAttention(rng.split('stack'), GRAPH);
  const row = [...p.attentionWeight.data].slice(0, 2);
  const alike = hostArray([3, 2], Float32Array.from([...row, ...row, ...row]));
  const x = randomArray('stacked', [2, 5, 3]);
  const state = initGraphAttentionState(2);
  const [[stacked], [plain], projected] = interpret(
    (q, weight, s, v) => {
      const same = { ...q, second: q.first, attentionWeight: weight };
      const nodes = np.matmul(v, np.transpose(q.first.weight)).add(q.first.bias!);
      const options = { train: true, temperature: 2 };
      return [
        stackingAttention(same, s, v.slice([], [0, 2]), v.slice([], [2, 5]), options),
        graphAttention({ ...q, attentionWeight: weight.slice([0, 1]) }, s, nodes, options),
        nodes,
      ] as const;
    },
    [p, alike, state, x] as const,
  );
  expect(projected.dims).toEqual([2, 5, 3]);
  expect(stacked.master.dims).toEqual([2, 1, 2]);
  for (let batch = 0; batch < 2; batch += 1) {
    const joined = [
      ...stacked.first.data.slice(batch * 4, batch * 4 + 4),
      ...stacked.second.data.slice(batch * 6, batch * 6 + 6),
    ];
    for (const [i, value] of joined.entries())
      expect(plain.data[batch * 10 + i]).toBeCloseTo(value, 4);
  }
});

test('each pair of kinds has its own weights: those within the second kind do not touch the first', () => {
  const p = initStackingAttention(rng.split('kinds'), GRAPH);
  const other = hostArray([3, 2], Float32Array.from(p.attentionWeight.data));
  other.data[2] = 9;
  const [x, y] = [randomArray('kind 1', [1, 2, 3]), randomArray('kind 2', [1, 3, 3])];
  const [[a], [b]] = interpret(
    (q, weight, s, v, w) =>
      [
        stackingAttention(q, s, v, w, { train: false }),
        stackingAttention({ ...q, attentionWeight: weight }, s, v, w, { train: false }),
      ] as const,
    [p, other, initGraphAttentionState(2), x, y] as const,
  );
  expect(b.first.data).toEqual(a.first.data);
  expect(b.master.data).toEqual(a.master.data);
  expect(b.second.data).not.toEqual(a.second.data);
});

test('gradients of graph layers', async () => {
  const p = {
    attention: initGraphAttention(rng.split('ggat'), GRAPH),
    stacking: initStackingAttention(rng.split('gstack'), GRAPH),
    pool: initGraphPool(rng.split('ggpool'), { channels: 2 }),
    master: randomArray('gmaster', [1, 1, 3]),
    x: randomArray('gnodes', [1, 3, 3]),
    y: randomArray('gothers', [1, 2, 3]),
  };
  const state = {
    mean: hostArray([2], Float32Array.of(0.1, -0.2)),
    variance: hostArray([2], Float32Array.of(1, 2)),
  };
  await expectGradient(p, (w) => {
    const options = { train: false, temperature: 2 };
    const fixed = {
      mean: np.array(Float32Array.from(state.mean.data)),
      variance: np.array(Float32Array.from(state.variance.data)),
    };
    const [nodes] = graphAttention(w.attention, fixed, w.x, options);
    const [both] = stackingAttention(w.stacking, fixed, w.x, w.y, { ...options, master: w.master });
    return np
      .sum(np.square(graphPool(w.pool, nodes, { ratio: 0.7 })))
      .add(np.sum(np.square(both.first)))
      .add(np.sum(np.square(both.second)))
      .add(np.sum(np.square(both.master)));
  });
});

/** Number of elements of all arrays of a tree. */
function sizeOfTree(tree: unknown): number {
  return leavesOf(tree, isHostArray).reduce((sum, { value }) => sum + value.data.length, 0);
}

test('graph layers have as many parameters as AASIST is published with', () => {
  const graph = {
    nodes: [64, 64].map((outputs) => initGraphAttention(rng, { inputs: 64, outputs })),
    pools: [64, 64, 32, 32, 32, 32].map((channels) => initGraphPool(rng, { channels })),
    stacks: [64, 64, 32, 32].map((inputs) => initStackingAttention(rng, { inputs, outputs: 32 })),
  };
  // Encoder, position of 23 nodes, two master nodes, read-out of 160 to 2, normalisation of one channel.
  const rest = 211072 + 23 * 64 + 2 * 64 + 2 * 161 + 2;
  expect(sizeOfTree(graph) + rest).toBe(297866);
});

test('wrong shapes and settings name the layer', () => {
  const x = randomArray('bad', [2, 3, 5]);
  expect(() =>
    trace((q, s, v) => graphAttention(q, s, v, { train: true })[0], [
      initGraphAttention(rng, GRAPH),
      initGraphAttentionState(2),
      x,
    ] as const),
  ).toThrowError(
    /signal\.test\.ts:\d+:\d+: graphAttention: x has shape \[2, 3, 5\], expected \[batch, nodes, 3\]/,
  );
  expect(() =>
    trace((q, v) => quantise(q, v).y, [initCodebook(rng, { codes: 2, channels: 4 }), x] as const),
  ).toThrowError('quantise: x has shape [2, 3, 5], expected [..., 4]');
  expect(() => trace((v) => stftLayer(v, { fftSize: 64, hop: 4 }).re, [x])).toThrowError(
    'stftLayer: x has shape [2, 3, 5], expected [batch, samples]',
  );
  expect(() =>
    trace(
      (v) => stftLayer(v, { fftSize: 64, hop: 4, center: false }).re,
      [randomArray('s', [1, 30])],
    ),
  ).toThrowError('stftLayer: 30 samples for a transform of 64');
});
