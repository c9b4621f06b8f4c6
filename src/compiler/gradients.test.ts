import { describe, expect, test } from 'vitest';
import { expectClose } from '../../test/helpers/conformance.ts';
import { expectGradient } from '../../test/helpers/gradients.ts';
import { runCompiled } from '../../test/helpers/run-compiled.ts';
import { createRng } from '../core/rng.ts';
import { type HostArray, hostArray, isHostArray, sizeOf } from './arrays.ts';
import { lax, nn, np, type Traced, valueAndGrad } from './jax.ts';
import { interpret } from './trace.ts';
import { leavesOf } from './tree.ts';

const rng = createRng(11);

/** Between −1 and 1, and no two nearer than a step of the differences: sorts and maxima stay as they are. */
function numbers(...dims: number[]): HostArray {
  const count = sizeOf(dims);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = rng.int(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return hostArray(
    dims,
    Float32Array.from(order, (i) => (2 * (i + 0.37)) / count - 1),
  );
}

const ints = (dims: number[], ...values: number[]): HostArray =>
  hostArray(dims, Int32Array.from(values));

/** Symmetric positive definite, well conditioned. */
const definite = (x: Traced): Traced => {
  const n = x.shape.at(-1)!;
  return np.add(np.matmul(x, np.matrixTranspose(x)), np.eye(n).mul(2));
};

/** A composite function of a tree of one or more arrays, and where it is looked at. */
interface Composite {
  readonly at: readonly HostArray[];
  readonly f: (...arrays: Traced[]) => Traced;
}

const COMPOSITES: Readonly<Record<string, Composite>> = {
  'a convolution with strides, dilation and padding': {
    at: [numbers(2, 2, 7, 6), numbers(3, 2, 3, 2)],
    f: (x, w) =>
      np.tanh(
        lax.convGeneralDilated(
          x,
          w,
          [2, 1],
          [
            [1, 2],
            [0, 1],
          ],
          { rhsDilation: [2, 1] },
        ),
      ),
  },
  'a grouped one-dimensional convolution': {
    at: [numbers(2, 4, 9), numbers(4, 2, 3)],
    f: (x, w) => np.sin(lax.convGeneralDilated(x, w, [2], 'SAME', { featureGroupCount: 2 })),
  },
  'a transposed convolution': {
    at: [numbers(1, 2, 4), numbers(3, 2, 3)],
    f: (x, w) => np.sin(lax.convGeneralDilated(x, w, [1], [[2, 2]], { lhsDilation: [2] })),
  },
  'matrix products of every kind': {
    at: [numbers(2, 3, 4), numbers(4, 5), numbers(2, 5, 3)],
    f: (a, b, c) => np.tanh(np.matmul(np.matmul(a, b), c)),
  },
  'the largest over axes': { at: [numbers(4, 5, 3)], f: (x) => np.square(np.max(x, [0, 2])) },
  'the product over an axis': { at: [numbers(3, 4)], f: (x) => np.prod(x.add(2), 1) },
  'windows that overlap': {
    at: [numbers(2, 9, 8)],
    f: (x) => np.square(lax.reduceWindow(x, np.max, [3, 2], [2, 2])),
  },
  'windows side by side': {
    at: [numbers(2, 8, 6)],
    f: (x) => np.square(lax.reduceWindow(x, np.mean, [2, 3], [2, 3])),
  },
  'gather with repeated indices, so that its transpose adds': {
    at: [numbers(5, 3)],
    f: (x) => {
      const rows = np.array([0, 2, 2, 4], { dtype: np.int32 });
      const columns = np.array([1, 0, 0, 2], { dtype: np.int32 });
      return np.add(
        np.sum(np.square(np.take(x, rows, 0)), 1),
        np.sin(x.slice(rows, columns).mul(3)),
      );
    },
  },
  'a sort': {
    at: [numbers(3, 7)],
    f: (x) =>
      np
        .sort(x, 1)
        .mul(np.array([3, 1, 4, 1, 5, 9, 2]))
        .add(np.square(np.sort(x, 0))),
  },
  'Cholesky factors': { at: [numbers(2, 4, 4)], f: (x) => np.sin(np.linalg.cholesky(definite(x))) },
  'a linear system and a determinant': {
    at: [numbers(4, 4), numbers(4, 2)],
    f: (x, b) => np.sum(np.linalg.solve(definite(x), b)).add(np.log(np.linalg.det(definite(x)))),
  },
  'where, clip and absolute values': {
    at: [numbers(4, 6)],
    f: (x) => np.where(x.greater(0.1), np.square(x), np.clip(np.abs(x), 0.2, 0.7).mul(3)),
  },
  'pads, parts, flips and concatenations': {
    at: [numbers(3, 4)],
    f: (x) =>
      np.square(
        np
          .concatenate(
            [
              np.pad(x, [
                [1, 0],
                [0, 2],
              ]),
              np.flip(
                np.pad(x, [
                  [0, 1],
                  [2, 0],
                ]),
                1,
              ),
            ],
            0,
          )
          .slice([1, 7], [1, 6]),
      ),
  },
  'cumulative sums and products': {
    at: [numbers(3, 6)],
    f: (x) => np.cumsum(x, 1).mul(np.cumprod(x.add(1.5), 0)),
  },
  'Fourier transforms': {
    at: [numbers(2, 12), numbers(2, 12)],
    f: (real, imag) => {
      const spectrum = np.fft.fft({ real, imag });
      return np.log(np.square(spectrum.real).add(np.square(spectrum.imag)).add(1));
    },
  },
  'functions element by element': {
    at: [numbers(3, 5)],
    f: (x) =>
      [
        np.exp(x),
        np.log(x.add(2)),
        np.sqrt(x.add(1.5)),
        np.sin(x),
        np.cos(x),
        np.arcsin(x.mul(0.7)),
        np.arctan(x),
        lax.erf(x),
        lax.erfc(x),
        np.reciprocal(x.add(3)),
        nn.sigmoid(x),
        nn.gelu(x),
        nn.softplus(x),
      ].reduce((sum, y) => sum.add(y)),
  },
  'softmax and layer normalisation': {
    at: [numbers(4, 6), numbers(6)],
    f: (x, scale) => {
      const centred = x.sub(x.mean(-1, { keepdims: true }));
      const deviation = np.sqrt(np.square(centred).mean(-1, { keepdims: true }).add(1e-5));
      return nn.softmax(centred.div(deviation).mul(scale)).mul(x);
    },
  },
};

describe('gradients of compositions', () => {
  test.each(Object.entries(COMPOSITES))('%s: finite differences', async (_name, { at, f }) => {
    await expectGradient([...at], (arrays) => weighted(f(...(arrays as Traced[]))), {
      step: 1e-3,
      tolerance: 2e-2,
    });
  });

  test.each(Object.entries(COMPOSITES))('%s: compiled', async (_name, { at, f }) => {
    const loss = (arrays: Traced[]): Traced => weighted(f(...arrays));
    const step = (arrays: unknown): unknown =>
      valueAndGrad((leaves: Traced[]) => loss(leaves))(arrays as Traced[]);
    const want = leavesOf(interpret(step, [[...at]] as const), isHostArray);
    const got = leavesOf(await runCompiled(step, [[...at]] as const), isHostArray);
    expect(got.length).toBe(want.length);
    for (const [i, { value, path }] of want.entries())
      expectClose(got[i]!.value, value, 2e-5, path);
  });
});

test('an index outside: nothing is written there, as in jax-js', async () => {
  const f = (x: Traced, i: Traced): unknown =>
    valueAndGrad((y: Traced) => np.sum(np.square(np.take(y, i, 0))))(x);
  const args = [numbers(3, 2), ints([3], 1, -1, 7)] as const;
  const [, slope] = (await runCompiled(f, args)) as [HostArray, HostArray];
  const x = args[0].data;
  expect(slope.data).toEqual(Float32Array.of(0, 0, 2 * x[2]!, 2 * x[3]!, 0, 0));
});

/** A sum in which every element counts differently. */
function weighted(y: Traced): Traced {
  const flat = y.reshape([-1]);
  const weights = np.array(Array.from({ length: flat.shape[0]! }, (_, i) => Math.cos(1.7 * i)));
  return np.sum(flat.mul(weights));
}
