/**
 * From functions over trees of arrays to programs.
 * @module
 */

import * as jax from '@jax-js/jax';
import { RingtrueError } from '../core/errors.ts';
import { dtypeOf, type HostArray, type HostData, isHostArray, type TracedTree } from './arrays.ts';
import { evaluate } from './evaluate.ts';
import type { Traced } from './jax.ts';
import type { Atom, Constant, Equation, Program, Variable } from './program.ts';
import { type Lines, originOf, recordingLines, userLine } from './source-lines.ts';
import { leavesOf, type MapTree, mapTree } from './tree.ts';

/** An array of a traced function's arguments or results, by the way to it: `0.layer.weight`. */
export interface Slot {
  readonly path: string;
  readonly variable: Atom;
}

/** A traced function: its program and how its arguments and result lie in it. */
export interface TracedFunction<R> {
  readonly program: Program;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  /** Puts one value a result array, in the order of `outputs`, into the form of the result. */
  result<L>(leaves: readonly L[]): MapTree<R, Traced, L>;
}

/**
 * Traces a function.
 * @param f a function of trees of traced values, without effects: it is called once
 * @param examples arguments of the right shapes and element types; their numbers are not looked at
 * @throws RingtrueError `compiler/trace`: what jax-js refused, with the line of the function that did it
 */
export function trace<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  examples: A,
): TracedFunction<R> {
  const leaves = leavesOf(examples, isHostArray);
  const { flat, resultTree } = flattened(f, examples);
  const specs = leaves.map(({ value }) => specOf(value));
  const { value: closed, lines } = recordingLines(() => {
    try {
      return jax.makeJaxpr(flat)(...specs).jaxpr;
    } catch (error) {
      throw traceError(error);
    }
  });
  const program = toProgram(closed, lines);
  const paths = leavesOf(resultTree(), isTraced).map(({ path }) => path);
  return {
    program,
    inputs: leaves.map(({ path }, i) => ({ path, variable: program.inputs[i]! })),
    outputs: paths.map((path, i) => ({ path, variable: program.outputs[i]! })),
    result: <L>(values: readonly L[]) => {
      let next = 0;
      // The tree has the form of the result, with the given leaves.
      return mapTree(resultTree(), isTraced, () => values[next++]!) as MapTree<R, Traced, L>;
    },
  };
}

/** Runs a function on host arrays by jax-js itself: slow, the reference that lowered programs are held to. */
export function interpret<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  args: A,
): MapTree<R, Traced, HostArray> {
  const leaves = leavesOf(args, isHostArray);
  const { flat, resultTree } = flattened(f, args);
  const { jaxpr } = jax.makeJaxpr(flat)(...leaves.map(({ value }) => specOf(value)));
  const outputs = evaluate(
    jaxpr,
    leaves.map(({ value }) => fromHost(value)),
  );
  const paths = leavesOf(resultTree(), isTraced).map(({ path }) => path);
  const arrays = outputs.map((output, i) => toHost(output, paths[i]!));
  jaxpr.dispose();
  let next = 0;
  // The tree has the form of the result, with host arrays for leaves.
  return mapTree(resultTree(), isTraced, () => arrays[next++]!) as MapTree<R, Traced, HostArray>;
}

/** The function over the leaves of its arguments, in order, to the leaves of its result. */
function flattened<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  examples: A,
): { flat: (...values: Traced[]) => Traced[]; resultTree: () => unknown } {
  let result: unknown;
  return {
    flat(...values) {
      let next = 0;
      const args = mapTree(examples, isHostArray, () => values[next++]!);
      // The tree has the form of the examples, with traced values for leaves.
      result = f(...(args as { [K in keyof A]: TracedTree<A[K], Traced> }));
      return leavesOf(result, isTraced).map(({ value }) => value);
    },
    resultTree: () => result,
  };
}

/** Tells leaves of traced trees. */
export function isTraced(value: unknown): value is Traced {
  return typeof value === 'object' && value !== null && 'fullLower' in value;
}

/** A concrete array of zeros that takes no memory: tracing looks at shape and type only. */
function specOf({ dims, data }: HostArray): Traced {
  return jax.numpy.zeros([...dims], { dtype: dtypeNamed(dtypeOf(data)) });
}

function fromHost({ dims, data }: HostArray): Traced {
  const dtype = dtypeNamed(dtypeOf(data));
  if (data.length === 0) return jax.numpy.zeros([...dims], { dtype });
  if (data instanceof Float64Array) return fromDoubles(dims, data);
  if (data instanceof Uint8Array) {
    return jax.numpy
      .array(inMemory(Int32Array.from(data)), { dtype: jax.numpy.int32 })
      .slice([1, data.length + 1])
      .reshape([...dims])
      .astype(dtype);
  }
  return jax.numpy
    .array(inMemory(data as Float32Array), { dtype })
    .slice([1, data.length + 1])
    .reshape([...dims]);
}

/**
 * A copy behind one element that differs: jax-js makes a constant of equal elements, and its arithmetic on
 * constants is that of single precision whatever their type.
 */
function inMemory<T extends Float32Array | Int32Array>(data: T): T & { buffer: ArrayBuffer } {
  const copy = new (data.constructor as new (length: number) => T & { buffer: ArrayBuffer })(
    data.length + 1,
  );
  copy.set(data, 1);
  copy[0] = data[0] === 1 ? 2 : 1;
  return copy;
}

/**
 * The pinned version takes no Float64Array where the engine lacks Float16Array: double precision goes in as
 * the sum of three arrays of single precision, exactly for numbers of the size of those.
 */
function fromDoubles(dims: readonly number[], data: Float64Array): Traced {
  let rest = data;
  const parts = [0, 1, 2].map(() => {
    const part = Float32Array.from(rest);
    rest = rest.map((value, i) => {
      // −0 is the sum of nothing but −0.
      if (value === 0) return value;
      return Number.isFinite(part[i]!) ? value - part[i]! : 0;
    });
    return jax.numpy
      .array(inMemory(part))
      .slice([1, data.length + 1])
      .reshape([...dims])
      .astype(jax.numpy.float64);
  });
  return parts.reduceRight((sum, part) => part.add(sum));
}

function toHost(array: Traced, path: string): HostArray {
  const dims = [...array.shape];
  const { dtype } = array;
  if (dtype === 'float16') {
    throw new RingtrueError(
      'compiler/unsupported',
      `the result${path === '' ? '' : ` ${path}`} is of float16: cast it inside the function`,
    );
  }
  return { dims, data: hostData(array.dataSync(), dtype) };
}

/** jax-js holds booleans as 32-bit integers. */
function hostData(data: ArrayLike<number>, dtype: string): HostData {
  if (dtype === 'bool') return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
  // Data of other types lies in the typed array of that type.
  return (data as Float32Array).slice();
}

/** jax-js declares element types as an enum whose values are their names. */
function dtypeNamed(name: string): jax.DType {
  return name as jax.DType;
}

type Closed = jax.ClosedJaxpr;

function toProgram({ jaxpr, consts }: Closed, lines: Lines): Program {
  const flat = jaxpr.flatten().simplify();
  const variables = new Map<object, Variable>();
  const variableOf = (v: Closed['jaxpr']['inBinders'][number]): Variable => {
    let variable = variables.get(v);
    if (variable === undefined) {
      const { shape, dtype, weakType } = v.aval;
      variable = { id: variables.size, shape, dtype, weak: weakType };
      variables.set(v, variable);
    }
    return variable;
  };
  const atomOf = (x: Closed['jaxpr']['outs'][number]): Atom =>
    'value' in x
      ? { literal: Number(x.value), shape: [], dtype: x.aval.dtype, weak: x.aval.weakType }
      : variableOf(x);
  const inputs = flat.inBinders.map(variableOf);
  // The traced program's parameters are those that program.ts lists: a test holds it to jax-js.
  const equations = flat.eqns.map(
    ({ primitive, inputs: operands, params, outBinders }) =>
      ({
        primitive,
        inputs: operands.map(atomOf),
        params,
        outputs: outBinders.map(variableOf),
      }) as unknown as Equation,
  );
  const outputs = flat.outs.map(atomOf);
  const used = new Set([...equations.flatMap((equation) => equation.inputs), ...outputs]);
  const constants = inputs.slice(0, consts.length).flatMap((variable, i): Constant[] => {
    const array = consts[i] as Traced;
    if (!used.has(variable)) return [];
    if (variable.dtype === 'float16') throw halfConstant(variable, { equations, lines });
    return [{ variable, data: hostData((array.ref as Traced).dataSync(), variable.dtype) }];
  });
  return { inputs: inputs.slice(consts.length), constants, equations, outputs, lines };
}

/** jax-js holds float16 in Float16Array, which not every engine has. */
function halfConstant(
  variable: Variable,
  { equations, lines }: Pick<Program, 'equations' | 'lines'>,
): RingtrueError {
  const user = equations.find(({ inputs }) => inputs.includes(variable));
  const how = 'a constant of float16: make it of float32 and cast it inside the function';
  if (user === undefined) return new RingtrueError('compiler/unsupported', `a result is ${how}`);
  const { primitive, line, text } = originOf(user, { lines });
  return new RingtrueError('compiler/unsupported', `${text} takes ${how}`, {
    details: { primitive, line },
  });
}

function traceError(error: unknown): RingtrueError {
  if (error instanceof RingtrueError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const line = error instanceof Error ? userLine(error.stack) : null;
  return new RingtrueError('compiler/trace', line === null ? message : `${line}: ${message}`, {
    cause: error,
    details: { line },
  });
}
