import { expect, test } from 'vitest';
import { expectClose } from '../../test/helpers/conformance.ts';
import { expectGradient } from '../../test/helpers/gradients.ts';
import { runCompiled } from '../../test/helpers/run-compiled.ts';
import { numbers, stepOf, WHOLE_MODELS } from '../../test/helpers/whole-models.ts';
import { createRng } from '../core/rng.ts';
import { dumpGraph } from '../graph/dump.ts';
import { type EncoderParameters, encoder, initEncoder } from '../models/layers/index.ts';
import { adam, applyUpdates, constant } from '../training/optimisers/index.ts';
import { withSettings } from '../training/recipe.ts';
import { lcnn } from '../training/recipes/lcnn.ts';
import { exampleInput, firstState, stepFunction } from '../training/step.ts';
import {
  branch,
  type HostValues,
  hostScalar,
  leaf,
  scalarOf,
  type TracedValues,
} from '../training/trees.ts';
import { isHostArray } from './arrays.ts';
import { compileFunction } from './compile.ts';
import { np, type Traced, valueAndGrad } from './jax.ts';
import { printProgram } from './program.ts';
import { interpret, trace } from './trace.ts';
import { leavesOf } from './tree.ts';

const cases = Object.entries(WHOLE_MODELS);

/** A training step of our own layers and optimisers, and what it takes. */
interface OwnStep {
  readonly args: readonly HostValues[];
  readonly step: (...args: TracedValues[]) => unknown;
}

/** The recipe's whole step: clipped gradient, AdamW, averages, and what is told of it. */
function lcnnStep(): OwnStep {
  const network = withSettings(lcnn.definition, lcnn.definition.settings.parse({ batch: 2 }));
  // The dense layers take 75 places: this is the least input with as many.
  const dims = [48, 400];
  const state = firstState(network, { rng: createRng(1), dims, steps: 10 });
  return { args: [state, exampleInput(network, dims)], step: stepFunction(network, 10) };
}

/** An encoder block whose result Adam makes small. */
function encoderStep(): OwnStep {
  // Parameters are trees, seen here without their names.
  const parameters = initEncoder(createRng(1), { channels: 8, inner: 16 }) as unknown as HostValues;
  // Keys have a bias without effect, of which Adam by itself would make steps of rounding errors.
  const optimiser = adam({ learningRate: constant(1e-3), epsilon: 1e-3 });
  const loss = (p: TracedValues, x: Traced): Traced =>
    np.mean(np.square(encoder(p as unknown as EncoderParameters<Traced>, x, { heads: 2 })));
  return {
    args: [
      { parameters, optimiser: optimiser.init(parameters) },
      { x: numbers(2, 5, 8), step: hostScalar(0) },
    ],
    step(state, batch) {
      const before = branch(state!, 'parameters');
      const [value, gradient] = valueAndGrad(loss)(before, leaf(branch(batch!, 'x')));
      const { updates, state: after } = optimiser.update(gradient, branch(state!, 'optimiser'), {
        parameters: before,
        step: scalarOf(branch(batch!, 'step')),
        scale: np.ones([]),
      });
      return { loss: value, parameters: applyUpdates(before, updates), optimiser: after };
    },
  };
}

const OWN_STEPS = { 'lcnn-step': lcnnStep, 'encoder-step': encoderStep } as const;

const FOLDER = '../../test/fixtures/compiler';

test.each(cases)('%s: the traced program and the graph of a training step', async (name, model) => {
  const args = [model.parameters, ...model.batch] as const;
  const step = stepOf(model);
  const { program } = trace(step, args);
  await expect(printProgram(program)).toMatchFileSnapshot(`${FOLDER}/${name}.program.txt`);
  const graph = dumpGraph(compileFunction(step, args).model);
  await expect(graph).toMatchFileSnapshot(`${FOLDER}/${name}.graph.txt`);
});

test.each(Object.entries(OWN_STEPS))('%s: the graph', async (name, make) => {
  const { args, step } = make();
  const graph = dumpGraph(compileFunction(step as never, args).model);
  await expect(graph).toMatchFileSnapshot(`${FOLDER}/${name}.graph.txt`);
});

/** Compares the results of a step with those of jax-js. */
async function expectSame(
  step: (...args: never[]) => unknown,
  args: readonly unknown[],
): Promise<void> {
  const want = leavesOf(interpret(step as never, args), isHostArray);
  const got = leavesOf(await runCompiled(step as never, args), isHostArray);
  expect(got.map(({ path }) => path)).toEqual(want.map(({ path }) => path));
  for (const [i, { value, path }] of want.entries()) expectClose(got[i]!.value, value, 1e-5, path);
}

test.each(cases)('%s: a training step does what jax-js does', async (_name, model) => {
  await expectSame(stepOf(model), [model.parameters, ...model.batch]);
});

test('encoder-step: does what jax-js does', async () => {
  const { args, step } = encoderStep();
  await expectSame(step, args);
});

/** Keys of draws have no gradient. */
const smooth = cases.filter(([, { batch }]) =>
  batch.every(({ data }) => data instanceof Float32Array),
);

test.each(smooth)(
  '%s: gradients are finite differences',
  async (_name, { parameters, batch, loss }) => {
    const tree = { parameters, batch: [...batch] };
    await expectGradient(tree, ({ parameters: p, batch: b }) => loss(p, ...b), { tolerance: 2e-2 });
  },
);
