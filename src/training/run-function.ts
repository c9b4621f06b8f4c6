/**
 * Compiled functions on a backend: host arrays in, host arrays out.
 * @module
 */

import { type DType, type HostArray, type HostData, isHostArray } from '../compiler/arrays.ts';
import type { Compiled } from '../compiler/compile.ts';
import type { Traced } from '../compiler/jax.ts';
import { leavesOf, type MapTree } from '../compiler/tree.ts';
import { RingtrueError } from '../core/errors.ts';
import type { Backend, Tensor, TensorData } from '../runtime/backend.ts';

/** What is needed of a compiled function: `result` makes its result `V` of host arrays for leaves, in their order. */
export interface Runnable<V> extends Pick<Compiled<unknown>, 'model' | 'inputs' | 'outputs'> {
  result(leaves: readonly HostArray[]): V;
}

/** A function that is ready to run. */
export interface ReadyFunction<A extends readonly unknown[], V> {
  /**
   * Runs it on arguments of the shapes that it was compiled for, without those that became constants.
   * @throws RingtrueError `models/bad-output` where they do not fit
   */
  run(...args: A): Promise<V>;
  /** Frees the model. */
  dispose(): Promise<void>;
}

/**
 * Loads a compiled function.
 * @throws RingtrueError what `Backend.load` throws
 */
export async function readyFunction<R>(
  compiled: Compiled<R>,
  backend: Backend,
): Promise<ReadyFunction<readonly unknown[], MapTree<R, Traced, HostArray>>>;
/** The same where the types of arguments and result are known elsewhere. */
export async function readyFunction<A extends readonly unknown[], V>(
  compiled: Runnable<V>,
  backend: Backend,
): Promise<ReadyFunction<A, V>>;
/** Both. */
export async function readyFunction<V>(
  { model, inputs, outputs, result }: Runnable<V>,
  backend: Backend,
): Promise<ReadyFunction<readonly unknown[], V>> {
  const session = await backend.load(model);
  return {
    async run(...args) {
      const leaves = leavesOf(args, isHostArray);
      if (leaves.length !== inputs.length) {
        throw new RingtrueError(
          'models/bad-output',
          `${leaves.length} arrays are given, the function takes ${inputs.length}: ${inputs.map(({ path, dtype, dims }) => `${path} ${dtype}[${dims}]`).join(', ')}`,
        );
      }
      const feeds = Object.fromEntries(
        inputs.map(({ name }, i) => [name, toTensor(leaves[i]!.value)]),
      );
      const values = await session.run(feeds);
      return result(outputs.map(({ name, dtype }) => fromTensor(values[name]!, dtype)));
    },
    dispose: () => session.dispose(),
  };
}

/** A host array as the model takes it: the bits of uint32 in int32. */
export function toTensor({ dims, data }: HostArray): Tensor {
  if (data instanceof Uint32Array)
    return { dims, data: new Int32Array(data.buffer, data.byteOffset, data.length) };
  return { dims, data };
}

/** What the model gave as host array of the function's element type. */
export function fromTensor({ dims, data }: Tensor, dtype: DType): HostArray {
  if (dtype === 'uint32' && data instanceof Int32Array)
    return { dims, data: new Uint32Array(data.buffer, data.byteOffset, data.length) };
  return { dims, data: hostData(data) };
}

function hostData(data: TensorData): HostData {
  if (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint16Array ||
    data instanceof Uint8Array
  )
    return data;
  throw new Error('internal: a compiled function has outputs of other types');
}
