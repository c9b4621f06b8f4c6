/**
 * Compiled functions on a backend: host arrays in, host arrays out.
 * @module
 */

import type { DType, HostArray, HostData } from '../compiler/arrays.ts';
import type { Compiled } from '../compiler/compile.ts';
import type { Traced } from '../compiler/jax.ts';
import type { MapTree } from '../compiler/tree.ts';
import type { Backend, Tensor, TensorData } from '../runtime/backend.ts';

/** What is needed of a compiled function: `V` is its result with host arrays for leaves. */
export interface Runnable<A extends readonly unknown[], V>
  extends Pick<Compiled<unknown>, 'model' | 'inputs' | 'outputs'> {
  arrays(...args: A): HostArray[];
  result(leaves: readonly HostArray[]): V;
}

/** A function that is ready to run. */
export interface ReadyFunction<A extends readonly unknown[], V> {
  /**
   * Runs it on arguments of the shapes that it was compiled for, without those that became constants.
   * @throws RingtrueError `runtime/bad-feeds` where they do not fit
   */
  run(...args: A): Promise<V>;
  /** Frees the model. */
  dispose(): Promise<void>;
}

/**
 * Loads a compiled function.
 * @throws RingtrueError what `Backend.load` throws
 */
export async function readyFunction<R, A extends readonly unknown[]>(
  compiled: Compiled<R, A>,
  backend: Backend,
): Promise<ReadyFunction<A, MapTree<R, Traced, HostArray>>> {
  return loadFunction<A, MapTree<R, Traced, HostArray>>(compiled, backend);
}

/** The same where the types of arguments and result are known elsewhere. */
export async function loadFunction<A extends readonly unknown[], V>(
  { model, inputs, outputs, arrays, result }: Runnable<A, V>,
  backend: Backend,
): Promise<ReadyFunction<A, V>> {
  const session = await backend.load(model);
  return {
    async run(...args) {
      const given = arrays(...args);
      const feeds = Object.fromEntries(inputs.map(({ name }, i) => [name, toTensor(given[i]!)]));
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
