/**
 * A training step as one traced function: gradient, accumulation, optimiser, averages, and what is needed to
 * tell what went wrong. And the scores of fixed weights.
 * @module
 */

import { type HostArray, hostArray, isHostArray } from '../compiler/arrays.ts';
import { np, type Traced, valueAuxAndGrad } from '../compiler/jax.ts';
import { leavesOf, mapTree } from '../compiler/tree.ts';
import type { Rng } from '../core/rng.ts';
import { drawKey } from '../models/layers/random.ts';
import type { Batch } from './data/batches.ts';
import type { StepFunction, TreeFunction } from './engine.ts';
import { applyUpdates, globalNorm } from './optimisers/index.ts';
import type { Network, TracedBatch, Weights } from './recipe.ts';
import {
  branch,
  type HostValues,
  hostLeaf,
  hostScalar,
  leaf,
  mapTraced,
  scalarOf,
  type TracedValues,
  tracedLeaves,
  zipTraced,
} from './trees.ts';

/** What a step tells. */
export interface StepMetrics {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /**
   * What was not finite after the step, the first of: loss, gradients, their norm, and the new parameters,
   * optimiser state, model state and averages; null if all is well. Features are looked at where they are
   * made (`audio/not-finite`).
   */
  readonly bad: {
    readonly what: BadPart;
    readonly paths: readonly string[];
  } | null;
}

/** Parts of the state, in the order in which a step looks at them. */
const STATE_PARTS = ['parameters', 'optimiser', 'model', 'average'] as const;

/** What may not be finite. */
export type BadPart = 'loss' | 'gradient' | 'gradient norm' | (typeof STATE_PARTS)[number];

/** Paths of the floating-point arrays of each part of the state, in the order in which steps tell of them. */
export type StatePaths = Readonly<Record<(typeof STATE_PARTS)[number], readonly string[]>>;

/** First state of a training: weights, optimiser, averages. */
export function firstState(
  network: Network,
  { rng, dims, steps }: { rng: Rng; dims: readonly number[]; steps: number },
): HostValues {
  const { parameters, state } = network.init(rng, dims);
  return {
    parameters,
    model: state,
    optimiser: network.optimiser(network.schedule(steps)).init(parameters),
    average: network.averaging(steps)?.init({ parameters, state }) ?? {},
    sum: network.settings.accumulate > 1 ? nothingYet(parameters) : {},
  };
}

/** The sum over no micro-batches. */
function nothingYet(parameters: HostValues): HostValues {
  const zeros = ({ dims, data }: HostArray): HostArray =>
    hostArray(dims, new Float32Array(data.length));
  // The form of a tree is kept by mapTree.
  return { loss: hostScalar(0), gradient: mapTree(parameters, isHostArray, zeros) as HostValues };
}

/** Weights that are validated and exported: the average where there is one. */
export function shownWeights(
  network: Network,
  state: HostValues,
  steps: number,
): Weights<HostValues, HostValues> {
  const averaging = network.averaging(steps);
  if (averaging === null)
    return { parameters: branch(state, 'parameters'), state: branch(state, 'model') };
  const average = averaging.read(branch(state, 'average'));
  return { parameters: branch(average, 'parameters'), state: branch(average, 'state') };
}

/** The batch inputs of a step, one a micro-batch. */
export function stepInputs(
  { features, label, valid }: Batch,
  { rng, step, scale, accumulate }: { rng: Rng; step: number; scale: number; accumulate: number },
): HostValues[] {
  const keys = rng.split(step);
  return Array.from({ length: accumulate }, (_, part) => {
    const own = (whole: HostArray): HostArray => {
      const [n, ...dims] = whole.dims as [number, ...number[]];
      const size = whole.data.length / accumulate;
      const data = whole.data.subarray(part * size, (part + 1) * size);
      return hostArray([n / accumulate, ...dims], data);
    };
    return {
      features: own(features),
      label: own(label),
      valid: own(valid),
      key: drawKey(accumulate === 1 ? keys : keys.split(part)),
      step: hostScalar(step),
      scale: hostScalar(scale),
      last: hostScalar(part === accumulate - 1 ? 1 : 0),
    };
  });
}

/**
 * The step of a network for one micro-batch. Where a step has several, losses and gradients are summed in the
 * state, and the rest of it moves on with the last one only: memory is that of one micro-batch and of the sum.
 * For a loss that is a mean over examples that is the step of the whole batch. Batch statistics are those of
 * each micro-batch.
 */
export function stepFunction(network: Network, steps: number): StepFunction {
  const schedule = network.schedule(steps);
  const optimiser = network.optimiser(schedule);
  const averaging = network.averaging(steps);
  const { accumulate } = network.settings;
  const gradientOf = valueAuxAndGrad(
    (parameters: TracedValues, state: TracedValues, batch: TracedBatch, key: Traced) => {
      const result = network.apply({ parameters, state }, batch, { train: true, key });
      return [network.loss(result.output, batch).reshape([]), result.state] as [
        Traced,
        TracedValues,
      ];
    },
  );
  return (before, input) => {
    const parameters = branch(before, 'parameters');
    const part = (name: string): Traced => leaf(branch(input, name));
    const batch = { features: part('features'), label: part('label'), valid: part('valid') };
    const [[ownLoss, model], ownGradient] = gradientOf(
      parameters,
      branch(before, 'model'),
      batch,
      part('key'),
    );
    const { loss, gradient } =
      accumulate === 1
        ? { loss: ownLoss, gradient: ownGradient }
        : addShare(branch(before, 'sum'), ownLoss, ownGradient, 1 / accumulate);
    const step = scalarOf(branch(input, 'step'));
    const scale = scalarOf(branch(input, 'scale'));
    const result = optimiser.update(gradient, branch(before, 'optimiser'), {
      parameters,
      step,
      scale,
    });
    const next = applyUpdates(parameters, result.updates);
    const average =
      averaging?.update(branch(before, 'average'), { parameters: next, state: model }, step) ?? {};
    const whole = { parameters: next, model, optimiser: result.state, average };
    const after =
      accumulate === 1
        ? { ...whole, sum: {} }
        : atLast(scalarOf(branch(input, 'last')), before, whole, { loss, gradient });
    return {
      state: after,
      metrics: {
        loss: loss.reshape([1]),
        gradientNorm: globalNorm(gradient).reshape([1]),
        learningRate: schedule(step).mul(scale).reshape([1]),
        gradients: magnitudes(gradient),
        ...Object.fromEntries(STATE_PARTS.map((name) => [name, magnitudes(after[name])])),
      },
    };
  };
}

interface Sum {
  readonly loss: Traced;
  readonly gradient: TracedValues;
}

function addShare(sum: TracedValues, loss: Traced, gradient: TracedValues, share: number): Sum {
  return {
    loss: scalarOf(branch(sum, 'loss')).add(loss.mul(share)),
    gradient: zipTraced([branch(sum, 'gradient'), gradient], ([a, b]) => a!.add(b!.mul(share))),
  };
}

/** The state after a micro-batch: at the last one what the step made of it, else as before with the new sum. */
function atLast(
  last: Traced,
  before: TracedValues,
  whole: Readonly<Record<(typeof STATE_PARTS)[number], TracedValues>>,
  { loss, gradient }: Sum,
) {
  const chosen = (name: (typeof STATE_PARTS)[number]): TracedValues =>
    zipTraced([whole[name], branch(before, name)], ([a, b]) => np.where(last.greater(0), a!, b!));
  const rest = (value: Traced): Traced => np.where(last.greater(0), 0, value);
  return {
    parameters: chosen('parameters'),
    model: whole.model,
    optimiser: chosen('optimiser'),
    average: chosen('average'),
    sum: { loss: rest(loss).reshape([1]), gradient: mapTraced(gradient, rest) },
  };
}

/**
 * Mean magnitude of every floating-point array of a tree, `[arrays]`: not finite where one of its elements is
 * not. No arrays are told of as one 0.
 */
function magnitudes(tree: TracedValues): Traced {
  const floats = tracedLeaves(tree).filter(({ dtype }) => dtype === np.float32);
  if (floats.length === 0) return np.zeros([1]);
  // Divided before it is summed: a sum of large numbers would overflow where no element did.
  return np.stack(floats.map((value) => np.sum(np.abs(value).mul(1 / value.size))));
}

/** Reads the metrics of a step. */
export function readMetrics(metrics: HostValues, statePaths: StatePaths): StepMetrics {
  const one = (name: string): number => hostLeaf(branch(metrics, name)).data[0]!;
  const badOf = (name: string, paths: readonly string[]): readonly string[] => {
    const { data } = hostLeaf(branch(metrics, name));
    return paths.filter((_, i) => !Number.isFinite(data[i]!));
  };
  const [loss, gradientNorm] = [one('loss'), one('gradientNorm')];
  const gradients = badOf('gradients', statePaths.parameters);
  const told: readonly (readonly [BadPart, boolean, readonly string[]])[] = [
    ['loss', !Number.isFinite(loss), gradients],
    ['gradient', gradients.length > 0, gradients],
    ['gradient norm', !Number.isFinite(gradientNorm), []],
    ...STATE_PARTS.map((part) => {
      const paths = badOf(part, statePaths[part]);
      return [part, paths.length > 0, paths] as const;
    }),
  ];
  const [what, , paths] = told.find(([, isBad]) => isBad) ?? [];
  return {
    loss,
    gradientNorm,
    learningRate: one('learningRate'),
    bad: what === undefined || paths === undefined ? null : { what, paths },
  };
}

/**
 * Scores and loss: `(weights, features, valid, label)` to `{loss [1], score [batch]}`. The weights are made
 * constants of the graph: convolutions with constant weights run twice as fast.
 */
export function evaluationFunction(network: Network): TreeFunction {
  return (weights, features, valid, label) => {
    const batch = { features: leaf(features!), valid: leaf(valid!), label: leaf(label!) };
    const { output } = network.apply(weightsOf(weights!), batch, { train: false, key: noKey() });
    return {
      loss: network.loss(output, batch).reshape([1]),
      score: network.score(output, batch),
    };
  };
}

/** Scores alone, `(weights, features, valid)` to `{score [batch]}`: what is exported. */
export function scoreFunction(network: Network): TreeFunction {
  return (weights, features, valid) => {
    const batch = { features: leaf(features!), valid: leaf(valid!) };
    const { output } = network.apply(weightsOf(weights!), batch, { train: false, key: noKey() });
    return { score: network.score(output, batch) };
  };
}

function weightsOf(weights: TracedValues): Weights<TracedValues, TracedValues> {
  return { parameters: branch(weights, 'parameters'), state: branch(weights, 'state') };
}

/** Nothing is drawn outside of training. */
function noKey(): Traced {
  return np.array(Uint32Array.of(0, 0), { dtype: np.uint32 });
}

/** Paths of a state, as {@link readMetrics} takes them. */
export function statePaths(state: HostValues): StatePaths {
  const pathsOf = (part: keyof StatePaths): string[] =>
    leavesOf(branch(state, part), isHostArray).flatMap(({ path, value }) =>
      value.data instanceof Float32Array ? [path] : [],
    );
  return {
    parameters: pathsOf('parameters'),
    optimiser: pathsOf('optimiser'),
    model: pathsOf('model'),
    average: pathsOf('average'),
  };
}

/** An example of the batch input of a micro-batch, for tracing. */
export function exampleInput(network: Network, dims: readonly number[]): HostValues {
  const n = network.settings.batch;
  return {
    features: hostArray([n, ...dims], new Float32Array(n * dims.reduce((a, b) => a * b, 1))),
    label: hostArray([n], new Int32Array(n)),
    valid: hostArray([n], new Float32Array(n)),
    key: hostArray([2], new Uint32Array(2)),
    step: hostScalar(0),
    scale: hostScalar(1),
    last: hostScalar(1),
  };
}
