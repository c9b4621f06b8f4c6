import { expect, test } from 'vitest';
import { caught, lineHere } from '../../test/helpers/caught.ts';
import { checkGraph } from '../graph/check.ts';
import { readModel } from '../graph/read.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { hostArray } from './arrays.ts';
import { compileFunction } from './compile.ts';
import { nn, np, type Traced } from './jax.ts';
import { lowerProgram } from './lower/lower.ts';

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

/** Functions that depend on the number of rows: which operation does, in words, and how. */
const DEPENDENT: Readonly<Record<string, { f: (a: Traced) => Traced; says: RegExp }>> = {
  'a mean over rows': {
    f: (a) => a.sub(a.mean(0)),
    says: /: mul\(float32\[3\], float32\[\]\) depends on .* axis batch, .*: Mul takes it as a number$/,
  },
  'the number of rows': {
    f: (a) => a.mul(a.shape[0]!),
    says: /: mul\(float32\[batch,3\], float32\[\]\) depends on .*: Mul takes it as a number$/,
  },
  'the last row': {
    f: (a) => a.add(a.slice(a.shape[0]! - 1)),
    says: /: shrink\(float32\[batch,3\]\) depends on .*: Slice takes it as a number$/,
  },
  'a column of zeros': {
    f: (a) => np.concatenate([a, np.zeros([a.shape[0]!, 1])], 1),
    says: /: concatenate\(float32\[batch,3\], float32\[batch,1\]\) depends on .*: it takes an array of that size$/,
  },
  'rows in order': {
    f: (a) => np.sort(a, 0),
    says: /: sort\(float32\[3,batch\]\) depends on /,
  },
  'constants inside of loops': {
    f: (a) => np.linalg.cholesky(a.reshape([-1, 1, 3]).mul(np.eye(3))),
    says: /: cholesky\(float32\[batch,3,3\]\) depends on /,
  },
  'a sum over rows': {
    f: (a) => a.sum(0).add(1),
    says: /: reduce\(float32\[batch,3\]\) leaves the result of shape \[3\] without a leading axis batch$/,
  },
  'rows as columns': {
    f: (a) => a.mul(2).transpose().add(1),
    says: /: transpose\(float32\[batch,3\]\) leaves the result of shape \[3,batch\] without a leading axis batch$/,
  },
};

test.each(Object.entries(DEPENDENT))(
  'a leading axis that cannot be left free: %s, with the operation and its line',
  (_name, { f, says }) => {
    expect(caught(() => compileFunction(f, [x], { freeAxis: 'batch' }))).toMatchObject({
      code: 'compiler/unsupported',
      message: expect.stringMatching(says),
      details: { line: expect.stringMatching(/\/compile\.test\.ts:\d+:\d+$/) },
    });
  },
);

test('the line is known of operations that passes make, too', () => {
  let line = 0;
  const f = (a: Traced): Traced => {
    line = lineHere() + 1;
    return a.div(a.shape[0]!);
  };
  expect(caught(() => compileFunction(f, [x], { freeAxis: 'batch' }))).toMatchObject({
    details: { primitive: 'div', line: expect.stringContaining(`compile.test.ts:${line}:`) },
  });
});

test('where several lines did the same to the same shapes, each of them is named', () => {
  let line = 0;
  const f = (a: Traced): Traced => {
    line = lineHere() + 1;
    const decoy = a.mul(2);
    return decoy.mul(a.shape[0]!);
  };
  expect(caught(() => compileFunction(f, [x], { freeAxis: 'batch' }))).toMatchObject({
    details: {
      primitive: 'mul',
      line: expect.stringMatching(
        new RegExp(`compile\\.test\\.ts:${line}:\\d+ or .*compile\\.test\\.ts:${line + 1}:\\d+$`),
      ),
    },
  });
});

test('of many lines three are named', () => {
  const f = (a: Traced): Traced => {
    const first = a.mul(2);
    const second = first.mul(3);
    const third = second.mul(4);
    const fourth = third.mul(5);
    return fourth.mul(a.shape[0]!);
  };
  expect(caught(() => compileFunction(f, [x], { freeAxis: 'batch' }))).toMatchObject({
    message: expect.stringMatching(
      /^(\S+compile\.test\.ts:\d+:\d+, ){2}\S+compile\.test\.ts:\d+:\d+ or others: mul\(/,
    ),
  });
});

test('every node of a graph is written for an equation', () => {
  const { program } = compileFunction(
    (a) => np.linalg.cholesky(a),
    [hostArray([2, 2], Float32Array.of(2, 1, 1, 2))],
  );
  const told = new Map<string, string>();
  const graph = lowerProgram(
    program,
    { inputs: ['a'], outputs: ['b'] },
    { onNode: (name, { primitive }) => void told.set(name, primitive) },
  );
  const made = readModel(graph.bytes()).graph.nodes.flatMap(({ name }) =>
    name === 'b' ? [] : [told.get(name)],
  );
  expect(made).toContain('cholesky');
  expect(made).not.toContain(undefined);
});
