import { expect, test } from 'vitest';
import { hostArray } from '../../compiler/arrays.ts';
import { compileFunction } from '../../compiler/compile.ts';
import { createRng } from '../../core/rng.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { gru, initGru, initLstm, lstm } from './index.ts';

const SIZES = { inputs: 3, hidden: 4, layers: 2, bidirectional: true };
const TIME = 5;

/** One float has 24 bits; matrix products of other sizes add up in other orders. */
const TOLERANCE = 1e-6;

test.each([
  ['gru', initGru, gru],
  ['lstm', initLstm, lstm],
] as const)('%s takes any number of examples once exported', async (_, init, layer) => {
  const rng = createRng(5);
  const { model, inputs, outputs } = compileFunction(
    (p, x) => layer(p, x).y,
    [init(rng.split('weights'), SIZES), hostArray([1, TIME, 3], new Float32Array(TIME * 3))],
    { constants: 1, freeAxis: 'batch' },
  );
  const session = await createOnnxNodeBackend().load(model);
  const run = async (data: Float32Array) => {
    const dims = [data.length / TIME / 3, TIME, 3];
    const results = await session.run({ [inputs[0]!.name]: { dims, data } });
    return Array.from(results[outputs[0]!.name]!.data, Number);
  };
  const three = Float32Array.from({ length: 3 * TIME * 3 }, () => rng.normal());
  const together = await run(three);
  const alone: number[] = [];
  for (const at of [0, 1, 2]) alone.push(...(await run(three.slice(at * 15, at * 15 + 15))));
  await session.dispose();
  expect(together).toHaveLength(3 * TIME * 8);
  const difference = Math.max(...together.map((value, i) => Math.abs(value - alone[i]!)));
  expect(difference).toBeLessThan(TOLERANCE);
  expect(Math.max(...together)).toBeGreaterThan(0.1);
});
