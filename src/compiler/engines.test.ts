import { describe, expect, test } from 'vitest';
import { expectClose } from '../../test/helpers/conformance.ts';
import { runCompiled } from '../../test/helpers/run-compiled.ts';
import { relu } from '../models/layers/index.ts';
import { createOnnxWebBackend } from '../runtime/onnx-web.ts';
import { type HostArray, hostArray, sizeOf } from './arrays.ts';
import { compileFunction } from './compile.ts';
import { grad, lax, nn, np, random, type Traced } from './jax.ts';
import { interpret } from './trace.ts';

/** Quarters from −2 to 2, which half precision holds. */
const numbers = (...dims: number[]): HostArray =>
  hostArray(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, i) => ((i * 7) % 17) / 4 - 2),
  );

/** Half precision has 11 bits: a few roundings of numbers up to about 10. */
const HALF = 2 ** -8;

/** jax-js itself runs half precision only where the engine has Float16Array: single precision is the reference. */
const HALVES: Readonly<Record<string, (x: Traced) => Traced>> = {
  'sums and products': (x) => x.add(x).mul(x).sub(1),
  functions: (x) =>
    np
      .exp(x)
      .add(np.sin(x))
      .add(lax.erf(x))
      .add(np.sqrt(np.abs(x))),
  'comparisons and choice': (x) => np.where(x.greater(0.5), x, np.maximum(x, -1)),
  'sums over axes': (x) => np.sum(x, 0).add(np.max(x, 0)).add(np.min(x, 0)),
  'matrix products': (x) => np.matmul(x, x.transpose()),
  convolutions: (x) =>
    lax.convGeneralDilated(x.reshape([1, 2, 8]), x.reshape([2, 2, 4]), [1], 'SAME'),
  sorts: (x) => np.sort(x, 1),
  indices: (x) => np.take(x, np.array([3, 0, 3], { dtype: np.int32 }), 0),
  parts: (x) => np.concatenate([np.pad(x, 1), np.pad(np.flip(x), 1)], 0).slice([1, 9], [1, 5]),
  'Fourier transforms': (x) => np.fft.fft({ real: x, imag: x }).real,
  softmax: (x) => nn.softmax(x),
  'rectified values': (x) => relu(x),
  'their gradients': (x) => grad((y: Traced) => np.sum(relu(y.mul(3)).mul(y)))(x),
};

describe('half precision', () => {
  test.each(Object.entries(HALVES))('%s', async (_name, f) => {
    const x = numbers(4, 4);
    const half = (y: Traced): Traced => f(y.astype(np.float16)).astype(np.float32);
    const got = await runCompiled(half, [x] as const);
    expectClose(got, interpret(f, [x] as const), HALF, 'half precision');
  });

  test('a rectified value stays half, and nothing is added to it', () => {
    const half = (x: Traced): Traced => relu(x.astype(np.float16)).astype(np.float32);
    const { program } = compileFunction(half, [numbers(4, 4)] as const);
    const made = program.equations.map(({ primitive, outputs }) => [primitive, outputs[0]!.dtype]);
    expect(made).toEqual([
      ['cast', 'float16'],
      ['max', 'float16'],
      ['cast', 'float32'],
    ]);
  });
});

test("what lies in loops and in later operators runs in onnxruntime's WebAssembly too", async () => {
  const f = (x: Traced, key: Traced): Traced[] => {
    const matrix = np.matmul(x, x.transpose()).add(np.eye(4).mul(3));
    return [
      random.uniform(key, [5]),
      np.linalg.cholesky(matrix),
      np.linalg.inv(matrix),
      np.sort(x, 0),
      np.take(x, np.array([1, -5, 2], { dtype: np.int32 }), 0),
      lax.reduceWindow(x, np.max, [2, 2], [1, 1]),
    ];
  };
  const args = [numbers(4, 4), hostArray([2], Uint32Array.of(7, 99))] as const;
  const got = await runCompiled(f, args, { backend: createOnnxWebBackend() });
  const native = await runCompiled(f, args);
  expect(got.length).toBe(6);
  for (const [i, value] of native.entries()) expectClose(got[i]!, value, 1e-5, `result ${i}`);
});
