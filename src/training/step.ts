/**
 * A training step as one traced function: gradient, accumulation, optimiser, averages, and what is needed to
 * tell what went wrong. And the scores of fixed weights.
 * @module
 */

import { type HostArray, hostArray } from '../compiler/arrays.ts';
import { np, type Traced, valueAuxAndGrad } from '../compiler/jax.ts';
import type { Rng } from '../core/rng.ts';
import { drawKey } from '../models/layers/random.ts';
import type { Batch } from './data/batches.ts';
import type { StepFunction, TreeFunction } from './engine.ts';
import {
  magnitudesOf,
  readNumbers,
  type StatePart,
  type StatePaths,
  type StepNumbers,
} from './finite.ts';
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
  zerosLike,
  zipTraced,
} from './trees.ts';

/** What a step tells. */
export interface StepMetrics extends StepNumbers {
  readonly learningRate: number;
}

/** First state of a training: weights, optimiser, averages. */
export function firstState(
  network: Network,
  { rng, dims, steps }: { rng: Rng; dims: readonly number[]; steps: number },
): HostValues {
  const { parameters, state } = network.init(rng, dims);
  const kept = {
    parameters,
    model: state,
    optimiser: network.optimiser(network.schedule(steps)).init(parameters),
    average: network.averaging(steps)?.init({ parameters, state }) ?? {},
  };
  return stateOf(network, kept);
}

/** What a checkpoint keeps of a state between steps: all but the sum over micro-batches, of which there are none yet. */
export function keptState(state: HostValues): Readonly<Record<StatePart, HostValues>> {
  return {
    parameters: branch(state, 'parameters'),
    model: branch(state, 'model'),
    optimiser: branch(state, 'optimiser'),
    average: branch(state, 'average'),
  };
}

/** The state of which a checkpoint kept this. */
export function stateOf({ settings }: Network, kept: HostValues): HostValues {
  const parameters = branch(kept, 'parameters');
  const sum =
    settings.accumulate > 1 ? { loss: hostScalar(0), gradient: zerosLike(parameters) } : {};
  return { ...keptState(kept), sum };
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
        ...magnitudesOf(gradient, after),
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
  whole: Readonly<Record<StatePart, TracedValues>>,
  { loss, gradient }: Sum,
) {
  const chosen = (name: StatePart): TracedValues =>
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

/** Reads the metrics of a step. */
export function readMetrics(metrics: HostValues, paths: StatePaths): StepMetrics {
  return {
    ...readNumbers(metrics, paths),
    learningRate: hostLeaf(branch(metrics, 'learningRate')).data[0]!,
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
