/**
 * Weights of a network by name, as a safetensors file: `parameters.…` and `state.…` (running statistics).
 * @module
 */

import { dtypeOf, type HostArray, isHostArray } from '../compiler/arrays.ts';
import { leavesOf, mapTree } from '../compiler/tree.ts';
import { RingtrueError } from '../core/errors.ts';
import { type NamedTensor, readSafetensors, writeSafetensors } from '../graph/safetensors.ts';
import type { Weights } from './recipe.ts';
import type { HostValues } from './trees.ts';

/** Name of the file in a detector's folder. */
export const WEIGHTS_FILE = 'weights.safetensors';

/** Weights as a file; names are paths in the trees that the recipe's `init` makes. */
export function packWeights(
  { parameters, state }: Weights<HostValues, HostValues>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors: Record<string, NamedTensor> = {};
  for (const { path, value } of leavesOf({ parameters, state }, isHostArray))
    tensors[path] = { dims: value.dims, data: value.data, type: dtypeOf(value.data) };
  return writeSafetensors({ tensors, metadata });
}

/**
 * Reads weights.
 * @param form weights of the right names, shapes and types
 * @throws RingtrueError `models/bad-file` if it is no such file, lacks a tensor, has another, or one of another
 * shape or type
 */
export function unpackWeights(
  bytes: Uint8Array,
  { parameters, state }: Weights<HostValues, HostValues>,
): Weights<HostValues, HostValues> {
  const { tensors } = readSafetensors(bytes);
  const form = { parameters, state };
  const known = new Set(leavesOf(form, isHostArray).map(({ path }) => path));
  const stranger = Object.keys(tensors).find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new RingtrueError('models/bad-file', `the network has no array ${stranger}`);
  const filled = mapTree(form, isHostArray, ({ dims, data }, path): HostArray => {
    const found = tensors[path];
    const expected = `${dtypeOf(data)}[${dims}]`;
    if (found === undefined)
      throw new RingtrueError('models/bad-file', `the file has no ${path}, ${expected}`);
    // The types of host arrays are among those of files; another one does not have the name that is expected.
    const array = { dims: found.dims, data: found.data as HostArray['data'] };
    const given = `${dtypeOf(array.data)}[${array.dims}]`;
    if (given !== expected)
      throw new RingtrueError('models/bad-file', `${path} is ${given}, expected ${expected}`);
    return array;
  });
  // The form is kept by mapTree.
  return filled as Weights<HostValues, HostValues>;
}
