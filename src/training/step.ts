/**
 * A training step as one traced function: gradient, accumulation, optimiser, averages, and what is needed to
 * tell what went wrong. And the scores of fixed weights.
 * @module
 */

import { hostArray, isHostArray } from '../compiler/arrays.ts';
import { np, type Traced, valueAuxAndGrad } from '../compiler/jax.ts';
import { leavesOf } from '../compiler/tree.ts';
import type { Rng } from '../core/rng.ts';
import { drawKey, splitKey } from '../models/layers/random.ts';
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
  };
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

/** The batch input of a step. */
export function stepInput(
  { features, label, valid }: Batch,
  { rng, step, scale }: { rng: Rng; step: number; scale: number },
): HostValues {
  return {
    features,
    label,
    valid,
    key: drawKey(rng.split(step)),
    step: hostScalar(step),
    scale: hostScalar(scale),
  };
}

/**
 * The step of a network. A batch has `accumulate` micro-batches one after the other; each is a forward and
 * backward pass of its own, so that memory is that of one, and the losses and gradients are averaged: for a
 * loss that is a mean over examples that is the step of the whole batch. Batch statistics are those of each
 * micro-batch.
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
  return (state, batch) => {
    const parameters = branch(state, 'parameters');
    const key = leaf(branch(batch, 'key'));
    const parts = (name: keyof TracedBatch): Traced[] => {
      const whole = leaf(branch(batch, name));
      return accumulate === 1 ? [whole] : np.split(whole, accumulate, 0);
    };
    const [features, label, valid] = [parts('features'), parts('label'), parts('valid')];
    let model = branch(state, 'model');
    let loss: Traced | undefined;
    let gradient: TracedValues | undefined;
    for (let part = 0; part < accumulate; part += 1) {
      const micro = { features: features[part]!, label: label[part]!, valid: valid[part]! };
      const own = accumulate === 1 ? key : splitKey(key, part);
      const [[partLoss, nextModel], partGradient] = gradientOf(parameters, model, micro, own);
      model = nextModel;
      loss = loss === undefined ? partLoss : loss.add(partLoss);
      gradient =
        gradient === undefined
          ? partGradient
          : zipTraced([gradient, partGradient], ([a, b]) => a!.add(b!));
    }
    if (loss === undefined || gradient === undefined)
      throw new Error('internal: a step without micro-batches');
    if (accumulate > 1) {
      loss = loss.mul(1 / accumulate);
      gradient = zipTraced([gradient], ([g]) => g!.mul(1 / accumulate));
    }
    const step = scalarOf(branch(batch, 'step'));
    const scale = scalarOf(branch(batch, 'scale'));
    const result = optimiser.update(gradient, branch(state, 'optimiser'), {
      parameters,
      step,
      scale,
    });
    const next = applyUpdates(parameters, result.updates);
    const average =
      averaging?.update(branch(state, 'average'), { parameters: next, state: model }, step) ?? {};
    const after = { parameters: next, model, optimiser: result.state, average };
    return {
      state: after,
      metrics: {
        loss: loss.reshape([1]),
        gradientNorm: globalNorm(gradient).reshape([1]),
        learningRate: schedule(step).mul(scale).reshape([1]),
        gradients: magnitudes(gradient),
        ...Object.fromEntries(STATE_PARTS.map((part) => [part, magnitudes(after[part])])),
      },
    };
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

/** An example of the batch input of a step, for tracing. */
export function exampleInput(network: Network, dims: readonly number[]): HostValues {
  const n = network.settings.batch * network.settings.accumulate;
  return {
    features: hostArray([n, ...dims], new Float32Array(n * dims.reduce((a, b) => a * b, 1))),
    label: hostArray([n], new Int32Array(n)),
    valid: hostArray([n], new Float32Array(n)),
    key: hostArray([2], new Uint32Array(2)),
    step: hostScalar(0),
    scale: hostScalar(1),
  };
}
