/**
 * Small functions on tensors.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
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

/**
 * Copies an output into a tensor that was given for it.
 * @throws RingtrueError `models/bad-output` where the types or dims differ
 */
export function writeTensor(output: string, from: Tensor, to: Tensor): void {
  const [found, wanted] = [describeTensor(from), describeTensor(to)];
  if (found !== wanted || from.data.length !== to.data.length) {
    throw new RingtrueError(
      'models/bad-output',
      `output ${output} is ${found} (${from.data.length} values), it cannot be written into ${wanted} (${to.data.length})`,
      { details: { output } },
    );
  }
  copyData(from.data, to.data);
}
