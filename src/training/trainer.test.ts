import { expect, test } from 'vitest';
import { hostArray } from '../compiler/arrays.ts';
import { np } from '../compiler/jax.ts';
import { createRng } from '../core/rng.ts';
import { dense, initDense } from '../models/layers/index.ts';
import { drawKey, normalBits } from '../models/layers/random.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { meanSquaredError } from './losses/index.ts';
import { adam } from './optimisers/index.ts';
import { createTrainer } from './trainer.ts';

test('least squares finds the line that made the points, though its inputs are jittered', async () => {
  const rng = createRng(4);
  const x = Float32Array.from({ length: 64 }, () => rng.normal());
  const batch = {
    x: hostArray([64, 1], x),
    y: hostArray(
      [64, 1],
      x.map((value) => 3 * value - 1),
    ),
  };
  const trainer = await createTrainer({
    parameters: initDense(rng.split('line'), { inputs: 1, outputs: 1 }),
    example: batch,
    optimiser: adam({ learningRate: () => np.array(0.1) }),
    backend: createOnnxNodeBackend(),
    loss(p, { x: inputs, y }, key) {
      const jitter = normalBits(key, [64, 1]).mul(0.01);
      const loss = meanSquaredError(dense(p, inputs.add(jitter)), y);
      return { loss, told: { jitter: np.sum(jitter) } };
    },
  });
  const told: Readonly<Record<string, number>>[] = [];
  for (let step = 0; step < 200; step += 1)
    told.push(await trainer.step(batch, drawKey(rng.split(step))));
  const { weight, bias } = await trainer.parameters();
  await trainer.dispose();
  expect(weight.data[0]).toBeCloseTo(3, 1);
  expect(bias?.data[0]).toBeCloseTo(-1, 1);
  expect(told.at(-1)?.loss).toBeLessThan(0.01);
  expect(told[0]?.loss).toBeGreaterThan(1);
  // Every step has draws of its own.
  expect(new Set(told.map(({ jitter }) => jitter)).size).toBe(200);
});
