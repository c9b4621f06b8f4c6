import { describe, expect, test } from 'vitest';
import { operation } from '../../../test/helpers/conformance.ts';
import { createRng } from '../../core/rng.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { type HostArray, hostArray, isHostArray, sizeOf } from '../arrays.ts';
import { compileFunction } from '../compile.ts';
import { lax, nn, np, type Traced, valueAndGrad, withTangent } from '../jax.ts';
import type { Primitive } from '../program.ts';
import { interpret } from '../trace.ts';
import { leavesOf } from '../tree.ts';
import { PASSES, type PassName } from './index.ts';

const rng = createRng(7);
const backend = createOnnxNodeBackend();

/** Float32 through some ten operations. */
const TOLERANCE = 2e-5;

function random(label: string, ...dims: number[]): HostArray {
  const draw = rng.split(label);
  return hostArray(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => 2 * draw.uniform() - 1),
  );
}

type Many = (...args: Traced[]) => Traced;

/** Value and gradients with respect to every argument, weighted so that no cotangent is uniform. */
function differentiated(f: Many) {
  return (weight: Traced, ...args: Traced[]) =>
    valueAndGrad((list: Traced[], w: Traced) => np.sum(f(...list).mul(w)))(args, weight);
}

/** Runs a function compiled and by jax-js, compares, and returns the operations of its program. */
async function operations(
  f: (...args: Traced[]) => unknown,
  args: HostArray[],
  without: readonly PassName[] = [],
): Promise<Primitive[]> {
  const want = leavesOf(interpret(f as Many, args), isHostArray);
  const { model, inputs, outputs, program } = compileFunction(f as Many, args, { without });
  const session = await backend.load(model);
  const got = await session.run(Object.fromEntries(inputs.map(({ name }, i) => [name, args[i]!])));
  await session.dispose();
  for (const [i, { name, path }] of outputs.entries()) {
    const expected = want[i]!.value;
    expect(got[name]!.dims, path).toEqual(expected.dims);
    for (const [at, value] of expected.data.entries()) {
      const difference = Math.abs(Number(got[name]!.data[at]) - value);
      expect(difference, `${path}[${at}]`).toBeLessThan(TOLERANCE * (1 + Math.abs(value)));
    }
  }
  return program.equations.map(({ primitive }) => primitive);
}

const x = random('x', 3, 4, 6);

/** Sums over the last axis of `where(triangle [size, size], x along one axis more [6, …], other)`. */
function under(
  a: Traced,
  {
    shift = 0,
    upper = false,
    other = 0,
    size = 6,
  }: {
    readonly shift?: number;
    readonly upper?: boolean;
    readonly other?: number;
    readonly size?: number;
  } = {},
): Traced {
  const turn = upper ? -1 : 1;
  const rows = np.arange(turn * shift, turn * (size + shift), turn).reshape([size, 1]);
  const mask = rows.greaterEqual(np.arange(0, turn * size, turn));
  const axis = a.ndim - 1;
  const shape = a.shape.toSpliced(axis, 0, 6);
  const [wide] = operation('broadcast', [a], { shape, axis: [axis] });
  return np.sum(np.where(mask, wide!, other), -1);
}

describe('what ONNX Runtime has as one operator', () => {
  test('softmax, with a gradient from its result', async () => {
    const found = await operations(
      differentiated((a) => nn.softmax(a!)),
      [random('w', 3, 4, 6), x],
    );
    expect(found).toContain('softmax');
    expect(found).not.toContain('exp');
  });

  test.each([
    ['along the last axis', (a: Traced) => np.cumsum(a, -1)],
    ['along another axis', (a: Traced) => np.cumsum(a, 1)],
    ['of a whole array', (a: Traced) => np.cumsum(a)],
    ['written out', (a: Traced) => under(a)],
  ])('running sums %s, with their gradients', async (_, sums) => {
    const found = await operations(
      differentiated((a) => sums(a!).reshape([3, 4, 6])),
      [random('w', 3, 4, 6), x],
    );
    expect(found.filter((name) => name === 'cumulative_sum')).toHaveLength(2);
  });

  test('running sums in blocks', async () => {
    const found = await operations((a) => np.cumsum(a, 0), [random('long', 700)]);
    expect(found.filter((name) => name === 'cumulative_sum')).toHaveLength(2);
  });

  test('gradients of weights that are used at every step are one product', async () => {
    const steps = (state: Traced, w: Traced, used: Traced[]) =>
      used.reduce((h, x) => np.tanh(np.matmul(h, w).add(x)), state);
    const recurrent = (...[state, w, ...used]: Traced[]) => steps(state!, w!, used);
    const inputs = ['a', 'b', 'c', 'd', 'e'].map((label) => random(label, 2, 8));
    const args = [random('weight', 2, 8), random('state', 2, 8), random('u', 8, 8), ...inputs];
    const found = await operations(differentiated(recurrent), args);
    const dots = (names: readonly Primitive[]) => names.filter((name) => name.startsWith('dot'));
    // Five forward, five for what is before a step, one for the weights.
    expect(dots(found)).toHaveLength(11);
    const before = await operations(differentiated(recurrent), args, ['sumsOfProducts']);
    expect(dots(before)).toHaveLength(15);
    // Putting many rows side by side costs more than adding up small results.
    const long = ['f', 'g', 'h'].map((label) => random(label, 50, 8));
    const tall = [random('weight', 50, 8), random('state', 50, 8), random('u', 8, 8), ...long];
    expect(dots(await operations(differentiated(recurrent), tall))).toHaveLength(9);
  });

  test.each([
    ['a row further', (a: Traced) => under(a, { shift: 1 })],
    ['two rows back', (a: Traced) => under(a, { shift: -2 })],
    ['upside down', (a: Traced) => under(a, { upper: true })],
    ['with 1 elsewhere', (a: Traced) => under(a, { other: 1 })],
    ['over one element', (a: Traced) => under(a.slice([], [], [0, 1]))],
    ['of one element, over many', (a: Traced) => under(a.slice(0, 0), { size: 1 })],
  ])('no running sum is a sum under a triangle %s', async (_, sums) => {
    expect(await operations((a) => sums(a!), [x])).not.toContain('cumulative_sum');
  });

  test('layer normalisation, as the plain equation and with its own derivative', async () => {
    const parts = (a: Traced) => {
      const centred = a.sub(np.mean(a, -1, { keepdims: true }));
      const variance = np.mean(centred.mul(centred), -1, { keepdims: true });
      return { centred, deviation: np.sqrt(variance.add(1e-3)) };
    };
    const plain = (a: Traced) => parts(a).centred.div(parts(a).deviation);
    const own = (a: Traced) => {
      const { centred, deviation } = parts(lax.stopGradient(a));
      const y = centred.div(deviation);
      const mean = (d: Traced) => np.mean(d, -1, { keepdims: true });
      return withTangent(a, y, (d) =>
        d
          .sub(mean(d))
          .sub(y.mul(mean(y.mul(d))))
          .mul(np.reciprocal(deviation)),
      );
    };
    for (const f of [plain, own]) {
      const found = await operations(
        differentiated((a) => f(a!)),
        [random('w', 3, 4, 6), x],
      );
      expect(found).toContain('normalise');
      expect(found).not.toContain('sqrt');
    }
  });

  test('sigmoid and hyperbolic tangent', async () => {
    expect(await operations((a) => nn.sigmoid(a!), [x])).toEqual(['sigmoid']);
    expect(await operations((a) => np.tanh(a!), [x])).toEqual(['tanh']);
  });

  test('the exact GELU takes erf, and erfc elsewhere keeps its tail', async () => {
    const gelu = differentiated((a) => nn.gelu(a!, { approximate: false }));
    const found = await operations(gelu, [random('w', 3, 4, 6), x]);
    expect(found).toContain('erf');
    expect(found).not.toContain('erfc');
    const tail = hostArray([3], Float32Array.of(2, 5, 8));
    expect(await operations((a) => lax.erfc(a!).mul(0.5), [tail])).toContain('erfc');
  });
});

describe('what differentiation leaves', () => {
  test('a small bound is a bound: only max(x, 0) is a ReLU', async () => {
    const negative = hostArray([4], Float32Array.of(-1, -0.5, 0.25, 2));
    for (const bound of [1e-8, 1e-30, 0])
      await operations(
        differentiated((a) => np.log(np.maximum(a!, bound).add(0.5))),
        [random('w', 4), negative],
      );
    const root = differentiated((a) => np.sqrt(nn.relu(a!)));
    const { model } = compileFunction(root, [random('w', 4), negative]);
    const session = await backend.load(model);
    const result = await session.run({
      'in:0': { dims: [4], data: Float32Array.of(1, 1, 1, 1) },
      'in:1': negative,
    });
    expect(Array.from(result['out:1.0']!.data, Number).slice(0, 3)).toEqual([0, 0, 1]);
    await session.dispose();
  });

  test('a choice of the user beside a ReLU stays what it is', async () => {
    const edge = hostArray([4], Float32Array.of(-1, 0, 0.5, 2));
    const y = hostArray([4], Float32Array.of(3, 4, 5, 6));
    await operations(
      (a, b) => [
        np.where(a!.less(0), 0, b!),
        nn.relu(a!),
        np.where(a!.less(0), 0, np.log(a!.add(1e-3))),
      ],
      [edge, y],
    );
  });

  test('gradients of slices are put side by side', async () => {
    const f = differentiated((a) => a!.slice(0).mul(a!.slice(1)).mul(a!.slice(2)));
    const found = await operations(f, [random('w', 4, 6), x]);
    expect(found).toContain('concatenate');
    expect(found).not.toContain('pad');
  });

  test('spread-out numbers and equal equations are gone', async () => {
    const f = differentiated((a) => np.exp(a!).add(np.exp(a!)));
    const found = await operations(f, [random('w', 3, 4, 6), x]);
    expect(found.filter((name) => name === 'exp')).toHaveLength(1);
    expect(found).not.toContain('broadcast');
  });

  test('a derivative of one own costs nothing in the value, and 0 · ∞ of the user stays NaN', async () => {
    const f = (a: Traced) => withTangent(a, np.floor(a), (d) => d.mul(np.exp(a)));
    expect(await operations((a) => f(a!), [x])).toEqual(['floor']);
    const zero = hostArray([2], Float32Array.of(0, 1));
    const { model } = compileFunction((a: Traced) => a.sub(a).mul(np.reciprocal(a)), [zero]);
    const session = await backend.load(model);
    const result = await session.run({ 'in:0': zero });
    expect(Array.from(result['out:']!.data, Number)).toEqual([Number.NaN, 0]);
    await session.dispose();
  });
});

test('a dense layer is one product with its bias, whichever way its weights lie', async () => {
  const f = differentiated((a, k, b) => np.tanh(np.matmul(a!, k!).add(b!)));
  const args = [random('w', 3, 4, 5), x, random('k', 6, 5), random('b', 5)];
  expect(await operations(f, args)).toContain('dot_bias');
  const turned = differentiated((a, k, b) => np.matmul(a!, k!.transpose()).add(b!));
  expect(await operations(turned, [args[0]!, x, random('t', 5, 6), args[3]!])).toContain(
    'dot_bias',
  );
});

describe('windows', () => {
  const pooled = (window: number[]) =>
    differentiated((a) => lax.reduceWindow(a!, (w) => np.max(w), window, window));

  test('maxima of windows and their gradients are one operator each, also where a rest is left', async () => {
    const images = random('images', 2, 3, 7, 8);
    const found = await operations(pooled([2, 3]), [random('w', 2, 3, 3, 2), images]);
    expect(found).toContain('max_pool');
    expect(found).toContain('max_pool_gradient');
    expect(found).not.toContain('pool');
    expect(await operations(pooled([3]), [random('w', 5, 2), random('rows', 5, 6)])).toContain(
      'max_pool_gradient',
    );
    expect(await operations(pooled([2]), [random('w', 4), random('row', 8)])).toContain('max_pool');
  });

  test('of equal maxima the first takes the gradient', async () => {
    const { model } = compileFunction(pooled([2]), [
      hostArray([2], Float32Array.of(3, 5)),
      hostArray([4], new Float32Array(4)),
    ]);
    const session = await backend.load(model);
    const result = await session.run({
      'in:0': { dims: [2], data: Float32Array.of(3, 5) },
      'in:1': { dims: [4], data: Float32Array.of(1, 1, 0, 2) },
    });
    expect(result['out:1.0']!.data).toEqual(Float32Array.of(3, 0, 0, 5));
    await session.dispose();
  });
});

describe('convolutions', () => {
  const images = random('images', 2, 3, 9, 8);
  const kernels = random('kernels', 5, 3, 3, 3);
  const convolve = (strides: number[], padding: [number, number][]) =>
    differentiated((a, k) => lax.convGeneralDilated(a!, k!, strides, padding));

  test('the gradient of a strided input is a transposed convolution with the weights themselves', async () => {
    const found = await operations(
      convolve(
        [2, 2],
        [
          [1, 1],
          [1, 1],
        ],
      ),
      [random('w', 2, 5, 5, 4), images, kernels],
    );
    expect(found).toContain('conv_transpose');
    expect(found).toContain('conv_weight_gradient');
    expect(found).not.toContain('flip');
  });

  test.each([
    {
      strides: [1, 1],
      padding: [
        [0, 0],
        [2, 1],
      ],
      out: [7, 9],
    },
    {
      strides: [3, 2],
      padding: [
        [1, 0],
        [0, 3],
      ],
      out: [3, 5],
    },
    {
      strides: [2, 3],
      padding: [
        [-1, 2],
        [0, -1],
      ],
      out: [4, 2],
    },
  ] as { strides: number[]; padding: [number, number][]; out: number[] }[])(
    'strides $strides, padding $padding: gradients hold',
    async ({ strides, padding, out }) => {
      const args = [random('w', 2, 5, ...out), images, kernels];
      expect(await operations(convolve(strides, padding), args)).toContain('conv');
    },
  );

  test('a bias goes into the convolution; columns serve it and the gradient of its weights', async () => {
    const f = differentiated((a, k, b) =>
      nn.relu(
        lax
          .convGeneralDilated(
            a!,
            k!,
            [2, 2],
            [
              [1, 1],
              [1, 1],
            ],
          )
          .add(b!.reshape([1, -1, 1, 1])),
      ),
    );
    const args = [random('w', 2, 5, 5, 4), images, kernels, random('b', 5)];
    expect(await operations(f, args)).toContain('conv_bias');
  });

  test('max-feature-map of constant weights joins its convolutions', async () => {
    const weights = { k: random('even', 6, 3, 3, 3), b: random('bias', 6) };
    const f = (p: { k: Traced; b: Traced }, a: Traced) => {
      const y = lax.convGeneralDilated(a, p.k, [1, 1], 'SAME').add(p.b.reshape([1, -1, 1, 1]));
      const [first, second] = np.split(y, 2, 1);
      return np.maximum(first!, second!);
    };
    const { model, program } = compileFunction(f, [weights, images], { constants: 1 });
    expect(program.equations.map(({ primitive }) => primitive)).not.toContain('split');
    const session = await backend.load(model);
    const { 'out:': result } = await session.run({ 'in:1': images });
    const want = interpret(f, [weights, images] as const);
    for (const [i, value] of want.data.entries())
      expect(Math.abs(Number(result!.data[i]) - value)).toBeLessThan(
        TOLERANCE * (1 + Math.abs(value)),
      );
    await session.dispose();
  });
});

test('without any pass a program computes the same', async () => {
  const f = differentiated((a, k) => nn.softmax(nn.relu(np.matmul(a!, k!))));
  const args = [random('w', 3, 4, 5), x, random('k', 6, 5)];
  const names = Object.keys(PASSES) as PassName[];
  await operations(f, args, names);
  for (const name of names) await operations(f, args, [name]);
});
