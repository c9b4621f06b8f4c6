/**
 * Arguments of a compiled function, held to the inputs of its model.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { dtypeOf, type HostArray, isHostArray, sizeOf } from './arrays.ts';
import type { Port } from './compile.ts';
import { type Leaf, leavesOf, type Tree } from './tree.ts';

/** Examples that are no constants, with host arrays of any numbers for leaves: what a model of them is run on. */
export type Arguments<A extends readonly unknown[], C extends number> = HostTrees<Without<A, C>>;

type HostTrees<A extends readonly unknown[]> = { readonly [K in keyof A]: HostTree<A[K]> };

/** A type of trees of any form stays what it is: it would be followed without end. */
type HostTree<T> = [Tree<HostArray>] extends [T]
  ? T
  : T extends HostArray
    ? HostArray
    : { [K in keyof T]: HostTree<T[K]> };

/** A list without its first `C` types; where `C` is not known, a list of anything. */
type Without<
  A extends readonly unknown[],
  C extends number,
  Counted extends readonly unknown[] = [],
> = number extends C
  ? readonly unknown[]
  : Counted['length'] extends C
    ? A
    : A extends readonly [unknown, ...infer Rest]
      ? Without<Rest, C, [...Counted, unknown]>
      : A;

/** What a model takes. */
export interface Taken {
  readonly inputs: readonly Port[];
  /** How many arguments became constants: paths count from there. */
  readonly constants: number;
  /** Whether the leading axis of every input has any size. */
  readonly leadingFree: boolean;
}

/**
 * The arrays of arguments, in the order of the inputs.
 * @throws RingtrueError `runtime/bad-feeds` where they have other paths, types or dims
 */
export function arraysOf(args: readonly unknown[], taken: Taken): HostArray[] {
  const { inputs, constants } = taken;
  const given = args.flatMap((arg, i) => argumentLeaves(arg, String(i + constants)));
  const paths = new Set(inputs.map(({ path }) => path));
  const stranger = given.find(({ path }) => !paths.has(path));
  if (stranger !== undefined)
    throw new RingtrueError('runtime/bad-feeds', `${stranger.path} is given, ${takes(inputs)}`);
  return orderArrays(given, taken);
}

/**
 * Arrays in the order of inputs; those of other paths are left out.
 * @throws RingtrueError `runtime/bad-feeds` where one is missing, or of another type or dims
 */
export function orderArrays(
  given: readonly Leaf<HostArray>[],
  { inputs, leadingFree }: Pick<Taken, 'inputs' | 'leadingFree'>,
): HostArray[] {
  const byPath = new Map(given.map(({ path, value }) => [path, value]));
  return inputs.map((port) => {
    const array = byPath.get(port.path);
    if (array === undefined)
      throw new RingtrueError('runtime/bad-feeds', `${port.path} is missing, ${takes(inputs)}`);
    const { dims, data } = array;
    const free = leadingFree && dims.length > 0 ? [dims[0]!, ...port.dims.slice(1)] : port.dims;
    const found = describe({ dims, dtype: dtypeOf(data) });
    if (found !== describe({ dims: free, dtype: port.dtype })) {
      throw new RingtrueError(
        'runtime/bad-feeds',
        `${port.path} is ${found}, the function takes ${describe(port)}`,
      );
    }
    if (data.length !== sizeOf(dims)) {
      throw new RingtrueError(
        'runtime/bad-feeds',
        `${port.path} has ${data.length} elements for [${dims}]`,
      );
    }
    return array;
  });
}

function argumentLeaves(arg: unknown, path: string): Leaf<HostArray>[] {
  try {
    return leavesOf(arg, isHostArray, path);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RingtrueError('runtime/bad-feeds', error.message, {
      hint: 'Arrays are given as hostArray(dims, data).',
      cause: error,
    });
  }
}

function takes(inputs: readonly Port[]): string {
  return `the function takes ${inputs.map((port) => `${port.path} ${describe(port)}`).join(', ')}`;
}

function describe({ dims, dtype }: Pick<Port, 'dims' | 'dtype'>): string {
  return `${dtype}[${dims}]`;
}
