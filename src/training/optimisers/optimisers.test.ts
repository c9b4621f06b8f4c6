import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HostArray, hostArray } from '../../compiler/arrays.ts';
import { np } from '../../compiler/jax.ts';
import { interpret } from '../../compiler/trace.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { prepareFunction, prepareStep } from '../engine.ts';
import { branch, type HostValues, hostLeaf, hostScalar, scalarOf } from '../trees.ts';
import {
  type Averaging,
  adam,
  adamw,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  clipByValue,
  constant,
  cosine,
  descend,
  ema,
  globalNorm,
  lion,
  nextPlateau,
  type Optimiser,
  oneCycle,
  PLATEAU_START,
  type PlateauOptions,
  type Schedule,
  sgd,
  stepDecay,
  swa,
  warmUp,
} from './index.ts';

interface Values {
  readonly weight: readonly number[];
  readonly bias: readonly number[];
}

interface Vectors {
  readonly parameters: Values;
  readonly gradients: readonly Values[];
  readonly optimisers: Readonly<Record<string, readonly Values[]>>;
  readonly schedules: Readonly<Record<string, readonly number[]>>;
  readonly plateau: {
    readonly values: number[];
    readonly short: number[];
    readonly cooldown: number[];
  };
}

// test/fixtures/training/optimisers.py wrote it.
const vectors = JSON.parse(
  await readFile(
    new URL('../../../test/fixtures/training/optimisers.json', import.meta.url),
    'utf8',
  ),
) as Vectors;

/** Both sides work in float32 on values around 1: a few roundings of 6e-8 a step, 12 steps. */
const TOLERANCE = 4e-6;

const treeOf = ({ weight, bias }: Values) => ({
  weight: hostArray([3, 4], Float32Array.from(weight)),
  bias: hostArray([4], Float32Array.from(bias)),
});

/** Parameters (or their averages) after every step on the gradients of the vectors. */
async function trajectory(optimiser: Optimiser, averaging?: Averaging): Promise<HostValues[]> {
  const parameters = treeOf(vectors.parameters);
  const state: HostValues = {
    parameters,
    optimiser: optimiser.init(parameters),
    average: averaging?.init(parameters) ?? {},
  };
  const prepared = await prepareStep(
    createOnnxNodeBackend(),
    (before, batch) => {
      const parameters = branch(before, 'parameters');
      const step = scalarOf(branch(batch, 'step'));
      const result = optimiser.update(branch(batch, 'gradient'), branch(before, 'optimiser'), {
        parameters,
        step,
        scale: np.ones([]),
      });
      const next = applyUpdates(parameters, result.updates);
      const average = branch(before, 'average');
      return {
        state: {
          parameters: next,
          optimiser: result.state,
          average: averaging?.update(average, next, step) ?? average,
        },
        metrics: {},
      };
    },
    { state, batch: { gradient: treeOf(vectors.gradients[0]!), step: hostScalar(0) } },
  );
  const out: HostValues[] = [];
  for (const [i, gradient] of vectors.gradients.entries()) {
    await prepared.step({ gradient: treeOf(gradient), step: hostScalar(i) });
    const after = await prepared.snapshot();
    out.push(averaging?.read(branch(after, 'average')) ?? branch(after, 'parameters'));
  }
  await prepared.dispose();
  return out;
}

function largestDifference(actual: HostValues, expected: Values): number {
  const of = (data: HostArray['data'], values: readonly number[]): number =>
    values.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
  return Math.max(
    ...(['weight', 'bias'] as const).map((name) =>
      of(hostLeaf(branch(actual, name)).data, expected[name]),
    ),
  );
}

const OPTIMISERS: Readonly<Record<string, Optimiser>> = {
  sgd: sgd({ learningRate: 0.1 }),
  momentum: sgd({ learningRate: 0.1, momentum: 0.9, decay: 0.05 }),
  nesterov: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
  adam: adam({ learningRate: 0.01, decay: 0.1 }),
  adamw: adamw({ learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, decay: 0.1 }),
  'adamw-mask': adamw({ learningRate: 0.01, decay: 0.2, mask: (path) => path === 'weight' }),
  lion: lion({ learningRate: 0.01, decay: 0.1 }),
  'clip-norm': chain(clipByGlobalNorm(1.5), sgd({ learningRate: 0.1 })),
  'clip-value': chain(clipByValue(0.7), sgd({ learningRate: 0.1 })),
};

describe.each(Object.entries(OPTIMISERS))('%s', (name, optimiser) => {
  test('goes where PyTorch goes, step by step', async () => {
    const expected = vectors.optimisers[name]!;
    const actual = await trajectory(optimiser);
    expect(actual).toHaveLength(expected.length);
    for (const [step, values] of expected.entries())
      expect(largestDifference(actual[step]!, values)).toBeLessThan(TOLERANCE);
  });
});

test('stochastic weight averaging holds the means that PyTorch holds', async () => {
  const actual = await trajectory(sgd({ learningRate: 0.1 }), swa({ start: 4, every: 2 }));
  for (const [step, values] of vectors.optimisers.swa!.entries())
    expect(largestDifference(actual[step]!, values)).toBeLessThan(TOLERANCE);
});

test.each([
  [false, () => 0.9],
  [true, (t: number) => Math.min(0.9, (1 + t) / (10 + t))],
])('moving averages follow their recursion (warm-up %s)', async (warm, rateAt) => {
  const weights = vectors.optimisers.sgd!;
  const actual = await trajectory(sgd({ learningRate: 0.1 }), ema({ decay: 0.9, warmUp: warm }));
  let { weight, bias } = vectors.parameters;
  for (const [t, values] of weights.entries()) {
    const rate = rateAt(t);
    const mix = (old: number, fresh: number): number => rate * old + (1 - rate) * fresh;
    weight = weight.map((value, i) => mix(value, values.weight[i]!));
    bias = bias.map((value, i) => mix(value, values.bias[i]!));
    expect(largestDifference(actual[t]!, { weight, bias })).toBeLessThan(TOLERANCE);
  }
});

/** Values of a schedule at the steps 0, 1, …. */
async function ratesOf(schedule: Schedule, steps: number): Promise<number[]> {
  const prepared = await prepareFunction(
    createOnnxNodeBackend(),
    (step) => schedule(scalarOf(step!)).reshape([1]),
    [hostScalar(0)],
  );
  const rates: number[] = [];
  for (let step = 0; step < steps; step += 1)
    rates.push(hostLeaf(await prepared.run(hostScalar(step))).data[0]!);
  await prepared.dispose();
  return rates;
}

const SCHEDULES: Readonly<Record<string, Schedule>> = {
  cosine: cosine({ steps: 11, peak: 0.1, floor: 0.005 }),
  step: stepDecay({ every: 3, peak: 0.1, factor: 0.5 }),
  'one-cycle': oneCycle({ steps: 12, peak: 0.1 }),
  'warm-up': warmUp({ steps: 4, peak: 0.1, from: 0.1, after: cosine({ steps: 8, peak: 0.1 }) }),
};

test.each(Object.entries(SCHEDULES))("the schedule %s is PyTorch's", async (name, schedule) => {
  const expected = vectors.schedules[name]!;
  const rates = await ratesOf(schedule, expected.length);
  // Cosines in float32 near the end of a cycle: 0.1 · 6e-8 of the peak, twice.
  for (const [step, rate] of expected.entries())
    expect(Math.abs(rates[step]! - rate)).toBeLessThan(5e-8);
});

test('schedules hold their last value, constants are constant', async () => {
  expect((await ratesOf(cosine({ steps: 3, peak: 1, floor: 0.25 }), 6)).slice(3)).toEqual([
    0.25, 0.25, 0.25,
  ]);
  expect((await ratesOf(oneCycle({ steps: 4, peak: 1 }), 8)).slice(5)).toEqual(
    new Array(3).fill(Math.fround(4e-6)),
  );
  expect(await ratesOf(constant(0.5), 3)).toEqual([0.5, 0.5, 0.5]);
});

test.each([
  ['short', { patience: 1, factor: 0.5 }],
  ['cooldown', { patience: 0, factor: 0.1, cooldown: 2, floor: 0.005, threshold: 0.3 }],
] as const)(
  'plateaus lower the rate where PyTorch lowers it: %s',
  (name, options: PlateauOptions) => {
    let state = PLATEAU_START;
    const scales = vectors.plateau.values.map((value) => {
      state = nextPlateau(state, value, options);
      return state.scale;
    });
    for (const [i, expected] of vectors.plateau[name].entries())
      expect(scales[i]).toBeCloseTo(expected, 12);
  },
);

const arrays = fc
  .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 6, maxLength: 6 })
  .map((values) => hostArray([2, 3], Float32Array.from(values)));

test('clipped gradients keep their direction and never exceed the norm', () => {
  fc.assert(
    fc.property(arrays, arrays, fc.double({ min: 0.1, max: 20, noNaN: true }), (a, b, maxNorm) => {
      const { clipped, norm } = interpret(
        (tree) => {
          const context = { parameters: tree, step: np.zeros([]), scale: np.ones([]) };
          return {
            clipped: clipByGlobalNorm(maxNorm).update(tree, {}, context).updates as typeof tree,
            norm: globalNorm(tree),
          };
        },
        [{ a, b }],
        // Traced values become host arrays.
      ) as unknown as { clipped: Record<'a' | 'b', HostArray>; norm: HostArray };
      const before = [...a.data, ...b.data];
      const after = [...clipped.a.data, ...clipped.b.data];
      const length = Math.hypot(...before);
      expect(Math.abs(norm.data[0]! - length)).toBeLessThan(1e-5 * Math.max(1, length));
      expect(Math.hypot(...after)).toBeLessThan(maxNorm * (1 + 1e-6));
      const factor = Math.min(1, maxNorm / (length + 1e-6));
      for (const [i, value] of after.entries())
        expect(Math.abs(value - before[i]! * factor)).toBeLessThan(1e-5);
    }),
    { numRuns: 25, seed: 5 },
  );
});

test("the host's scale multiplies the learning rate", () => {
  const tree = { a: hostArray([2], Float32Array.of(1, -2)) };
  const update = interpret(
    (g) => {
      const context = { parameters: g.tree, step: np.zeros([]), scale: g.scale.reshape([]) };
      return descend(0.5).update(g.tree, {}, context).updates as typeof g.tree;
    },
    [{ tree, scale: hostScalar(0.25) }],
  );
  expect(update.a.data).toEqual(Float32Array.of(-0.125, 0.25));
});
