/**
 * Gradients against finite differences.
 * @module
 */

import { expect } from 'vitest';
import {
  type HostArray,
  hostArray,
  isHostArray,
  type TracedTree,
} from '../../src/compiler/arrays.ts';
import { np, type Traced, valueAndGrad } from '../../src/compiler/jax.ts';
import { interpret } from '../../src/compiler/trace.ts';
import { leavesOf, mapTree } from '../../src/compiler/tree.ts';

/** Tolerance and step of {@link expectGradient}. */
export interface GradientOptions {
  /** Step of the central difference. @default 1e-2 */
  readonly step?: number;
  /** Relative to the largest gradient, from single precision and the curvature over a step. @default 1e-2 */
  readonly tolerance?: number;
}

/**
 * Expects the gradient of a scalar function of a tree to be that of central differences: every element of
 * small arrays, evenly spread ones of larger arrays.
 */
export function expectGradient<T>(
  tree: T,
  f: (tree: TracedTree<T, Traced>) => Traced,
  { step = 1e-2, tolerance = 1e-2 }: GradientOptions = {},
): void {
  const probes = leavesOf(tree, isHostArray).flatMap(({ value }, leaf) => {
    const count = Math.min(value.data.length, 12);
    return Array.from({ length: count }, (_, i) => ({
      leaf,
      index: Math.floor((i * value.data.length) / count),
    }));
  });
  // The loss at every shifted tree and the gradient at the tree itself, in one program.
  const leaves = leavesOf(tree, isHostArray).map(({ value }) => value);
  const shifted = probes.flatMap(({ leaf, index }) =>
    [step, -step].map((by) => {
      const data = Float32Array.from(leaves[leaf]!.data);
      data[index]! += by;
      return { leaf, array: hostArray(leaves[leaf]!.dims, data) };
    }),
  );
  const value = (at: TracedTree<T, Traced>): Traced => np.sum(f(at));
  const [, gradient] = interpret((at) => valueAndGrad(value)(at), [tree] as const);
  const slopes = leavesOf(gradient, isHostArray).map((leaf) => leaf.value);
  const scale = Math.max(...slopes.flatMap(({ data }) => [...data].map(Math.abs)));
  expect(scale, 'a gradient that is not zero').toBeGreaterThan(0);
  const losses = shifted.map(({ leaf, array }) => {
    let next = 0;
    // The tree has the same form: one leaf is replaced by one of its shape.
    const moved = mapTree(
      tree,
      isHostArray,
      (old): HostArray => (next++ === leaf ? array : old),
    ) as T;
    return interpret((at) => value(at as TracedTree<T, Traced>), [moved] as const) as HostArray;
  });
  for (const [i, { leaf, index }] of probes.entries()) {
    const numeric = (losses[2 * i]!.data[0]! - losses[2 * i + 1]!.data[0]!) / (2 * step);
    const exact = slopes[leaf]!.data[index]!;
    expect(
      Math.abs(numeric - exact) <= tolerance * scale,
      `leaf ${leaf}[${index}]: gradient ${exact}, difference ${numeric}, scale ${scale}`,
    ).toBe(true);
  }
}
