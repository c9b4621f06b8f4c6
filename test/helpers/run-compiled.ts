/**
 * Functions compiled to ONNX and run on the CPU.
 * @module
 */

import type { HostArray, TracedTree } from '../../src/compiler/arrays.ts';
import { compileFunction } from '../../src/compiler/compile.ts';
import type { Traced } from '../../src/compiler/jax.ts';
import type { MapTree } from '../../src/compiler/tree.ts';
import { type ReadyFunction, readyFunction } from '../../src/models/run-function.ts';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';

const backend = createOnnxNodeBackend();

/** Compiles a function for the shapes of its arguments. */
export async function prepareCompiled<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  args: A,
): Promise<ReadyFunction<A, R>> {
  return await readyFunction<A, R>(compileFunction(f, args), backend);
}

/** Like `interpret`, by the compiler and ONNX Runtime. */
export async function runCompiled<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  args: A,
): Promise<MapTree<R, Traced, HostArray>> {
  const ready = await prepareCompiled(f, args);
  try {
    return await ready.run(...args);
  } finally {
    await ready.dispose();
  }
}
