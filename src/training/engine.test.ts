import { expect, expectTypeOf, test } from 'vitest';
import { type HostArray, hostArray } from '../compiler/arrays.ts';
import { compileFunction } from '../compiler/compile.ts';
import { valueAndGrad } from '../compiler/jax.ts';
import type { Backend } from '../runtime/backend.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { prepareStep, readyStep } from './engine.ts';
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

const floats = (...numbers: number[]): HostArray =>
  hostArray([numbers.length], Float32Array.from(numbers));

test('a compiled step keeps its state, of the types of the function', async () => {
  const state = { w: floats(0, 0), steps: hostArray([1], Uint32Array.of(7)) };
  const compiled = compileFunction(
    ({ w, steps }, x) => {
      const [loss, gradient] = valueAndGrad((p: typeof w) => p.sub(x).mul(p.sub(x)).sum())(w);
      return {
        state: { w: w.sub(gradient.mul(0.25)), steps: steps.add(1) },
        metrics: { loss: loss.reshape([1]) },
      };
    },
    [state, floats(0, 0)],
  );
  const ready = await readyStep(compiled, createOnnxNodeBackend(), { state });
  expectTypeOf(ready.step).parameters.toEqualTypeOf<[HostArray]>();
  const { loss } = await ready.step(floats(4, 8));
  expectTypeOf(loss).toEqualTypeOf<HostArray>();
  expect([...loss.data]).toEqual([80]);
  await ready.step(floats(4, 8));
  const { w, steps } = await ready.snapshot();
  expect([...w.data]).toEqual([3, 6]);
  expect(steps.data).toEqual(Uint32Array.of(9));
  await ready.replace({ w: floats(4, 8), steps });
  expect([...(await ready.step(floats(4, 8))).loss.data]).toEqual([0]);
  const code = 'runtime/bad-feeds';
  await expect(ready.step(floats(1))).rejects.toMatchObject({ code });
  await expect(ready.replace({ w: floats(1), steps })).rejects.toMatchObject({ code });
  await ready.dispose();
});

test('a state that changes its form is told by name', async () => {
  const state = { w: floats(0, 0) };
  const compiled = compileFunction(
    ({ w }, x) => ({ state: { w: w.sum().reshape([1]).add(x) }, metrics: {} }),
    [state, floats(0)],
  );
  await expect(readyStep(compiled, createOnnxNodeBackend(), { state })).rejects.toMatchObject({
    code: 'runtime/bad-feeds',
    message: 'w of the state is float32[2] before a step and float32[1] after it',
  });
});
