import { expect, test } from 'vitest';
import { expectClose } from '../../test/helpers/conformance.ts';
import { expectGradient } from '../../test/helpers/gradients.ts';
import { runCompiled } from '../../test/helpers/run-compiled.ts';
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
import { type HostArray, hostArray, isHostArray, sizeOf, type TracedTree } from './arrays.ts';
import { compileFunction } from './compile.ts';
import { lax, nn, np, type Traced, valueAndGrad } from './jax.ts';
import { printProgram } from './program.ts';
import { interpret, trace } from './trace.ts';
import { leavesOf } from './tree.ts';

const rng = createRng(3);
const numbers = (...dims: number[]): HostArray =>
  hostArray(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => rng.between(-1, 1)),
  );

type Parameters = { readonly [name: string]: HostArray };

/** A model with a loss, its parameters and a batch. */
interface Model {
  readonly parameters: Parameters;
  readonly batch: readonly HostArray[];
  readonly loss: (p: TracedTree<Parameters, Traced>, ...batch: Traced[]) => Traced;
}

const crossEntropy = (logits: Traced, targets: Traced): Traced =>
  np.negative(np.mean(np.sum(nn.logSoftmax(logits).mul(targets), -1)));

const MODELS: Readonly<Record<string, Model>> = {
  cnn: {
    parameters: {
      w: numbers(4, 1, 3, 3),
      b: numbers(4),
      v: numbers(3, 4, 3, 3),
      out: numbers(3, 2),
    },
    batch: [numbers(2, 1, 8, 6), numbers(2, 2)],
    loss: (p, x, targets) => {
      const first = nn.relu(
        lax.convGeneralDilated(x, p.w!, [2, 2], 'SAME').add(p.b!.reshape([1, -1, 1, 1])),
      );
      const second = nn.relu(lax.convGeneralDilated(first, p.v!, [1, 1], 'SAME'));
      return crossEntropy(np.matmul(second.mean([2, 3]), p.out!), targets);
    },
  },
  'transformer-block': {
    parameters: {
      q: numbers(8, 8),
      k: numbers(8, 8),
      v: numbers(8, 8),
      o: numbers(8, 8),
      up: numbers(8, 16),
      down: numbers(16, 8),
      scale: numbers(8),
    },
    batch: [numbers(2, 5, 8)],
    loss: (p, x) => {
      const norm = (y: Traced): Traced => {
        const centred = y.sub(y.mean(-1, { keepdims: true }));
        const variance = np.square(centred).mean(-1, { keepdims: true });
        return centred.div(np.sqrt(variance.add(1e-5))).mul(p.scale!);
      };
      const heads = (y: Traced, w: Traced): Traced =>
        np.matmul(y, w).reshape([2, 5, 2, 4]).transpose([0, 2, 1, 3]);
      const inner = norm(x);
      const scores = np.matmul(heads(inner, p.q!), heads(inner, p.k!).transpose([0, 1, 3, 2]));
      const mixed = np.matmul(nn.softmax(scores.mul(0.5)), heads(inner, p.v!));
      const y = x.add(np.matmul(mixed.transpose([0, 2, 1, 3]).reshape([2, 5, 8]), p.o!));
      const z = y.add(np.matmul(nn.gelu(np.matmul(norm(y), p.up!)), p.down!));
      return np.mean(np.square(z));
    },
  },
  gru: {
    parameters: { w: numbers(3, 12), u: numbers(4, 12), b: numbers(12), out: numbers(4, 2) },
    batch: [numbers(2, 3, 3), numbers(2, 2)],
    loss: (p, x, targets) => {
      let state = np.zeros([2, 4]);
      for (let t = 0; t < 3; t += 1) {
        const input = np.matmul(x.slice([], t), p.w!).add(p.b!);
        const gates = nn.sigmoid(
          input.slice([], [0, 8]).add(np.matmul(state, p.u!.slice([], [0, 8]))),
        );
        const [reset, update] = [gates.slice([], [0, 4]), gates.slice([], [4, 8])];
        const candidate = np.tanh(
          input.slice([], [8, 12]).add(np.matmul(reset.mul(state), p.u!.slice([], [8, 12]))),
        );
        state = update.mul(state).add(np.subtract(1, update).mul(candidate));
      }
      return crossEntropy(np.matmul(state, p.out!), targets);
    },
  },
};

const cases = Object.entries(MODELS);

/** A step of gradient descent: the loss and the new parameters. */
function stepOf({ loss }: Model) {
  return (p: TracedTree<Parameters, Traced>, ...batch: Traced[]): unknown => {
    const [value, gradient] = valueAndGrad(loss)(p, ...batch);
    const moved = Object.entries(p).map(
      ([name, x]) => [name, x.sub(gradient[name]!.mul(0.1))] as const,
    );
    return { loss: value, parameters: Object.fromEntries(moved) };
  };
}

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

test.each(cases)(
  '%s: gradients are finite differences',
  async (_name, { parameters, batch, loss }) => {
    const tree = { parameters, batch: [...batch] };
    await expectGradient(tree, ({ parameters: p, batch: b }) => loss(p, ...b), { tolerance: 2e-2 });
  },
);
