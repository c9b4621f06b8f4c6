/**
 * Training of anything: parameters, a loss, an optimiser, batches of your own. Detectors have recipes, which
 * do all around it; this is for what is none.
 * @module
 */

import type { HostArray, TracedTree } from '../compiler/arrays.ts';
import { type Traced, valueAuxAndGrad } from '../compiler/jax.ts';
import type { Backend } from '../runtime/backend.ts';
import { prepareStep, type StepFunction } from './engine.ts';
import { applyUpdates, type Optimiser } from './optimisers/index.ts';
import {
  branch,
  type HostValues,
  hostLeaf,
  hostScalar,
  scalarOf,
  type TracedValues,
} from './trees.ts';

/** What is trained: `P` parameters, `B` a batch, both plain trees of arrays. */
export interface TrainerOptions<P, B> {
  readonly parameters: P;
  /** A batch of the right shapes and types. */
  readonly example: B;
  /** What makes a step of gradients. */
  readonly optimiser: Optimiser;
  /** What runs the compiled step. */
  readonly backend: Backend;
  /**
   * Scalar to be made small, and other scalars that are to be told.
   * @param key uint32 `[2]`, of the step
   */
  loss(
    parameters: TracedTree<P, Traced>,
    batch: TracedTree<B, Traced>,
    key: Traced,
  ): { readonly loss: Traced; readonly told: Readonly<Record<string, Traced>> };
}

/** A training under way. */
export interface Trainer<P, B> {
  /**
   * Makes a step; returns the loss and what the loss function tells, before the step.
   * @param key uint32 `[2]`, see `drawKey`
   * @throws RingtrueError as `RuntimeSession.run`
   */
  step(batch: B, key: HostArray): Promise<Readonly<Record<string, number>>>;
  /** The parameters, copied. */
  parameters(): Promise<P>;
  /** Frees the session. */
  dispose(): Promise<void>;
}

/**
 * Compiles and loads a training step.
 * @throws RingtrueError `compiler/trace`, `compiler/unsupported`, and what `Backend.load` throws
 */
export async function createTrainer<P, B>({
  parameters,
  example,
  optimiser,
  backend,
  loss,
}: TrainerOptions<P, B>): Promise<Trainer<P, B>> {
  // Inside, trees have no types of their own: they are those of P and B by construction.
  const first = parameters as HostValues;
  const gradientOf = valueAuxAndGrad((p: TracedValues, batch: TracedValues, key: Traced) => {
    const { loss: value, told } = loss(
      p as TracedTree<P, Traced>,
      batch as TracedTree<B, Traced>,
      key,
    );
    return [value.reshape([]), told as TracedValues] as [Traced, TracedValues];
  });
  const stepOf: StepFunction = (state, given) => {
    const before = branch(state, 'parameters');
    const key = branch(given, 'key') as Traced;
    const [[value, told], gradient] = gradientOf(before, branch(given, 'batch'), key);
    const { updates, state: next } = optimiser.update(gradient, branch(state, 'optimiser'), {
      parameters: before,
      step: scalarOf(branch(given, 'step')),
      scale: scalarOf(branch(given, 'scale')),
    });
    const scalars = Object.entries(told).map(([name, scalar]) => [
      name,
      scalarOf(scalar).reshape([1]),
    ]);
    return {
      state: { parameters: applyUpdates(before, updates), optimiser: next },
      metrics: { ...Object.fromEntries(scalars), loss: value.reshape([1]) },
    };
  };
  const input = (batch: B, { step, key }: { step: number; key: HostArray }): HostValues => ({
    batch: batch as HostValues,
    key,
    step: hostScalar(step),
    scale: hostScalar(1),
  });
  let made = 0;
  const prepared = await prepareStep(backend, stepOf, {
    state: { parameters: first, optimiser: optimiser.init(first) },
    batch: input(example, { step: 0, key: { dims: [2], data: new Uint32Array(2) } }),
  });
  return {
    async step(batch, key) {
      const metrics = await prepared.step(input(batch, { step: made, key }));
      made += 1;
      return Object.fromEntries(
        Object.keys(metrics).map((name) => [name, hostLeaf(branch(metrics, name)).data[0]!]),
      );
    },
    parameters: async () => branch(await prepared.snapshot(), 'parameters') as P,
    dispose: () => prepared.dispose(),
  };
}
