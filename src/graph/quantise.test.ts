import { expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { createGraph } from './build.ts';
import { checkGraph } from './check.ts';
import { quantiseWeights } from './quantise.ts';

/** A convolution, a transposed convolution and a product; one small weight, one zero channel. */
function model(): Uint8Array {
  const rng = createRng(3);
  const random = (size: number): Float32Array =>
    Float32Array.from({ length: size }, () => rng.normal());
  const graph = createGraph({ name: 'model' });
  graph.input('x', [1, 4, 9]);
  const kernel = random(8 * 4 * 9);
  kernel.fill(0, 0, 36);
  graph.initialiser('kernel', [8, 4, 9], kernel);
  graph.initialiser('back', [8, 6, 7], random(8 * 6 * 7));
  graph.initialiser('product', [7, 50], random(350));
  graph.initialiser('small', [50, 2], random(100));
  graph.node('Conv', ['x', 'kernel'], { name: 'a' });
  graph.node('ConvTranspose', ['a', 'back'], { name: 'b' });
  graph.node('MatMul', ['b', 'product'], { name: 'c' });
  graph.output(graph.node('MatMul', ['c', 'small'], { name: 'y' }), [1, 6, 2]);
  return graph.bytes();
}

test('weights become a byte each, within half a step of their channel', async () => {
  const before = model();
  const { model: after, weights } = quantiseWeights(before);
  expect(weights.map(({ name }) => name).sort()).toEqual(['back', 'kernel', 'product']);
  // Half a step of 1 / 127 of the largest weight, and float32's rounding.
  for (const { error } of weights) expect(error).toBeLessThan(0.5 / 127 + 1e-6);
  expect(checkGraph(after)).toEqual([]);
  expect(after.length).toBeLessThan(0.6 * before.length);
  const backend = createOnnxNodeBackend();
  const data = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i));
  const [exact, rounded] = await Promise.all(
    [before, after].map(async (bytes) => {
      const session = await backend.load(bytes);
      const { y } = await session.run({ x: { dims: [1, 4, 9], data } });
      await session.dispose();
      return Array.from(y!.data, Number);
    }),
  );
  const size = Math.hypot(...exact!);
  expect(Math.hypot(...exact!.map((value, i) => value - rounded![i]!))).toBeLessThan(0.02 * size);
  expect(rounded).not.toEqual(exact);
});

test('bytes that are no model are models/bad-file', () => {
  expect(() => quantiseWeights(Uint8Array.of(255, 1, 2))).toThrowError(
    expect.objectContaining({ code: 'models/bad-file' }),
  );
});
