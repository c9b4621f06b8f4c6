/**
 * Small functions on tensors.
 * @module
 */

import { elementType } from '../graph/elements.ts';
import type { Tensor, TensorData } from './backend.ts';

/** Element type (that of the array for bool) and dims, such as `float32[2, 3]`: equal for tensors that can hold each other's values. */
export function describeTensor({ data, dims }: Tensor): string {
  return `${elementType(data)}[${dims.join(', ')}]`;
}

/** A tensor in memory of its own. */
export function copyTensor(tensor: Tensor): Tensor {
  return { ...tensor, data: tensor.data.slice() };
}

/** Zeros of the same type and dims. */
export function emptyLike(tensor: Tensor): Tensor {
  const empty = copyTensor(tensor);
  new Uint8Array(empty.data.buffer).fill(0);
  return empty;
}

/** Copies elements between arrays of the same type and length. */
export function copyData(from: TensorData, to: TensorData): void {
  new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(
    new Uint8Array(from.buffer, from.byteOffset, from.byteLength),
  );
}
