import { expect, test } from 'vitest';
import { expectGradient } from '../../../test/helpers/gradients.ts';
import { expectTorch } from '../../../test/helpers/torch-vectors.ts';
import { type HostArray, hostArray } from '../../compiler/arrays.ts';
import { np, type Traced, valueAndGrad } from '../../compiler/jax.ts';
import { interpret, trace } from '../../compiler/trace.ts';
import { createRng } from '../../core/rng.ts';
import { normal } from '../../models/layers/init.ts';
import {
  infoNce,
  minedTripletLoss,
  ntXent,
  supervisedContrastive,
  tripletLoss,
} from './contrastive.ts';
import { binaryCrossEntropy, crossEntropy, focalLoss } from './cross-entropy.ts';
import { ctcLoss } from './ctc.ts';
import { categoricalKl, gaussianKl, hsic } from './divergence.ts';
import { aamSoftmax, amSoftmax, initMargin, oneClassSoftmax } from './margin.ts';
import { multiResolutionStft } from './multi-resolution-stft.ts';
import { huber, meanAbsoluteError, meanSquaredError, smoothL1 } from './regression.ts';

const rng = createRng('losses');

function randomArray(label: string, dims: readonly number[]): HostArray {
  return normal(1)(rng.split(label), dims);
}

type Inputs = Record<string, Traced>;

const CLASS_WEIGHTS = [0.15, 0.85, 2];

test.each<[string, (i: Inputs) => Traced]>([
  ['cross-entropy', (i) => crossEntropy(i.logits!, i.labels!)],
  [
    'cross-entropy-weighted',
    (i) => crossEntropy(i.logits!, i.labels!, { classWeights: CLASS_WEIGHTS }),
  ],
  [
    'cross-entropy-smoothed',
    (i) => crossEntropy(i.logits!, i.labels!, { classWeights: CLASS_WEIGHTS, labelSmoothing: 0.1 }),
  ],
  ['focal', (i) => focalLoss(i.logits!, i.labels!, { gamma: 1.5, classWeights: CLASS_WEIGHTS })],
  ['binary-cross-entropy', (i) => binaryCrossEntropy(i.logits!, i.targets!)],
  [
    'binary-cross-entropy-weighted',
    (i) => binaryCrossEntropy(i.logits!, i.targets!, { positiveWeight: 2.5 }),
  ],
  ['oc-softmax', (i) => oneClassSoftmax({ weight: i.weight! }, i.x!, i.labels!)],
  ['am-softmax', (i) => amSoftmax({ weight: i.weight! }, i.x!, i.labels!, { scale: 12 })],
  ['aam-softmax', (i) => aamSoftmax({ weight: i.weight! }, i.x!, i.labels!, { scale: 12 })],
  [
    'aam-softmax-easy',
    (i) => aamSoftmax({ weight: i.weight! }, i.x!, i.labels!, { scale: 12, easy: true }),
  ],
  ['supervised-contrastive', (i) => supervisedContrastive(i.x!, i.labels!, { temperature: 0.2 })],
  ['nt-xent', (i) => ntXent(i.a!, i.b!)],
  ['info-nce', (i) => infoNce(i.a!, i.b!)],
  [
    'triplet',
    (i) =>
      tripletLoss(
        { anchor: i.anchor!, positive: i.positive!, negative: i.negative! },
        { margin: 1.5 },
      ),
  ],
  ['mean-squared-error', (i) => meanSquaredError(i.x!, i.target!)],
  ['mean-absolute-error', (i) => meanAbsoluteError(i.x!, i.target!)],
  ['smooth-l1', (i) => smoothL1(i.x!, i.target!, { beta: 0.5 })],
  ['huber', (i) => huber(i.x!, i.target!, { delta: 1.5 })],
  ['categorical-kl', (i) => categoricalKl(i.p!, i.q!)],
  ['gaussian-kl', (i) => gaussianKl({ mean: i.mean!, logVariance: i.logVariance! })],
  [
    'gaussian-kl-between',
    (i) =>
      gaussianKl(
        { mean: i.mean!, logVariance: i.logVariance! },
        { mean: i.otherMean!, logVariance: i.otherLogVariance! },
      ),
  ],
  [
    'multi-resolution-stft',
    (i) =>
      multiResolutionStft(i.x!, i.target!, {
        resolutions: [
          { fftSize: 16, hop: 4, winLength: 16 },
          { fftSize: 32, hop: 10, winLength: 24 },
        ],
      }),
  ],
  [
    'ctc',
    (i) =>
      ctcLoss({
        logits: i.logits!,
        labels: i.labels!,
        lengths: i.lengths!,
        labelLengths: i.labelLengths!,
      }),
  ],
])('%s has PyTorch’s value and gradient', async (name, f) => {
  await expectTorch(name, f);
});

test('CTC is the sum over all paths, by enumeration', () => {
  const [time, classes] = [4, 3];
  const logits = randomArray('ctc', [1, time, classes]);
  for (const labels of [[1], [1, 2], [2, 2], [1, 2, 1]]) {
    const loss = interpret((x, y) => ctcLoss({ logits: x, labels: y }), [
      logits,
      hostArray([1, labels.length], Int32Array.from(labels)),
    ] as const);
    let total = 0;
    for (let path = 0; path < classes ** time; path += 1) {
      const symbols = Array.from(
        { length: time },
        (_, t) => Math.floor(path / classes ** t) % classes,
      );
      const collapsed = symbols.filter((s, t) => s !== 0 && s !== symbols[t - 1]);
      if (collapsed.join() !== labels.join()) continue;
      total += symbols
        .map((s, t) => {
          const row = [...logits.data.slice(t * classes, (t + 1) * classes)];
          return Math.exp(row[s]!) / row.reduce((sum, v) => sum + Math.exp(v), 0);
        })
        .reduce((a, b) => a * b);
    }
    expect(loss.data[0]).toBeCloseTo(-Math.log(total) / labels.length, 4);
  }
});

test('losses stay finite, with finite gradients, at extreme logits and embeddings of length 0', () => {
  const labels = hostArray([2], Int32Array.of(0, 1));
  const logits = hostArray([2, 2], Float32Array.of(300, -300, 300, -300));
  const zeros = hostArray([2, 3], new Float32Array(6));
  const p = initMargin(rng.split('finite'), { classes: 2, channels: 3 });
  const [a, b, c, d, e, f] = interpret(
    (x, z, y, q) => [
      valueAndGrad((v: Traced) => crossEntropy(v, y))(x),
      valueAndGrad((v: Traced) => focalLoss(v, y))(x),
      valueAndGrad((v: Traced) => binaryCrossEntropy(v, v.mul(0)))(x),
      valueAndGrad((v: Traced) => aamSoftmax(q, v, y))(z),
      valueAndGrad((v: Traced) => supervisedContrastive(v, y))(z),
      valueAndGrad((v: Traced) => minedTripletLoss(v, y))(z),
    ],
    [logits, zeros, labels, p] as const,
  );
  for (const [value, gradient] of [a!, b!, c!, d!, e!, f!]) {
    expect([...value.data, ...gradient.data].every(Number.isFinite)).toBe(true);
  }
  // The first is right by far, the second wrong by 600.
  expect(a![0].data[0]).toBeCloseTo(300, 3);
  expect(b![0].data[0]).toBeCloseTo(300, 3);
});

test('focal loss with γ 0 is cross-entropy; a margin makes the label’s logit smaller', () => {
  const x = randomArray('x', [4, 3]);
  const labels = hostArray([4], Int32Array.of(0, 1, 2, 1));
  const p = initMargin(rng.split('margin'), { classes: 3, channels: 3 });
  const [plain, focal, open, am, aam, easy] = interpret(
    (v, y, q) => [
      crossEntropy(v, y),
      focalLoss(v, y, { gamma: 0 }),
      amSoftmax(q, v, y, { margin: 0 }),
      amSoftmax(q, v, y),
      aamSoftmax(q, v, y),
      aamSoftmax(q, v, y, { margin: 0, easy: true }),
    ],
    [x, labels, p] as const,
  );
  expect(focal!.data[0]).toBeCloseTo(plain!.data[0]!, 5);
  expect(easy!.data[0]).toBeCloseTo(open!.data[0]!, 4);
  expect(am!.data[0]).toBeGreaterThan(open!.data[0]!);
  expect(aam!.data[0]).toBeGreaterThan(open!.data[0]!);
});

/** Distances of all rows. */
function distancesOf({ dims, data }: HostArray): number[][] {
  const [n, channels] = dims;
  const row = (i: number) => [...data.slice(i * channels!, (i + 1) * channels!)];
  return Array.from({ length: n! }, (_, i) =>
    Array.from({ length: n! }, (_, j) =>
      Math.sqrt(row(i).reduce((sum, v, d) => sum + (v - row(j)[d]!) ** 2, 0)),
    ),
  );
}

test('mined triplets are those that the definitions choose', () => {
  const x = randomArray('mined', [6, 2]);
  const names = [0, 1, 0, 1, 0, 2];
  const labels = hostArray([6], Int32Array.from(names));
  const [hard, semi] = interpret(
    (v, y) => [
      minedTripletLoss(v, y, { margin: 0.5 }),
      minedTripletLoss(v, y, { margin: 0.5, mining: 'semi-hard' }),
    ],
    [x, labels] as const,
  );
  const d = distancesOf(x);
  const all = names.map((_, i) => i);
  const hardLosses: number[] = [];
  const semiLosses: number[] = [];
  for (const a of all) {
    const positives = all.filter((i) => i !== a && names[i] === names[a]);
    const negatives = all.filter((i) => names[i] !== names[a]);
    if (positives.length === 0) continue;
    const far = Math.max(...positives.map((i) => d[a]![i]!));
    const near = Math.min(...negatives.map((i) => d[a]![i]!));
    hardLosses.push(Math.max(0, far - near + 0.5));
    for (const i of positives) {
      const beyond = negatives.map((j) => d[a]![j]!).filter((v) => v > d[a]![i]!);
      const chosen =
        beyond.length > 0 ? Math.min(...beyond) : Math.max(...negatives.map((j) => d[a]![j]!));
      semiLosses.push(Math.max(0, d[a]![i]! - chosen + 0.5));
    }
  }
  const mean = (values: number[]) => values.reduce((s, v) => s + v, 0) / values.length;
  expect(hard!.data[0]).toBeCloseTo(mean(hardLosses), 5);
  expect(semi!.data[0]).toBeCloseTo(mean(semiLosses), 5);
});

test('HSIC equals its definitions, is 0 for a constant and large for a copy', () => {
  const n = 6;
  const x = randomArray('hx', [n, 2]);
  const y = randomArray('hy', [n, 3]);
  const options = { widthX: 1.5, widthY: 0.8 };
  const [biased, unbiased, constant, copy] = interpret(
    (a, b) => [
      hsic(a, b, options),
      hsic(a, b, { ...options, unbiased: true }),
      hsic(a, b.mul(0)),
      hsic(a, a),
    ],
    [x, y] as const,
  );
  const kernel = (array: HostArray, width: number) =>
    distancesOf(array).map((row) => row.map((v) => Math.exp((-v * v) / (2 * width * width))));
  const [k, l] = [kernel(x, 1.5), kernel(y, 0.8)];
  const index = Array.from({ length: n }, (_, i) => i);
  const total = (f: (i: number, j: number) => number) =>
    index.reduce((sum, i) => sum + index.reduce((s, j) => s + f(i, j), 0), 0);
  const h = (i: number, j: number) => (i === j ? 1 : 0) - 1 / n;
  let trace = 0;
  for (const i of index)
    for (const j of index)
      for (const a of index)
        for (const b of index) trace += k[i]![j]! * h(j, a) * l[a]![b]! * h(b, i);
  expect(biased!.data[0]).toBeCloseTo(trace / (n - 1) ** 2, 5);
  const off = (m: number[][]) => (i: number, j: number) => (i === j ? 0 : m[i]![j]!);
  const [kt, lt] = [off(k), off(l)];
  let rows = 0;
  for (const i of index) for (const j of index) for (const b of index) rows += kt(i, j) * lt(j, b);
  const expected =
    (total((i, j) => kt(i, j) * lt(j, i)) +
      (total(kt) * total(lt)) / ((n - 1) * (n - 2)) -
      (2 * rows) / (n - 2)) /
    (n * (n - 3));
  expect(unbiased!.data[0]).toBeCloseTo(expected, 5);
  expect(constant!.data[0]).toBeCloseTo(0, 6);
  expect(copy!.data[0]).toBeGreaterThan(0.05);
});

test('gradients of HSIC and of mined triplets', async () => {
  const p = { x: randomArray('gx', [5, 2]), y: randomArray('gy', [5, 2]) };
  await expectGradient(p, (w) =>
    hsic(w.x, w.y)
      .add(hsic(w.x, w.y, { unbiased: true }))
      .mul(100),
  );
  const labels = hostArray([5], Int32Array.of(0, 1, 0, 1, 1));
  for (const mining of ['hard', 'semi-hard'] as const) {
    await expectGradient(
      { x: p.x },
      (w) =>
        minedTripletLoss(w.x, np.array(Int32Array.from(labels.data), { dtype: np.int32 }), {
          margin: 3,
          mining,
        }),
      { step: 1e-3, tolerance: 2e-2 },
    );
  }
});

test('a clip against itself has no multi-resolution loss; silence has a finite one', () => {
  const x = randomArray('wave', [2, 80]);
  const silent = hostArray([2, 80], new Float32Array(160));
  const resolutions = [{ fftSize: 32, hop: 8, winLength: 20 }];
  const [same, [value, gradient]] = interpret(
    (a, b) =>
      [
        multiResolutionStft(a, a, { resolutions }),
        valueAndGrad((v: Traced) => multiResolutionStft(v, b, { resolutions }))(b),
      ] as const,
    [x, silent] as const,
  );
  expect(same.data[0]).toBeCloseTo(0, 5);
  expect([...value.data, ...gradient.data].every(Number.isFinite)).toBe(true);
});

test('wrong shapes and settings name the loss', () => {
  const x = randomArray('bad', [4, 3]);
  const labels = hostArray([3], new Int32Array(3));
  expect(() => trace((v, y) => crossEntropy(v, y), [x, labels] as const)).toThrowError(
    /losses\.test\.ts:\d+:\d+: crossEntropy: labels has shape \[3\], expected \[4\]/,
  );
  expect(() =>
    trace((v, y) => crossEntropy(v, y.slice([0, 4]), { classWeights: [1, 2] }), [
      x,
      hostArray([4], new Int32Array(4)),
    ] as const),
  ).toThrowError('crossEntropy: 2 class weights for 3 classes');
  expect(() => trace((v) => meanSquaredError(v, v.slice([0, 2])), [x])).toThrowError(
    'meanSquaredError: target has shape [2, 3], expected [4, 3]',
  );
  expect(() =>
    trace((v) => hsic(v.slice([0, 3]), v.slice([0, 3]), { unbiased: true }), [x]),
  ).toThrowError('hsic: 3 examples, expected at least 4');
});
