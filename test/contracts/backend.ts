/**
 * What every backend must do, as tests that run on any of them.
 * @module
 */

import { afterAll, describe, expect, test } from 'vitest';
import { createGraph, type ElementType } from '../../src/graph/build.ts';
import type { Backend, RuntimeSession, Tensor, TensorData } from '../../src/runtime/backend.ts';
import { createStepper } from '../../src/runtime/stepper.ts';

/** y = A·x with A = [[1, 2], [3, 4]], and the shape of x. */
export function smallModel(): Uint8Array {
  const graph = createGraph({ name: 'small' });
  graph.input('x', [2, 'columns']);
  graph.initialiser('a', [2, 2], Float32Array.of(1, 2, 3, 4));
  graph.output(graph.node('MatMul', ['a', 'x'], { name: 'y' }), [2, 'columns']);
  graph.output(graph.node('Shape', ['x'], { name: 'shape' }), [2], 'int64');
  return graph.bytes();
}

/** One operation on one input. */
function unary(
  operator: string,
  [from, to]: readonly [ElementType, ElementType],
  attributes: Readonly<Record<string, number>> = {},
): Uint8Array {
  const graph = createGraph({ name: 'unary' });
  graph.input('x', ['n'], from);
  graph.output(graph.node(operator, ['x'], { name: 'y', attributes }), ['n'], to);
  return graph.bytes();
}

/** n ones, where n is fed: a tensor of any size. */
function ones(): Uint8Array {
  const graph = createGraph({ name: 'ones' });
  graph.input('n', [1], 'int64');
  graph.initialiser('one', [1], Float32Array.of(1));
  graph.output(graph.node('Expand', ['one', 'n'], { name: 'y' }), ['n']);
  return graph.bytes();
}

/** State w [3], velocity v [3], count [] (rank 0) and flag (bool); batch x [3]; metrics loss [] and seen [3]. */
export function stepModel(): Uint8Array {
  const graph = createGraph({ name: 'step' });
  const w = graph.input('w', [3]);
  const v = graph.input('v', [3]);
  const count = graph.input('count', []);
  const flag = graph.input('flag', [1], 'bool');
  const x = graph.input('x', [3]);
  const half = graph.initialiser('half', [], Float32Array.of(0.5));
  const one = graph.initialiser('one', [], Float32Array.of(1));
  const error = graph.node('Sub', [w, x]);
  const halved = graph.node('Mul', [v, half]);
  const velocity = graph.node('Add', [halved, error], { name: 'v.next' });
  const moved = graph.node('Mul', [velocity, half]);
  graph.output(graph.node('Sub', [w, moved], { name: 'w.next' }), [3]);
  graph.output(velocity, [3]);
  graph.output(graph.node('Add', [count, one], { name: 'count.next' }), []);
  graph.output(graph.node('Not', [flag], { name: 'flag.next' }), [1], 'bool');
  const squares = graph.node('Mul', [error, error]);
  const attributes = { keepdims: 0 };
  graph.output(graph.node('ReduceSum', [squares], { name: 'loss', attributes }), []);
  graph.output(graph.node('Identity', [x], { name: 'seen' }), [3]);
  return graph.bytes();
}

/** The inputs of {@link stepModel} that are state, with their updates and first values. */
export const STEP_STATE = {
  updates: { w: 'w.next', v: 'v.next', count: 'count.next', flag: 'flag.next' },
  state: {
    w: { dims: [3], data: Float32Array.of(1, 2, 3) },
    v: { dims: [3], data: new Float32Array(3) },
    count: { dims: [], data: new Float32Array(1) },
    flag: { dims: [1], data: Uint8Array.of(0), type: 'bool' },
  },
} as const;

/** The step in plain arithmetic; every number is a binary fraction, so that equality is exact. */
function stepByHand(w: Float32Array, v: Float32Array, x: Float32Array): number {
  let loss = 0;
  for (let i = 0; i < w.length; i += 1) {
    const error = w[i]! - x[i]!;
    v[i] = v[i]! / 2 + error;
    w[i] = w[i]! - v[i]! / 2;
    loss += error * error;
  }
  return loss;
}

/** Two values of each element type, in the array that holds it. */
const SAMPLES: Readonly<Record<ElementType, TensorData>> = {
  float32: Float32Array.of(1.5, -2),
  float64: Float64Array.of(1.5, -2e300),
  // 1.5 and -2 in IEEE half precision.
  float16: Uint16Array.of(0x3e00, 0xc000),
  int64: BigInt64Array.of(1n, -(2n ** 60n)),
  int32: Int32Array.of(1, -2),
  int8: Int8Array.of(1, -2),
  uint64: BigUint64Array.of(1n, 2n ** 63n),
  uint32: Uint32Array.of(1, 2 ** 31),
  uint8: Uint8Array.of(1, 200),
  bool: Uint8Array.of(1, 0),
};

/** 2^38 numbers of 4 bytes: a terabyte. */
const TERABYTE = 1n << 38n;

/** What a backend may say of itself. */
export interface BackendTraits {
  /** Element types whose Concat the engine cannot run. @default none */
  readonly lacks?: readonly ElementType[];
}

/** Registers the tests of the backend contract. */
export function testBackend(create: () => Backend, traits: BackendTraits = {}): void {
  const backend = create();
  const open = (bytes: Uint8Array) => backend.load(bytes);
  const column = (...data: number[]): Tensor => ({ dims: [2, 1], data: Float32Array.from(data) });

  test('runs a model with free axes, more than one output and whole numbers', async () => {
    const session = await open(smallModel());
    expect(session.inputs).toEqual(['x']);
    expect(session.outputs).toEqual(['y', 'shape']);
    const { y, shape } = await session.run({
      x: { dims: [2, 3], data: Float32Array.of(1, 0, 2, 0, 1, -1) },
    });
    expect(y).toEqual({ dims: [2, 3], data: Float32Array.of(1, 2, 0, 3, 4, 2) });
    expect(shape).toEqual({ dims: [2], data: BigInt64Array.of(2n, 3n) });
    const again = await session.run({ x: column(1, 1) });
    expect(again.y?.data).toEqual(Float32Array.of(3, 7));
    await session.dispose();
  });

  test('two sessions do not disturb each other, and a session may be disposed of twice', async () => {
    const first = await open(smallModel());
    const second = await open(smallModel());
    await first.dispose();
    await first.dispose();
    const { y } = await second.run({ x: column(1, 1) });
    expect(y?.data).toEqual(Float32Array.of(3, 7));
    await second.dispose();
    await expect(second.run({ x: column(1, 1) })).rejects.toMatchObject({ code: 'core/internal' });
  });

  test.each(['all', 'extended', 'basic', 'disabled'] as const)(
    'optimisation %s changes no result',
    async (optimisation) => {
      const session = await backend.load(smallModel(), { optimisation });
      const { y } = await session.run({ x: column(1, 1) });
      expect(y?.data).toEqual(Float32Array.of(3, 7));
      await session.dispose();
    },
  );

  for (const [type, data] of Object.entries(SAMPLES)) {
    // Object.entries forgets that the keys are element types.
    const element = type as ElementType;
    test(`${type} goes in and comes out${traits.lacks?.includes(element) ? ', or is refused' : ''}`, async () => {
      const graph = createGraph({ name: 'twice' });
      graph.input('x', ['n'], element);
      graph.output(
        graph.node('Concat', ['x', 'x'], { name: 'y', attributes: { axis: 0 } }),
        ['m'],
        element,
      );
      if (traits.lacks?.includes(element)) {
        await expect(open(graph.bytes())).rejects.toMatchObject({ code: 'models/bad-file' });
        return;
      }
      const session = await open(graph.bytes());
      const { y } = await session.run({ x: { dims: [2], data } });
      expect(Array.from<number | bigint>(y!.data)).toEqual([...data, ...data]);
      expect(y!.data.constructor).toBe(data.constructor);
      expect(y!.type).toBe(element === 'bool' ? 'bool' : undefined);
      const typed = await session.run({ x: { dims: [2], data, type: element } });
      expect(typed.y).toEqual(y);
      const empty = await session.run({ x: { dims: [0], data: data.slice(0, 0) } });
      expect(empty.y).toMatchObject({ dims: [0], data: data.slice(0, 0) });
      await session.dispose();
    });
  }

  test('outputs are written into given tensors, which the result then holds', async () => {
    const session = await open(smallModel());
    const y = { dims: [2, 1], data: new Float32Array(2) };
    const memory = y.data.buffer;
    const first = await session.run({ x: column(1, 1) }, { outputs: { y } });
    expect(first.y).toBe(y);
    expect(y.data.buffer).toBe(memory);
    expect(y.data).toEqual(Float32Array.of(3, 7));
    expect(first.shape?.data).toEqual(BigInt64Array.of(2n, 1n));
    await session.run({ x: column(1, 0) }, { outputs: { y } });
    expect(y.data).toEqual(Float32Array.of(1, 3));
    await session.dispose();
  });

  test('a given tensor may be part of a larger buffer; what is around it stays', async () => {
    const session = await open(smallModel());
    const all = new Float32Array(6).fill(-1);
    const y = { dims: [2, 1], data: all.subarray(2, 4) };
    const x = { dims: [2, 1], data: Float32Array.of(9, 1, 1, 9).subarray(1, 3) };
    await session.run({ x }, { outputs: { y } });
    expect(all).toEqual(Float32Array.of(-1, -1, 3, 7, -1, -1));
    await session.dispose();
  });

  test('large outputs into given tensors are whole, and the feeds stay', async () => {
    const size = 1 << 18;
    const session = await open(unary('Neg', ['float32', 'float32']));
    const x = { dims: [size], data: Float32Array.from({ length: size }, (_, i) => i) };
    const y = { dims: [size], data: new Float32Array(size) };
    await session.run({ x }, { outputs: { y } });
    expect(y.data.every((value, i) => value === -i)).toBe(true);
    expect(x.data.every((value, i) => value === i)).toBe(true);
    await session.dispose();
  });

  test('given tensors of a wrong type or dims are models/bad-output', async () => {
    const session = await open(smallModel());
    const code = { code: 'models/bad-output' };
    const wrong: readonly Tensor[] = [
      { dims: [2, 1], data: new Float64Array(2) },
      { dims: [1, 2], data: new Float32Array(2) },
      { dims: [2], data: new Float32Array(2) },
      { dims: [2, 2], data: new Float32Array(4) },
      { dims: [2, 1], data: new Float32Array(3) },
    ];
    for (const y of wrong) {
      await expect(session.run({ x: column(1, 1) }, { outputs: { y } })).rejects.toMatchObject(
        code,
      );
    }
    const z = { dims: [2, 1], data: new Float32Array(2) };
    await expect(session.run({ x: column(1, 1) }, { outputs: { z } })).rejects.toMatchObject(code);
    await session.dispose();
  });

  test('only the outputs that are asked for are returned', async () => {
    const session = await open(smallModel());
    const x = column(1, 1);
    expect(Object.keys(await session.run({ x }, { only: ['shape'] }))).toEqual(['shape']);
    const { shape } = await session.run({ x }, { only: ['shape'] });
    expect(shape).toEqual({ dims: [2], data: BigInt64Array.of(2n, 1n) });
    await expect(session.run({ x }, { only: ['z'] })).rejects.toMatchObject({
      code: 'models/bad-output',
    });
    await session.dispose();
  });

  test('feeds stay with the caller unless they are given away', async () => {
    const session = await open(smallModel());
    const x = column(1, 1);
    await session.run({ x });
    expect(x.data).toEqual(Float32Array.of(1, 1));
    const { y } = await session.run({ x }, { transfer: ['x'] });
    expect(y?.data).toEqual(Float32Array.of(3, 7));
    await session.dispose();
  });

  test('bytes that are no model are models/bad-file', async () => {
    const code = { code: 'models/bad-file' };
    await expect(open(Uint8Array.of(1, 2, 3, 4))).rejects.toMatchObject(code);
    await expect(open(new Uint8Array(0))).rejects.toMatchObject(code);
    const cut = smallModel();
    await expect(open(cut.subarray(0, cut.length - 9))).rejects.toMatchObject(code);
  });

  test('an operator that nobody knows and types that do not fit are models/bad-file', async () => {
    await expect(open(unary('Frobnicate', ['float32', 'float32']))).rejects.toMatchObject({
      code: 'models/bad-file',
      message: expect.stringContaining('Frobnicate'),
    });
    await expect(open(unary('Neg', ['float32', 'int64']))).rejects.toMatchObject({
      code: 'models/bad-file',
    });
  });

  test('feeds of a wrong name, type or shape are models/bad-output', async () => {
    const session = await open(smallModel());
    const code = { code: 'models/bad-output' };
    const data = Float32Array.of(1, 2, 3);
    await expect(session.run({ z: { dims: [3, 1], data } })).rejects.toMatchObject(code);
    await expect(session.run({ x: { dims: [3, 1], data } })).rejects.toMatchObject(code);
    await expect(session.run({ x: { dims: [2, 2], data } })).rejects.toMatchObject(code);
    await expect(session.run({})).rejects.toMatchObject(code);
    const doubles = { dims: [2, 1], data: Float64Array.of(1, 2) };
    await expect(session.run({ x: doubles })).rejects.toMatchObject(code);
    await expect(session.run({ x: column(1, 1), z: column(1, 1) })).rejects.toMatchObject(code);
    const { y } = await session.run({ x: column(1, 1) });
    expect(y?.data).toEqual(Float32Array.of(3, 7));
    await session.dispose();
  });

  test('a model that asks for a terabyte is runtime/out-of-memory, and the session lives on', async () => {
    const session = await open(ones());
    const n = { dims: [1], data: BigInt64Array.of(TERABYTE) };
    await expect(session.run({ n })).rejects.toMatchObject({ code: 'runtime/out-of-memory' });
    const { y } = await session.run({ n: { dims: [1], data: BigInt64Array.of(3n) } });
    expect(y?.data).toEqual(Float32Array.of(1, 1, 1));
    await session.dispose();
  });

  test('work that was cancelled before it began is core/cancelled', async () => {
    const session = await open(smallModel());
    const signal = AbortSignal.abort();
    const code = { code: 'core/cancelled' };
    await expect(backend.load(smallModel(), { signal })).rejects.toMatchObject(code);
    await expect(session.run({ x: column(1, 1) }, { signal })).rejects.toMatchObject(code);
    const { y } = await session.run({ x: column(1, 1) });
    expect(y?.data).toEqual(Float32Array.of(3, 7));
    await session.dispose();
  });

  describe('a step model', () => {
    const x = { dims: [3], data: Float32Array.of(0.5, 0, -1) };
    const opened = open(stepModel());
    afterAll(async () => (await opened).dispose());

    test('moves its state on as arithmetic by hand does', async () => {
      const stepper = createStepper(await opened, STEP_STATE);
      const w = Float32Array.of(1, 2, 3);
      const v = new Float32Array(3);
      for (let i = 1; i <= 5; i += 1) {
        const metrics = await stepper.step({ x });
        expect(Object.keys(metrics)).toEqual(['loss', 'seen']);
        expect(metrics.loss).toEqual({ dims: [], data: Float32Array.of(stepByHand(w, v, x.data)) });
        const { w: nextW, v: nextV, count, flag } = await stepper.read();
        expect(nextW).toEqual({ dims: [3], data: w });
        expect(nextV).toEqual({ dims: [3], data: v });
        expect(count?.data).toEqual(Float32Array.of(i));
        expect(flag?.data).toEqual(Uint8Array.of(i % 2));
        expect(stepper.steps).toBe(i);
      }
      expect(STEP_STATE.state.w.data).toEqual(Float32Array.of(1, 2, 3));
    });

    test('keeps its state in the same two sets of buffers', async () => {
      const session = await opened;
      const seen: TensorData[] = [];
      const watched: RuntimeSession = {
        ...session,
        run(feeds, options) {
          seen.push(feeds.w!.data, options!.outputs!['w.next']!.data);
          return session.run(feeds, options);
        },
      };
      const stepper = createStepper(watched, STEP_STATE);
      for (let i = 0; i < 4; i += 1) await stepper.step({ x });
      expect(new Set(seen).size).toBe(2);
      const [a, b] = seen;
      expect(seen.map((data) => (data === a ? 'a' : data === b ? 'b' : '?')).join('')).toBe(
        'abbaabba',
      );
      const { w } = await stepper.read(['w']);
      expect(seen).not.toContain(w?.data);
    });

    test('a failed or cancelled step leaves the state as it was', async () => {
      const stepper = createStepper(await opened, STEP_STATE);
      await stepper.step({ x });
      const before = await stepper.read();
      const bad = { dims: [2], data: new Float32Array(2) };
      await expect(stepper.step({ x: bad })).rejects.toMatchObject({ code: 'models/bad-output' });
      await expect(stepper.step({ x }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'core/cancelled',
      });
      expect(await stepper.read()).toEqual(before);
      expect(stepper.steps).toBe(1);
    });

    test('state that was read out and set again gives the same steps', async () => {
      const stepper = createStepper(await opened, STEP_STATE);
      await stepper.step({ x });
      const saved = await stepper.read();
      await stepper.step({ x });
      const expected = await stepper.read();
      await stepper.write(saved);
      expect(await stepper.read()).toEqual(saved);
      await stepper.step({ x });
      expect(await stepper.read()).toEqual(expected);
    });

    test('steps do not overlap', async () => {
      const stepper = createStepper(await opened, STEP_STATE);
      const first = stepper.step({ x });
      await expect(stepper.step({ x })).rejects.toMatchObject({ code: 'core/internal' });
      await first;
      expect(stepper.steps).toBe(1);
    });

    test('names and values that do not suit the model are models/bad-output', async () => {
      const session = await opened;
      const code = expect.objectContaining({ code: 'models/bad-output' });
      const { updates, state } = STEP_STATE;
      const make = (changes: Partial<{ updates: object; state: object }>) => () =>
        createStepper(session, {
          updates: { ...updates, ...changes.updates },
          state: { ...state, ...changes.state },
        });
      expect(make({ updates: { z: 'w.next' } })).toThrow(code);
      expect(make({ updates: { w: 'z' } })).toThrow(code);
      expect(make({ updates: { w: 'v.next' } })).toThrow(code);
      expect(make({ state: { x } })).toThrow(code);
      expect(() => createStepper(session, { updates, state: { w: state.w } })).toThrow(code);
      const stepper = createStepper(session, STEP_STATE);
      await expect(stepper.write({ x })).rejects.toEqual(code);
      const short = { dims: [2], data: new Float32Array(2) };
      await expect(stepper.write({ w: short })).rejects.toEqual(code);
      const whole = { dims: [3], data: new Int32Array(3) };
      await expect(stepper.write({ w: whole })).rejects.toEqual(code);
      await expect(stepper.read(['x'])).rejects.toEqual(code);
    });
  });
}
