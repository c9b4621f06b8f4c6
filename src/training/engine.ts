/**
 * Traced functions as loaded models: host arrays in, host arrays out, and training steps that keep their
 * state in the runtime.
 * @module
 */

import { type HostArray, isHostArray } from '../compiler/arrays.ts';
import {
  type Compiled,
  type CompileOptions,
  compileFunction,
  type Port,
} from '../compiler/compile.ts';
import { orderArrays } from '../compiler/feeds.ts';
import type { Traced } from '../compiler/jax.ts';
import { type Leaf, leavesOf, type MapTree, mapTree } from '../compiler/tree.ts';
import { RingtrueError } from '../core/errors.ts';
import type { Backend, Tensor } from '../runtime/backend.ts';
import { createStepper } from '../runtime/stepper.ts';
import { fromTensor, loadFunction, type ReadyFunction, toTensor } from './run-function.ts';
import { branch, type HostValues, type TracedValues } from './trees.ts';

/** A function of trees, as it is traced. */
export type TreeFunction = (...args: TracedValues[]) => TracedValues;

/** A function that was compiled and loaded. */
export type Prepared = ReadyFunction<readonly HostValues[], HostValues>;

/**
 * Compiles and loads a function.
 * @param examples arguments of the right shapes and types
 * @param options `constants` leading arguments become part of the model; `run` takes those after them
 * @throws RingtrueError `compiler/trace`, `compiler/unsupported`, and what `Backend.load` throws
 */
export async function prepareFunction(
  backend: Backend,
  f: TreeFunction,
  examples: readonly HostValues[],
  options: CompileOptions = {},
): Promise<Prepared> {
  return loadFunction(compileTrees(f, examples, options), backend);
}

/** A function of trees as ONNX model. */
export interface CompiledTrees extends Omit<Compiled<unknown>, 'arrays' | 'result'> {
  /** The arrays of arguments, in the order of `inputs`. */
  arrays(...args: readonly HostValues[]): HostArray[];
  /** Puts one value an output into the form of the result. */
  result(leaves: readonly HostArray[]): HostValues;
}

/** `compileFunction` for trees whose form is not known to the type checker. */
export function compileTrees(
  f: TreeFunction,
  examples: readonly HostValues[],
  options: CompileOptions = {},
): CompiledTrees {
  // Types of trees of any form recurse without end: the checker is told what holds by construction.
  return compileFunction(f as () => unknown, examples as readonly [], options) as CompiledTrees;
}

/** A training step: state and batch to next state and what is to be told of the step. */
export type StepFunction = (
  state: TracedValues,
  batch: TracedValues,
) => { readonly state: TracedValues; readonly metrics: TracedValues };

/** A training step that is ready to run, with its state: `S` state, `B` batch, `M` metrics. */
export interface ReadyStep<S, B, M> {
  /**
   * Makes a step and returns its metrics; the state moves on only if it succeeds.
   * @throws RingtrueError `runtime/bad-feeds` where the batch does not fit
   */
  step(batch: B): Promise<M>;
  /** The state, copied. */
  snapshot(): Promise<S>;
  /**
   * Replaces the state.
   * @throws RingtrueError `runtime/bad-feeds` where it does not fit
   */
  replace(state: S): Promise<void>;
  /** Frees state and model. */
  dispose(): Promise<void>;
}

/** A step whose trees have no types of their own. */
export type PreparedStep = ReadyStep<HostValues, HostValues, HostValues>;

/** Arguments of a step, of the right shapes and types. */
export interface StepExample {
  readonly state: HostValues;
  readonly batch: HostValues;
}

/**
 * Compiles and loads a training step.
 * @throws RingtrueError as {@link prepareFunction}
 */
export async function prepareStep(
  backend: Backend,
  f: StepFunction,
  example: StepExample,
): Promise<PreparedStep> {
  return loadStep(backend, compileStep(f, example), example);
}

/** Compiles a training step. @throws RingtrueError `compiler/trace`, `compiler/unsupported` */
export function compileStep(f: StepFunction, { state, batch }: StepExample): CompiledTrees {
  return compileTrees((before, given) => ({ ...f(before!, given!) }), [state, batch]);
}

/**
 * Loads a compiled function `(state, batch) => ({ state, metrics })`, whose state then stays in the runtime from step
 * to step.
 * @param first `state` is the first one
 * @throws RingtrueError `runtime/bad-feeds` where the state after a step has another form than before, and what
 * `Backend.load` throws
 */
export async function readyStep<S, B, M>(
  compiled: Compiled<{ readonly state: unknown; readonly metrics: M }, readonly [S, B]>,
  backend: Backend,
  first: { readonly state: S },
): Promise<ReadyStep<S, B, MapTree<M, Traced, HostArray>>> {
  // Inside, trees have no types of their own: they are those of S, B and M by construction.
  const step: unknown = await loadStep(
    backend,
    compiled as unknown as CompiledTrees,
    first as { readonly state: HostValues },
  );
  return step as ReadyStep<S, B, MapTree<M, Traced, HostArray>>;
}

/** {@link readyStep} for trees whose form is not known to the type checker. */
export async function loadStep(
  backend: Backend,
  { model, inputs, outputs, result }: CompiledTrees,
  example: Pick<StepExample, 'state'>,
): Promise<PreparedStep> {
  const stateInputs = inputs.filter(({ path }) => isBelow(path, '0'));
  const outputAt = new Map(outputs.map((port) => [port.path, port]));
  const updates = Object.fromEntries(
    stateInputs.map(({ name, path, dims, dtype }) => {
      const out = outputAt.get(path.replace(/^0/, 'state'));
      if (out === undefined || out.dtype !== dtype || String(out.dims) !== String(dims)) {
        throw new RingtrueError(
          'runtime/bad-feeds',
          `${path.slice(2)} of the state is ${dtype}[${dims}] before a step and ${
            out === undefined ? 'gone' : `${out.dtype}[${out.dims}]`
          } after it`,
        );
      }
      return [name, out.name];
    }),
  );
  const state = feedsOf(stateInputs, stateLeaves(example.state));
  const session = await backend.load(model);
  const stepper = createStepper(session, { updates, state });
  const batchInputs = inputs.filter(({ path }) => isBelow(path, '1'));
  return {
    async step(batch) {
      const leaves = leavesOf(batch, isHostArray, '1');
      const results = await stepper.step(feedsOf(batchInputs, leaves));
      const values = outputs.map(({ name, dtype }) => {
        const tensor = results[name];
        // State stays in the stepper; it is not looked at here.
        return tensor === undefined ? NOT_READ : fromTensor(tensor, dtype);
      });
      return branch(result(values), 'metrics');
    },
    async snapshot() {
      const held = await stepper.read();
      const byPath = new Map(
        stateInputs.map(({ name, path, dtype }) => [path, fromTensor(held[name]!, dtype)]),
      );
      // The example has the form of every state.
      return mapTree(example.state, isHostArray, (_, path) => byPath.get(path)!, '0') as HostValues;
    },
    async replace(state) {
      await stepper.write(feedsOf(stateInputs, stateLeaves(state)));
    },
    async dispose() {
      await stepper.dispose();
      await session.dispose();
    },
  };
}

const NOT_READ: HostArray = { dims: [0], data: new Float32Array(0) };

function isBelow(path: string, argument: string): boolean {
  return path === argument || path.startsWith(`${argument}.`);
}

function stateLeaves(state: unknown): Leaf<HostArray>[] {
  return leavesOf(state, isHostArray, '0');
}

/** Tensors over the memory of host arrays; arrays that the model does not take are left out. */
function feedsOf(
  inputs: readonly Port[],
  leaves: readonly Leaf<HostArray>[],
): Record<string, Tensor> {
  const arrays = orderArrays(leaves, { inputs, leadingFree: false });
  return Object.fromEntries(inputs.map(({ name }, i) => [name, toTensor(arrays[i]!)]));
}
