/**
 * Arrays on the host: the leaves of parameters, optimiser state and batches outside of traced functions.
 * @module
 */

/** Element types of programs. */
export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'uint32' | 'bool';

/** Elements of a host array; a Uint8Array holds booleans, a Uint16Array the bits of float16. */
export type HostData =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/** A dense row-major array. */
export interface HostArray {
  /** Size along each axis, the slowest first. */
  readonly dims: readonly number[];
  /** As many elements as the product of the sizes. */
  readonly data: HostData;
}

/** A tree of traced values for a tree of host arrays: what a traced function receives. */
export type TracedTree<T, Traced> = T extends HostArray
  ? Traced
  : { [K in keyof T]: TracedTree<T[K], Traced> };

/** Makes a host array. @throws Error `internal: …` if the data does not fill the shape */
export function hostArray(dims: readonly number[], data: HostData): HostArray {
  if (sizeOf(dims) !== data.length)
    throw new Error(`internal: ${data.length} elements for shape [${dims.join(', ')}]`);
  return { dims, data };
}

/** Tells leaves of trees. */
export function isHostArray(value: unknown): value is HostArray {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dims' in value &&
    'data' in value &&
    ArrayBuffer.isView(value.data)
  );
}

/** Element type of a host array. */
export function dtypeOf(data: HostData): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint32Array) return 'uint32';
  if (data instanceof Uint16Array) return 'float16';
  return 'bool';
}

/** Number of elements of a shape. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}
