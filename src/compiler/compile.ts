/**
 * From functions to ONNX models.
 * @module
 */

import type { GraphBuilder } from '../graph/build.ts';
import { type DType, type HostArray, isHostArray, type TracedTree } from './arrays.ts';
import { type Arguments, arraysOf } from './feeds.ts';
import { checkLeadingAxis, FREE_SIZES, freeAxisPatches, type SizedModel } from './free-axis.ts';
import type { Traced } from './jax.ts';
import { lowerProgram, type PortNames } from './lower/lower.ts';
import { optimise, type PassName } from './passes/index.ts';
import type { Constant, Equation, Program, Variable } from './program.ts';
import { type Slot, trace } from './trace.ts';
import { leavesOf, type MapTree, mapTree } from './tree.ts';

/** An input or output of a model: an array of the function's arguments or result. */
export interface Port {
  /** Name in the model: `in:` or `out:` and the path; constants have none. */
  readonly name: string;
  /** The way to it: `0.layer.weight` is in the first argument. */
  readonly path: string;
  /** Its shape. */
  readonly dims: readonly number[];
  /** Element type of the function; uint32 lies in the model as the bits of int32. */
  readonly dtype: DType;
}

/** A function as ONNX model: `R` is its result, `A` the list of its arguments without those that became constants. */
export interface Compiled<R, A extends readonly unknown[] = readonly unknown[]> {
  /** Bytes of the ONNX file. */
  readonly model: Uint8Array;
  /** Arrays of the arguments, in their order, without those that became constants. */
  readonly inputs: readonly Port[];
  /** Arrays of the result, in their order. */
  readonly outputs: readonly Port[];
  /** The program after all passes, for reading. */
  readonly program: Program;
  /**
   * The arrays of arguments, in the order of `inputs`.
   * @throws RingtrueError `runtime/bad-feeds` where they have other paths, types or dims
   */
  arrays(...args: A): HostArray[];
  /** Puts one value an output, in order, into the form of the function's result. */
  result<L>(leaves: readonly L[]): MapTree<R, Traced, L>;
}

/** How a function is compiled. */
export interface CompileOptions<C extends number = number> {
  /** How many leading arguments become constants of the model: weights of a detector. @default 0 */
  readonly constants?: C;
  /**
   * Name of the leading axis of every other argument and of every result, which the model then leaves free;
   * the examples give the other axes. By default all axes are fixed.
   */
  readonly freeAxis?: string;
  /** Passes to leave out, to measure what they give. @default none */
  readonly without?: readonly PassName[];
  /** Text that goes with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Compiles a function of trees of arrays to an ONNX model with one input an array of its arguments and one
 * output an array of its result.
 * @param examples arguments of the right shapes and types
 * @throws RingtrueError `compiler/trace`, `compiler/unsupported`
 */
export function compileFunction<const A extends readonly unknown[], R, const C extends number = 0>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  examples: A,
  options: CompileOptions<C> = {},
): Compiled<R, Arguments<A, C>> {
  const { freeAxis, metadata = {} } = options;
  const how = {
    constants: options.constants ?? 0,
    without: options.without ?? [],
    leadingFree: freeAxis !== undefined,
  };
  const parts = (args: A): Parts<R> => prepared(f, args, how);
  const finish = (graph: GraphBuilder): Uint8Array => {
    for (const [key, value] of Object.entries(metadata)) graph.metadata(key, value);
    return graph.bytes();
  };
  if (freeAxis === undefined) {
    const { names, ...compiled } = parts(examples);
    return { ...compiled, model: finish(lowerProgram(compiled.program, names)) };
  }
  const { constants } = how;
  const sized = FREE_SIZES.map((size) => parts(withLeadingSize(examples, { size, constants })));
  const [first, second] = sized as [Parts<R>, Parts<R>];
  const paths = first.outputs.map(({ path }) => path);
  checkLeadingAxis([first.program, second.program], { axis: freeAxis, paths });
  const patches = freeAxisPatches([sizedModel(first), sizedModel(second)], freeAxis);
  const { names, ...compiled } = first;
  const free = { axis: freeAxis, patches };
  return { ...compiled, model: finish(lowerProgram(compiled.program, names, { free })) };
}

interface Parts<R> extends Omit<Compiled<R>, 'model'> {
  readonly names: PortNames;
}

function sizedModel<R>({ program, names }: Parts<R>): SizedModel {
  const equations = new Map<string, Equation>();
  const onNode = (name: string, equation: Equation): void => {
    equations.set(name, equation);
  };
  return { bytes: lowerProgram(program, names, { onNode }).bytes(), program, equations };
}

function prepared<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  examples: A,
  {
    constants,
    without,
    leadingFree,
  }: {
    readonly constants: number;
    readonly without: readonly PassName[];
    readonly leadingFree: boolean;
  },
): Parts<R> {
  const traced = trace(f, examples);
  const leaves = leavesOf(examples, isHostArray);
  const isConstant = ({ path }: { readonly path: string }): boolean =>
    Number(path.split('.')[0]) < constants;
  const bound = traced.inputs.flatMap((slot, i): Constant[] => {
    // Inputs of a program are variables.
    const variable = slot.variable as Variable;
    return isConstant(slot) ? [{ variable, data: leaves[i]!.value.data }] : [];
  });
  const fixed = new Set(bound.map(({ variable }) => variable));
  const whole = {
    ...traced.program,
    inputs: traced.program.inputs.filter((variable) => !fixed.has(variable)),
    constants: [...traced.program.constants, ...bound],
  };
  const program = optimise(whole, without);
  const port =
    (prefix: string) =>
    ({ path, variable }: Slot): Port => ({
      name: `${prefix}:${path}`,
      path,
      dims: variable.shape,
      dtype: variable.dtype,
    });
  const inputs = traced.inputs.filter((slot) => !isConstant(slot)).map(port('in'));
  const outputs = traced.outputs.map(port('out'));
  const names = {
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
  };
  const taken = { inputs, constants, leadingFree };
  const arrays = (...args: readonly unknown[]): HostArray[] => arraysOf(args, taken);
  return { program, names, inputs, outputs, arrays, result: traced.result };
}

/** The examples with another leading axis; tracing does not look at their elements. */
function withLeadingSize<A extends readonly unknown[]>(
  examples: A,
  { size, constants }: { readonly size: number; readonly constants: number },
): A {
  const resized = examples.map((example, i) =>
    i < constants
      ? example
      : mapTree(example, isHostArray, ({ dims, data }) => ({
          dims: [size, ...dims.slice(1)],
          data: data.subarray(0, 0),
        })),
  );
  // The same trees with other dims.
  return resized as unknown as A;
}
