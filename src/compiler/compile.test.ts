import { expect, test } from 'vitest';
import { checkGraph } from '../graph/check.ts';
import { readModel } from '../graph/read.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { hostArray } from './arrays.ts';
import { compileFunction } from './compile.ts';
import { nn, np, type Traced } from './jax.ts';

const weights = {
  w: hostArray([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
  b: hostArray([2], Float32Array.of(0.5, -0.5)),
};
const x = hostArray([1, 3], Float32Array.of(1, 0, -1));

/** Rows are reshaped, broadcast and summed over: the leading axis meets all kinds of nodes. */
function score(p: { w: Traced; b: Traced }, rows: Traced) {
  const y = np.matmul(rows, p.w).add(p.b);
  const pairs = y
    .reshape([-1, 1, 2])
    .transpose([0, 2, 1])
    .mul(np.array([1, 10, 100]));
  return { score: nn.relu(pairs).sum([1, 2]), y };
}

test('weights as constants, the leading axis free, text beside', async () => {
  const { model, inputs, outputs } = compileFunction(score, [weights, x], {
    constants: 1,
    freeAxis: 'batch',
    metadata: { 'ringtrue.kind': 'test' },
  });
  expect(inputs.map(({ name }) => name)).toEqual(['in:1']);
  expect(outputs.map(({ name }) => name)).toEqual(['out:score', 'out:y']);
  expect(checkGraph(model)).toEqual([]);
  const read = readModel(model);
  expect(read.metadata).toEqual({ 'ringtrue.kind': 'test' });
  expect(read.graph.inputs[0]?.dims).toEqual(['batch', 3]);
  const session = await createOnnxNodeBackend().load(model);
  for (const rows of [1, 2, 7]) {
    const data = Float32Array.from({ length: 3 * rows }, (_, i) => (i % 5) - 1);
    const result = await session.run({ 'in:1': { dims: [rows, 3], data } });
    const want = Float32Array.from({ length: rows }, (_, r) => {
      const [a, b, c] = data.subarray(3 * r, 3 * r + 3) as unknown as [number, number, number];
      const first = a + 3 * b + 5 * c + 0.5;
      const second = 2 * a + 4 * b + 6 * c - 0.5;
      return 111 * (Math.max(0, first) + Math.max(0, second));
    });
    expect(result['out:score']).toEqual({ dims: [rows], data: want });
  }
  await session.dispose();
});

test('a function that depends on the number of rows cannot leave it free', () => {
  const options = { freeAxis: 'batch' };
  expect(() => compileFunction((a: Traced) => a.sub(a.mean(0)), [x], options)).toThrowError(
    expect.objectContaining({ code: 'compiler/unsupported' }),
  );
  expect(() => compileFunction((a: Traced) => a.sum(0), [x], options)).toThrowError(
    /the result .* has no leading axis batch/,
  );
});
