import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostArray } from '../compiler/arrays.ts';
import { np } from '../compiler/jax.ts';
import { createRng } from '../core/rng.ts';
import { dense, initDense } from '../models/layers/index.ts';
import { drawKey, normalBits } from '../models/layers/random.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { meanSquaredError } from './losses/index.ts';
import { adam, cosine } from './optimisers/index.ts';
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

describe('a training that stops', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringtrue-trainer-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const rng = createRng(5);
  const numbers = (step: number) =>
    hostArray(
      [16, 3],
      Float32Array.from({ length: 48 }, (_, i) => rng.split(`batch ${step}`).split(i).normal()),
    );
  const make = ({ training = 'one', power = 2 } = {}) =>
    createTrainer({
      parameters: {
        first: initDense(rng.split('first'), { inputs: 3, outputs: 4 }),
        second: initDense(rng.split('second'), { inputs: 4, outputs: 1 }),
      },
      example: numbers(0),
      optimiser: adam({ learningRate: cosine({ steps: 20, peak: 0.05 }) }),
      backend: createOnnxNodeBackend(),
      training,
      loss(p, x, key) {
        const y = dense(p.second, np.tanh(dense(p.first, x.add(normalBits(key, [16, 3])))));
        const loss = np.mean(np.power(y.sub(np.sum(x, 1, { keepdims: true })), power));
        return { loss, told: { largest: np.max(np.abs(y)) } };
      },
    });
  type Made = Awaited<ReturnType<typeof make>>;
  const advance = async (trainer: Made, to: number) => {
    const told: Readonly<Record<string, number>>[] = [];
    while (trainer.steps < to) {
      const { steps } = trainer;
      told.push(await trainer.step(numbers(steps), drawKey(rng.split(`key ${steps}`))));
    }
    return told;
  };

  test('goes on with the very numbers that it would have had', async () => {
    const path = join(folder, 'snapshots', 'last.safetensors');
    const whole = await make();
    const told = await advance(whole, 20);
    const killed = await make();
    expect(await killed.restore(path)).toBeNull();
    const before = await advance(killed, 8);
    await killed.snapshot(path, { losses: before.map(({ loss }) => loss!) });
    // What comes after the snapshot is lost.
    await advance(killed, 11);
    await killed.dispose();
    const again = await make();
    expect(await again.restore(path)).toEqual({
      steps: 8,
      more: { losses: told.slice(0, 8).map(({ loss }) => loss) },
    });
    expect([...before, ...(await advance(again, 20))]).toEqual(told);
    expect(await again.parameters()).toEqual(await whole.parameters());
    await again.snapshot(path);
    await whole.snapshot(join(folder, 'whole.safetensors'));
    expect(await readFile(path)).toEqual(await readFile(join(folder, 'whole.safetensors')));
    expect(await readdir(join(folder, 'snapshots'))).toEqual(['last.safetensors']);
    await again.dispose();
    await whole.dispose();
  });

  test('refuses snapshots of another training, of other code, and damaged ones', async () => {
    const path = join(folder, 'other.safetensors');
    const trainer = await make();
    await advance(trainer, 2);
    await trainer.snapshot(path);
    const parameters = await trainer.parameters();
    const [other, code] = [await make({ training: 'two' }), await make({ power: 4 })];
    await expect(other.restore(path)).rejects.toMatchObject({ code: 'training/bad-checkpoint' });
    await expect(code.restore(path)).rejects.toMatchObject({ code: 'training/run-mismatch' });
    const bytes = await readFile(path);
    bytes[bytes.length - 3]! ^= 4;
    await writeFile(path, bytes);
    await expect(trainer.restore(path)).rejects.toMatchObject({ code: 'training/bad-checkpoint' });
    expect(trainer.steps).toBe(2);
    expect(await trainer.parameters()).toEqual(parameters);
    for (const each of [trainer, other, code]) await each.dispose();
  });

  test('tells which arrays were not finite, and keeps the last good state', async () => {
    const trainer = await make();
    await advance(trainer, 3);
    const path = join(folder, 'good.safetensors');
    await trainer.snapshot(path);
    const bad = numbers(3);
    bad.data[7] = Number.POSITIVE_INFINITY;
    await expect(trainer.step(bad, drawKey(rng.split('key 3')))).rejects.toMatchObject({
      code: 'training/diverged',
      message: expect.stringMatching(
        /^step 3: the loss is (NaN|Infinity); gradients that are not finite: first\.bias, first\.weight/,
      ),
      details: { what: 'loss', step: 3 },
    });
    expect(trainer.steps).toBe(3);
    const after = join(folder, 'after.safetensors');
    await trainer.snapshot(after);
    expect(await readFile(after)).toEqual(await readFile(path));
    // And goes on as if the step had not been.
    const whole = await make();
    const told = await advance(whole, 5);
    expect(await advance(trainer, 5)).toEqual(told.slice(3));
    await trainer.dispose();
    await whole.dispose();
  });
});
