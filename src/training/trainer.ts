/**
 * Training of anything: parameters, a loss, an optimiser, batches of your own. Detectors have recipes, which
 * do all around it; this is for what is none.
 * @module
 */

import * as z from 'zod';
import type { HostArray, TracedTree } from '../compiler/arrays.ts';
import { np, type Traced, valueAuxAndGrad } from '../compiler/jax.ts';
import type { Json } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import type { Backend } from '../runtime/backend.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { compileStep, loadStep, type StepFunction } from './engine.ts';
import { magnitudesOf, readNumbers, refuseBad, statePaths } from './finite.ts';
import { applyUpdates, globalNorm, type Optimiser } from './optimisers/index.ts';
import {
  branch,
  type HostValues,
  hostLeaf,
  hostScalar,
  scalarOf,
  type TracedValues,
  zipTraced,
} from './trees.ts';

/** Where a training stands, besides its arrays. */
const snapshotSchema = z.strictObject({ step: z.int(), more: z.json() });

/** What is trained: `P` parameters, `B` a batch, both plain trees of arrays. */
export interface TrainerOptions<P, B> {
  /** What the training begins with. */
  readonly parameters: P;
  /** A batch of the right shapes and types. */
  readonly example: B;
  /** What makes a step of gradients. */
  readonly optimiser: Optimiser;
  /** What runs the compiled step. */
  readonly backend: Backend;
  /**
   * What decides the result besides the code: hash or names of data, settings, seed. A snapshot with another one
   * is refused. @default ''
   */
  readonly training?: string;
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
  /** Steps made, those before a restored snapshot included. */
  readonly steps: number;
  /**
   * Makes a step; returns the loss and what the loss function tells, before the step. After an error the state
   * is what it was before the step.
   * @param key uint32 `[2]`, see `drawKey`
   * @throws RingtrueError `training/diverged` where loss, gradients, new parameters or optimiser state are not
   * finite, with their names; and as `RuntimeSession.run`
   */
  step(batch: B, key: HostArray): Promise<Readonly<Record<string, number>>>;
  /** The parameters, copied. */
  parameters(): Promise<P>;
  /**
   * Writes parameters, optimiser state and number of steps to a safetensors file, whole or not at all.
   * @param more what the caller needs besides to go on
   * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed`
   */
  snapshot(path: string, more?: Json): Promise<void>;
  /**
   * Goes on from a snapshot: with the same batches and keys, steps have the very numbers that they would have had.
   * Null, and nothing changes, if there is no such file.
   * @throws RingtrueError `training/bad-checkpoint` (damaged, of another `training` or form), `training/run-mismatch`
   * (loss or optimiser compile to something else)
   */
  restore(path: string): Promise<{ readonly steps: number; readonly more: Json } | null>;
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
  training = '',
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
    const after = { parameters: applyUpdates(before, updates), optimiser: next };
    const numbers = {
      loss: value.reshape([1]),
      gradientNorm: globalNorm(gradient).reshape([1]),
      ...magnitudesOf(gradient, after),
    };
    const finite = np.all(np.isfinite(np.concatenate(Object.values(numbers))));
    const scalars = Object.entries(told).map(([name, scalar]) => [
      name,
      scalarOf(scalar).reshape([1]),
    ]);
    return {
      // A step that went wrong is none.
      state: zipTraced([after, state], ([moved, kept]) => np.where(finite, moved!, kept!)),
      metrics: { numbers, told: Object.fromEntries(scalars) },
    };
  };
  const input = (batch: B, { step, key }: { step: number; key: HostArray }): HostValues => ({
    batch: batch as HostValues,
    key,
    step: hostScalar(step),
    scale: hostScalar(1),
  });
  const form = { parameters: first, optimiser: optimiser.init(first) };
  const stepExample = {
    state: form,
    batch: input(example, { step: 0, key: { dims: [2], data: new Uint32Array(2) } }),
  };
  const compiled = compileStep(stepOf, stepExample);
  const belonging = { training, compiled: hashBytes(compiled.model) };
  const paths = statePaths(form);
  const prepared = await loadStep(backend, compiled, stepExample);
  let made = 0;
  return {
    get steps() {
      return made;
    },
    async step(batch, key) {
      const metrics = await prepared.step(input(batch, { step: made, key }));
      const numbers = readNumbers(branch(metrics, 'numbers'), paths);
      refuseBad(numbers, { step: made, kept: 'state is that of the trainer' });
      made += 1;
      const told = branch(metrics, 'told');
      return {
        ...Object.fromEntries(
          Object.keys(told).map((name) => [name, hostLeaf(branch(told, name)).data[0]!]),
        ),
        loss: numbers.loss,
      };
    },
    parameters: async () => branch(await prepared.snapshot(), 'parameters') as P,
    async snapshot(path, more = null) {
      const state = await prepared.snapshot();
      await writeCheckpoint(path, { state, progress: { step: made, more } }, belonging);
    },
    async restore(path) {
      const found = await readCheckpoint(path, { form, ...belonging, progress: snapshotSchema });
      if (found === null) return null;
      await prepared.replace(found.state);
      made = found.progress.step;
      return { steps: made, more: found.progress.more };
    },
    dispose: () => prepared.dispose(),
  };
}
