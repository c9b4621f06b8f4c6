import { expect, test } from 'vitest';
import { hostArray } from '../compiler/arrays.ts';
import type { Backend } from '../runtime/backend.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { prepareStep } from './engine.ts';
import { branch, leaf } from './trees.ts';

test('a step frees its state, then its model', async () => {
  const freed: string[] = [];
  const engine = createOnnxNodeBackend({ threads: 1 });
  // An engine with memory of its own for the state, as the one of a browser.
  const backend: Backend = {
    ...engine,
    async load(model) {
      const session = await engine.load(model);
      return {
        ...session,
        keepState: () => ({
          step: async () => ({}),
          read: async () => ({ dims: [1], data: new Float32Array(1) }),
          write: async () => undefined,
          dispose: async () => void freed.push('state'),
        }),
        async dispose() {
          await session.dispose();
          freed.push('model');
        },
      };
    },
  };
  const one = hostArray([1], Float32Array.of(1));
  const prepared = await prepareStep(
    backend,
    (state, batch) => ({
      state: { w: leaf(branch(state, 'w')).add(leaf(branch(batch, 'x'))) },
      metrics: {},
    }),
    { state: { w: one }, batch: { x: one } },
  );
  await prepared.dispose();
  expect(freed).toEqual(['state', 'model']);
});
