import { expect, test } from 'vitest';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { createGraph } from './build.ts';
import { checkGraph } from './check.ts';
import { joinModels, renameValues, withMetadata } from './edit.ts';
import { readModel } from './read.ts';

/** y = x · factor, over names that both models share. */
function scaled(factor: number, { extra = false } = {}): Uint8Array {
  const graph = createGraph({ name: 'scaled' });
  graph.metadata('factor', String(factor));
  const x = graph.input('x', ['batch', 2]);
  const own = graph.initialiser('factor', [], Float32Array.of(factor));
  const product = graph.node('Mul', [x, own], { name: extra ? 'product' : 'y' });
  const y = extra
    ? graph.node('Add', [product, graph.input('z', ['batch', 2])], { name: 'y' })
    : product;
  graph.output(y, ['batch', 2]);
  return graph.bytes();
}

const run = async (model: Uint8Array, feeds: Record<string, number[]>) => {
  const session = await createOnnxNodeBackend().load(model);
  const results = await session.run(
    Object.fromEntries(
      Object.entries(feeds).map(([name, values]) => [
        name,
        { dims: [1, 2], data: Float32Array.from(values) },
      ]),
    ),
  );
  await session.dispose();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]),
  );
};

test('two models become one, though their names are the same', async () => {
  const joined = joinModels(scaled(3), renameValues(scaled(10, { extra: true }), { x: 'inner' }), {
    output: 'y',
    input: 'inner',
  });
  expect(checkGraph(joined)).toEqual([]);
  expect(await run(joined, { x: [1, 2], z: [0.5, 0.25] })).toEqual({ y: [30.5, 60.25] });
  expect(readModel(joined).metadata).toEqual({ factor: '10' });
});

test('what does not fit is refused', () => {
  const second = renameValues(scaled(2, { extra: true }), { x: 'inner' });
  const joining =
    (output: string, input: string, tail = second) =>
    () =>
      joinModels(scaled(3), tail, { output, input });
  expect(joining('no', 'inner')).toThrow(/no output no/);
  expect(joining('y', 'no')).toThrow(/no input no/);
  expect(joining('y', 'inner', renameValues(second, { z: 'x' }))).toThrow(/both .* input x/);
  expect(() => withMetadata(Uint8Array.of(1, 2, 3), {})).toThrow(/not an ONNX file/);
});

test('values get other names, properties other values, and nothing else changes', async () => {
  const model = scaled(3);
  const changed = withMetadata(renameValues(model, { x: 'in', y: 'out' }), {
    factor: 'π',
    more: '',
  });
  expect(await run(changed, { in: [1, 2] })).toEqual({ out: [3, 6] });
  expect(readModel(changed).metadata).toEqual({ factor: 'π', more: '' });
  const back = withMetadata(renameValues(changed, { in: 'x', out: 'y' }), { factor: '3' });
  const { metadata: _, ...rest } = readModel(back);
  const { metadata: __, ...before } = readModel(model);
  expect(rest).toEqual(before);
});
