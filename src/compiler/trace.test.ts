import { expect, test } from 'vitest';
import { caught, lineHere } from '../../test/helpers/caught.ts';
import { hostArray } from './arrays.ts';
import { lax, nn, np, type Traced, valueAndGrad, withTangent } from './jax.ts';
import { printProgram } from './program.ts';
import { interpret, trace } from './trace.ts';

const x = hostArray([2, 3], Float32Array.of(1, -2, 3, 4, -5, 6));

test('a function reads like its equations: traced values are used as often as needed', () => {
  const window = np.array([1, 2, 3]);
  const f = (p: { w: Traced; b: Traced }) =>
    np.sum(nn.relu(p.w.mul(window).add(p.w).mul(window)).add(p.b).add(p.b));
  const args = [{ w: x, b: hostArray([], Float32Array.of(0.5)) }] as const;
  const [value, gradient] = interpret((p) => valueAndGrad(f)(p), args);
  // max(w·c² + w·c, 0) summed, c = 1, 2, 3, plus 6 · 2b.
  expect(value.data).toEqual(Float32Array.of(2 + 36 + 8 + 72 + 6));
  expect(gradient.w.data).toEqual(Float32Array.of(2, 0, 12, 2, 0, 12));
  expect(gradient.b.data).toEqual(Float32Array.of(12));
  const { program, inputs, outputs } = trace((p) => valueAndGrad(f)(p), args);
  expect(inputs.map(({ path }) => path)).toEqual(['0.b', '0.w']);
  expect(outputs.map(({ path }) => path)).toEqual(['0', '1.b', '1.w']);
  expect(program.constants).toHaveLength(1);
});

test('programs are printed one equation a line', () => {
  const { program } = trace((a) => np.tanh(a.add(1)).sum(0), [x]);
  expect(printProgram(program)).toMatchInlineSnapshot(`
    "inputs a:float32[2,3]
    b:float32[2,3] = add(a, 1)
    c:bool[2,3] = compare(b, 0) {op="less"}
    d:float32[2,3] = where(c, 1, -1)
    e:float32[2,3] = mul(b, d)
    f:float32[2,3] = mul(e, 2)
    g:float32[2,3] = exp(f)
    h:float32[2,3] = add(g, -1)
    i:float32[2,3] = add(g, 1)
    j:float32[2,3] = reciprocal(i)
    k:float32[2,3] = mul(h, j)
    l:float32[2,3] = mul(k, d)
    m:float32[3] = reduce(l) {op="Add" axis=[0]}
    outputs m
    "
  `);
});

test('shapes that do not fit are reported with the line that made them and both shapes', () => {
  const y = hostArray([4], new Float32Array(4));
  expect(() => trace((a, b) => a.add(b), [x, y])).toThrowError(
    /trace\.test\.ts:\d+:\d+: .*2,3.*4/s,
  );
});

test('lines of user code are kept for every operation, also under differentiation', () => {
  const { program } = trace((a) => valueAndGrad((b: Traced) => np.sum(lax.erf(b)))(a), [x]);
  const lines = [...program.lines].find(([key]) => key.startsWith('erf '))?.[1];
  expect(lines).toEqual([expect.stringMatching(/trace\.test\.ts:\d+:\d+$/)]);
});

test('the line of a call whose function jax-js has traced before is that of the call', () => {
  const linesOf = (f: (a: Traced) => Traced): readonly string[] | undefined =>
    [...trace(f, [x]).program.lines].find(([key]) => key.startsWith('sqrt '))?.[1];
  let line = 0;
  linesOf((a) => np.hypot(a, a));
  const lines = linesOf((a) => {
    line = lineHere() + 1;
    return np.hypot(a, a);
  });
  expect(lines).toEqual([expect.stringContaining(`trace.test.ts:${line}:`)]);
});

test('a derivative of one own replaces that of the value', () => {
  const f = (a: Traced) => np.sum(withTangent(a, np.floor(a), (d) => d.mul(7)));
  const [value, gradient] = interpret((a) => valueAndGrad(f)(a), [x]);
  expect(value.data).toEqual(Float32Array.of(7));
  expect(gradient.data).toEqual(new Float32Array(6).fill(7));
});

test('doubles go in exactly, with the sign of a zero', () => {
  const values = [-0, 0, 1 / 3, 1 + 2 ** -52, Number.NEGATIVE_INFINITY, Number.NaN];
  const { data } = interpret((a) => a.mul(1), [hostArray([6], Float64Array.from(values))]);
  expect([...data]).toEqual(values);
});

test('a constant of half precision is refused with the operation that takes it', () => {
  let line = 0;
  const f = (a: Traced): Traced => {
    line = lineHere() + 1;
    return a.mul(np.zeros([3], { dtype: np.float16 }));
  };
  expect(caught(() => trace(f, [x]))).toMatchObject({
    code: 'compiler/unsupported',
    message: expect.stringMatching(
      /: mul\(float32\[2,3\], float16\[3\]\) takes a constant of float16/,
    ),
    details: { primitive: 'mul', line: expect.stringContaining(`trace.test.ts:${line}:`) },
  });
});

test('a result of half precision cannot be read', () => {
  expect(caught(() => interpret((a) => ({ half: a.astype(np.float16) }), [x]))).toMatchObject({
    code: 'compiler/unsupported',
    message: expect.stringContaining('the result half is of float16'),
  });
});
