/**
 * What every backend must do, as tests that run on any of them.
 * @module
 */

import { expect, test } from 'vitest';
import { createGraph } from '../../src/graph/build.ts';
import type { Backend } from '../../src/runtime/backend.ts';

/** y = A·x with A = [[1, 2], [3, 4]], and the shape of x. */
function smallModel(): Uint8Array {
  const graph = createGraph({ name: 'small' });
  graph.input('x', [2, 'columns']);
  graph.initialiser('a', [2, 2], Float32Array.of(1, 2, 3, 4));
  graph.output(graph.node('MatMul', ['a', 'x'], { name: 'y' }), [2, 'columns']);
  graph.output(graph.node('Shape', ['x'], { name: 'shape' }), [2], 'int64');
  return graph.bytes();
}

/** Registers the tests of the backend contract. */
export function testBackend(create: () => Backend): void {
  test('runs a model with free axes, more than one output and whole numbers', async () => {
    const session = await create().load(smallModel());
    expect(session.inputs).toEqual(['x']);
    expect(session.outputs).toEqual(['y', 'shape']);
    const { y, shape } = await session.run({
      x: { dims: [2, 3], data: Float32Array.of(1, 0, 2, 0, 1, -1) },
    });
    expect(y).toEqual({ dims: [2, 3], data: Float32Array.of(1, 2, 0, 3, 4, 2) });
    expect(shape).toEqual({ dims: [2], data: BigInt64Array.of(2n, 3n) });
    const again = await session.run({ x: { dims: [2, 1], data: Float32Array.of(1, 1) } });
    expect(again.y?.data).toEqual(Float32Array.of(3, 7));
    await session.dispose();
  });

  test('two sessions do not disturb each other', async () => {
    const backend = create();
    const first = await backend.load(smallModel());
    const second = await backend.load(smallModel());
    await first.dispose();
    const { y } = await second.run({ x: { dims: [2, 1], data: Float32Array.of(1, 1) } });
    expect(y?.data).toEqual(Float32Array.of(3, 7));
    await second.dispose();
  });

  test('bytes that are no model are models/bad-file', async () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    await expect(create().load(bytes)).rejects.toMatchObject({ code: 'models/bad-file' });
  });

  test('feeds of a wrong name or shape are models/bad-output', async () => {
    const session = await create().load(smallModel());
    const code = { code: 'models/bad-output' };
    const data = Float32Array.of(1, 2, 3);
    await expect(session.run({ z: { dims: [3, 1], data } })).rejects.toMatchObject(code);
    await expect(session.run({ x: { dims: [3, 1], data } })).rejects.toMatchObject(code);
    await expect(session.run({ x: { dims: [2, 2], data } })).rejects.toMatchObject(code);
    await session.dispose();
  });
}
