import { expect, expectTypeOf, test } from 'vitest';
import { type HostArray, hostArray } from '../compiler/arrays.ts';
import { compileFunction } from '../compiler/compile.ts';
import { np } from '../compiler/jax.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { readyFunction } from './run-function.ts';

const floats = (...numbers: number[]): HostArray =>
  hostArray([numbers.length], Float32Array.from(numbers));
const line = { w: floats(2, 3), b: floats(1) };
const compiled = compileFunction(
  (p, x) => ({ y: np.sum(p.w.mul(x)).reshape([1]).add(p.b) }),
  [line, floats(0, 0)],
);

test('arguments and result have the types of the function', async () => {
  const ready = await readyFunction(compiled, createOnnxNodeBackend());
  expectTypeOf(ready.run).parameters.toEqualTypeOf<[{ w: HostArray; b: HostArray }, HostArray]>();
  const { y } = await ready.run(line, floats(10, 100));
  expectTypeOf(y).toEqualTypeOf<HostArray>();
  expect([...y.data]).toEqual([321]);
  await ready.dispose();
});

test('arguments that became constants are not given again', async () => {
  const fixed = compileFunction((p, x) => p.w.mul(x), [line, floats(0, 0)], { constants: 1 });
  const ready = await readyFunction(fixed, createOnnxNodeBackend());
  expectTypeOf(ready.run).parameters.toEqualTypeOf<[HostArray]>();
  expect([...(await ready.run(floats(1, 10))).data]).toEqual([2, 30]);
  await expect(readyRun(ready, line, floats(1, 10))).rejects.toMatchObject({
    code: 'runtime/bad-feeds',
    message: expect.stringContaining('1.b is given, the function takes 1 float32[2]'),
  });
  await ready.dispose();
});

test('a free leading axis has any size, the others have theirs', async () => {
  const rows = (count: number, size: number) =>
    hostArray([count, size], new Float32Array(count * size).fill(1));
  const sums = compileFunction((x) => np.sum(x, 1), [rows(1, 2)], { freeAxis: 'rows' });
  const ready = await readyFunction(sums, createOnnxNodeBackend());
  expect([...(await ready.run(rows(3, 2))).data]).toEqual([2, 2, 2]);
  await expect(ready.run(rows(3, 4))).rejects.toMatchObject({ code: 'runtime/bad-feeds' });
  await ready.dispose();
});

const { w, b } = line;
test.each<[string, readonly unknown[], string]>([
  ['of other names', [{ v: w, b }, w], '0.v is given, the function takes 0.b float32[1]'],
  ['too few', [line], '1 is missing, the function takes 0.b float32[1], 0.w float32[2], 1'],
  ['too many', [line, w, w], '2 is given'],
  ['of other dims', [line, floats(1, 2, 3)], '1 is float32[3], the function takes float32[2]'],
  [
    'of another type',
    [line, hostArray([2], new Int32Array(2))],
    '1 is int32[2], the function takes float32[2]',
  ],
  ['with too few elements', [line, { dims: [2], data: new Float32Array(1) }], '1 has 1 elements'],
  ['that are no host arrays', [line, Float32Array.of(1, 2)], '1.0 is 1, expected an array'],
  ['that are nothing', [line, undefined], '1 is undefined, expected an array'],
])('arrays %s are refused, with what is expected', async (_, args, message) => {
  const ready = await readyFunction(compiled, createOnnxNodeBackend());
  await expect(readyRun(ready, ...args)).rejects.toMatchObject({
    code: 'runtime/bad-feeds',
    message: expect.stringContaining(message),
  });
  await ready.dispose();
});

/** Runs it on what its types forbid. */
function readyRun(ready: { run: unknown }, ...args: readonly unknown[]): Promise<unknown> {
  return (ready.run as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}
