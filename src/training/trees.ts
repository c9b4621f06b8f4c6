/**
 * Arithmetic on trees: parameters, gradients and optimiser state share one form.
 * @module
 */

import { type HostArray, type HostData, hostArray, isHostArray } from '../compiler/arrays.ts';
import type { Traced } from '../compiler/jax.ts';
import { isTraced } from '../compiler/trace.ts';
import { leavesOf, mapTree, type Tree } from '../compiler/tree.ts';

/** A tree of traced values: parameters inside a step. */
export type TracedValues = Tree<Traced>;
/** A tree of arrays on the host: parameters between steps. */
export type HostValues = Tree<HostArray>;

/**
 * A branch of a tree.
 * @throws Error `internal: …` if there is none
 */
export function branch<L>(tree: Tree<L>, key: string): Tree<L> {
  const children: unknown = tree;
  if (typeof children !== 'object' || children === null || !Object.hasOwn(children, key))
    throw new Error(`internal: the tree has no ${key}`);
  // What lies below a branch of a tree is a tree.
  return (children as Readonly<Record<string, Tree<L>>>)[key]!;
}

/**
 * The traced value that a tree is.
 * @throws Error `internal: …` if it has branches
 */
export function leaf(tree: TracedValues): Traced {
  if (!isTraced(tree)) throw new Error('internal: a tree where one value was expected');
  return tree;
}

/**
 * The host array that a tree is.
 * @throws Error `internal: …` if it has branches
 */
export function hostLeaf(tree: HostValues): HostArray {
  if (!isHostArray(tree)) throw new Error('internal: a tree where one array was expected');
  return tree;
}

/** A scalar, given as `[1]` or `[]`, as `[]`. */
export function scalarOf(tree: TracedValues): Traced {
  return leaf(tree).reshape([]);
}

/** Maps each traced value with its path. */
export function mapTraced(
  tree: TracedValues,
  map: (value: Traced, path: string) => Traced,
): TracedValues {
  // The form of a tree is kept by mapTree.
  return mapTree(tree, isTraced, map) as TracedValues;
}

/** Maps values of the same place in several trees of one form; `map` sees them in the order of the trees. */
export function zipTraced(
  trees: readonly [TracedValues, ...TracedValues[]],
  map: (values: readonly Traced[], path: string) => Traced,
): TracedValues {
  const lists = trees.map(tracedLeaves);
  let next = 0;
  return mapTraced(trees[0], (_, path) => {
    const at = next++;
    return map(
      lists.map((list) => list[at]!),
      path,
    );
  });
}

/** Traced values of a tree, in the order of its paths. */
export function tracedLeaves(tree: TracedValues): Traced[] {
  return leavesOf(tree, isTraced).map(({ value }) => value);
}

/** Maps each host array with its path. */
export function mapHost(
  tree: HostValues,
  map: (value: HostArray, path: string) => HostArray,
): HostValues {
  return mapTree(tree, isHostArray, map) as HostValues;
}

/** Zeros of the shapes and types of a tree. */
export function zerosLike(tree: HostValues): HostValues {
  return mapHost(tree, ({ dims, data }) => {
    const zeros: HostData = data.slice();
    zeros.fill(0);
    return { dims, data: zeros };
  });
}

/** A number as an array of one element: rank 0 cannot be written into given memory by every engine. */
export function hostScalar(value: number): HostArray {
  return hostArray([1], Float32Array.of(value));
}
