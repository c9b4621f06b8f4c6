/**
 * From functions to ONNX models.
 * @module
 */

import type { DType, TracedTree } from './arrays.ts';
import type { Traced } from './jax.ts';
import { lowerProgram } from './lower/lower.ts';
import { optimise } from './passes/index.ts';
import type { Program } from './program.ts';
import { type Slot, trace } from './trace.ts';
import type { MapTree } from './tree.ts';

/** An input or output of a model: an array of the function's arguments or result. */
export interface Port {
  /** Name in the model: `in:` or `out:` and the path. */
  readonly name: string;
  /** The way to it: `0.layer.weight` is in the first argument. */
  readonly path: string;
  readonly dims: readonly number[];
  /** Element type of the function; uint32 lies in the model as the bits of int32. */
  readonly dtype: DType;
}

/** A function as ONNX model. */
export interface Compiled<R> {
  readonly model: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The program after all passes, for reading. */
  readonly program: Program;
  /** Puts one value an output, in order, into the form of the function's result. */
  result<L>(leaves: readonly L[]): MapTree<R, Traced, L>;
}

/**
 * Compiles a function of trees of arrays to an ONNX model with one input an array of its arguments and one
 * output an array of its result.
 * @param examples arguments of the right shapes and types
 * @throws RingtrueError `compiler/trace`, `compiler/unsupported`
 */
export function compileFunction<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  examples: A,
): Compiled<R> {
  const traced = trace(f, examples);
  const program = optimise(traced.program);
  const port =
    (prefix: string) =>
    ({ path, variable }: Slot): Port => ({
      name: `${prefix}:${path}`,
      path,
      dims: variable.shape,
      dtype: variable.dtype,
    });
  const inputs = traced.inputs.map(port('in'));
  const outputs = traced.outputs.map(port('out'));
  const graph = lowerProgram(program, {
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
  });
  return { model: graph.bytes(), inputs, outputs, program, result: traced.result };
}
