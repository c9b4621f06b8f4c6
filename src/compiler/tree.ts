/**
 * Plain trees: objects and lists whose leaves are arrays. Parameters, optimiser state and batches are trees.
 * @module
 */

/** A tree with leaves of one type. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

/** A tree of the same form with other leaves. */
export type MapTree<T, L, M> = T extends L
  ? M
  : T extends readonly unknown[]
    ? { [K in keyof T]: MapTree<T[K], L, M> }
    : T extends object
      ? { [K in keyof T]: MapTree<T[K], L, M> }
      : never;

/** One leaf with the way to it, `layer.0.weight`. */
export interface Leaf<L> {
  readonly path: string;
  readonly value: L;
}

/**
 * Leaves of a tree in a fixed order: keys of objects sorted, lists by index.
 * @param isLeaf tells leaves from objects
 */
export function leavesOf<L>(
  tree: unknown,
  isLeaf: (value: unknown) => value is L,
  path = '',
): Leaf<L>[] {
  if (isLeaf(tree)) return [{ path, value: tree }];
  if (typeof tree !== 'object' || tree === null) {
    throw new TypeError(
      `${path === '' ? 'the tree' : path} is ${String(tree)}, expected an array, a list or an object`,
    );
  }
  return childrenOf(tree).flatMap(([key, child]) =>
    leavesOf(child, isLeaf, path === '' ? key : `${path}.${key}`),
  );
}

/**
 * A tree of the same form with each leaf replaced; `map` sees leaves in the order of {@link leavesOf}.
 */
export function mapTree<L, M>(
  tree: unknown,
  isLeaf: (value: unknown) => value is L,
  map: (leaf: L, path: string) => M,
  path = '',
): unknown {
  if (isLeaf(tree)) return map(tree, path);
  if (typeof tree !== 'object' || tree === null) {
    throw new TypeError(
      `${path === '' ? 'the tree' : path} is ${String(tree)}, expected an array, a list or an object`,
    );
  }
  const mapped = childrenOf(tree).map(
    ([key, child]) =>
      [key, mapTree(child, isLeaf, map, path === '' ? key : `${path}.${key}`)] as const,
  );
  if (Array.isArray(tree)) return mapped.map(([, value]) => value);
  return Object.fromEntries(mapped);
}

function childrenOf(tree: object): [string, unknown][] {
  if (Array.isArray(tree)) return tree.map((child, i) => [String(i), child]);
  return Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
