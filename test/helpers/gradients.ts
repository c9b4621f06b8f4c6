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
import { prepareCompiled, runCompiled } from './run-compiled.ts';

/** Tolerance and step of {@link expectGradient}. */
export interface GradientOptions {
  /** Step of the central difference. @default 1e-2 */
  readonly step?: number;
  /** Relative to the largest gradient, from single precision and the curvature over a step. @default 1e-2 */
  readonly tolerance?: number;
}

/**
 * Expects the gradient of a scalar function of a tree, as jax-js computes it and compiled, to be that of
 * central differences: every element of small arrays, evenly spread ones of larger arrays.
 */
export async function expectGradient<T>(
  tree: T,
  f: (tree: TracedTree<T, Traced>) => Traced,
  { step = 1e-2, tolerance = 1e-2 }: GradientOptions = {},
): Promise<void> {
  const value = (at: TracedTree<T, Traced>): Traced => np.sum(f(at));
  const differences = await centralDifferences(tree, value, step);
  const both = (at: TracedTree<T, Traced>) => valueAndGrad(value)(at);
  for (const [how, [, gradient]] of [
    ['jax-js', interpret(both, [tree] as const)],
    ['compiled', await runCompiled(both, [tree] as const)],
  ] as const) {
    const slopes = leavesOf(gradient, isHostArray).map((leaf) => leaf.value);
    const scale = Math.max(...slopes.flatMap(({ data }) => [...data].map(Math.abs)));
    expect(scale, 'a gradient that is not zero').toBeGreaterThan(0);
    for (const { path, leaf, index, slope } of differences) {
      const exact = slopes[leaf]!.data[index]!;
      expect(
        Math.abs(slope - exact) <= tolerance * scale,
        `${how}: ${path}[${index}]: gradient ${exact}, difference ${slope}, scale ${scale}`,
      ).toBe(true);
    }
  }
}

interface Difference {
  readonly path: string;
  readonly leaf: number;
  readonly index: number;
  readonly slope: number;
}

async function centralDifferences<T>(
  tree: T,
  value: (tree: TracedTree<T, Traced>) => Traced,
  step: number,
): Promise<Difference[]> {
  const ready = await prepareCompiled(value, [tree] as const);
  const lossAt = async (leaf: number, index: number, by: number): Promise<number> => {
    let next = 0;
    // The tree has the same form: one leaf is replaced by one of its shape.
    const moved = mapTree(tree, isHostArray, (old): HostArray => {
      if (next++ !== leaf) return old;
      const data = Float32Array.from(old.data);
      data[index]! += by;
      return hostArray(old.dims, data);
    }) as T;
    const { data } = (await ready.run(moved)) as HostArray;
    return data[0]!;
  };
  const found: Difference[] = [];
  for (const [leaf, { path, value: array }] of leavesOf(tree, isHostArray).entries()) {
    const count = Math.min(array.data.length, 12);
    for (let i = 0; i < count; i += 1) {
      const index = Math.floor((i * array.data.length) / count);
      const rise = (await lossAt(leaf, index, step)) - (await lossAt(leaf, index, -step));
      found.push({ path, leaf, index, slope: rise / (2 * step) });
    }
  }
  await ready.dispose();
  return found;
}
