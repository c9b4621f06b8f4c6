/**
 * Functions compiled to ONNX and run on the CPU.
 * @module
 */

import type { HostArray, TracedTree } from '../../src/compiler/arrays.ts';
import { type Compiled, compileFunction } from '../../src/compiler/compile.ts';
import type { Traced } from '../../src/compiler/jax.ts';
import type { MapTree } from '../../src/compiler/tree.ts';
import type { Backend } from '../../src/runtime/backend.ts';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';
import { type ReadyFunction, readyFunction } from '../../src/training/run-function.ts';

/** Which engine runs it. */
export interface RunCompiledOptions {
  /** @default onnxruntime-node on the CPU */
  readonly backend?: Backend;
}

/** Compiles a function for the shapes of its arguments. */
export async function prepareCompiled<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  args: A,
  { backend = createOnnxNodeBackend() }: RunCompiledOptions = {},
): Promise<ReadyFunction<A, MapTree<R, Traced, HostArray>>> {
  // The arguments are the examples; that their types are equal cannot be seen of any `A`.
  return readyFunction(compileFunction(f, args) as unknown as Compiled<R, A>, backend);
}

/** Like `interpret`, by the compiler and ONNX Runtime. */
export async function runCompiled<A extends readonly unknown[], R>(
  f: (...args: { [K in keyof A]: TracedTree<A[K], Traced> }) => R,
  args: A,
  options: RunCompiledOptions = {},
): Promise<MapTree<R, Traced, HostArray>> {
  const ready = await prepareCompiled(f, args, options);
  try {
    return await ready.run(...args);
  } finally {
    await ready.dispose();
  }
}
