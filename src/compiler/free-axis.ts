/**
 * Models whose leading axis is free: lowered for two sizes, what differs must be shapes of reshapes alone.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { type ReadModel, readModel } from '../graph/read.ts';

/** Two sizes that no other axis is likely to have. */
export const FREE_SIZES = [1009, 1013] as const;

/** New values of constants by name: the free axis of a reshape is −1. */
export type Patches = ReadonlyMap<string, readonly number[]>;

/**
 * What has to change in a model so that it takes any size of the leading axis.
 * @param models the same program lowered for both of {@link FREE_SIZES}
 * @throws RingtrueError `compiler/unsupported` where the program depends on the size otherwise
 */
export function freeAxisPatches(models: readonly [Uint8Array, Uint8Array]): Patches {
  const [a, b] = models.map(readModel) as [ReadModel, ReadModel];
  const nodes = ({ graph }: ReadModel): string => JSON.stringify(graph.nodes);
  if (nodes(a) !== nodes(b)) throw dependent('operations differ');
  const patches = new Map<string, readonly number[]>();
  for (const [i, constant] of a.graph.initialisers.entries()) {
    const other = b.graph.initialisers[i]!;
    const [values, others] = [constant, other].map(({ data }) => Array.from(data ?? [], Number));
    if (constant.name !== other.name || values!.length !== others!.length)
      throw dependent(`${constant.name} has other lengths`);
    const differing = values!.flatMap((value, at) => (Object.is(value, others![at]) ? [] : [at]));
    if (differing.length === 0) continue;
    const users = a.graph.nodes.filter(({ inputs }) => inputs.includes(constant.name));
    const shapesOnly = users.every(
      ({ operator, inputs }) => operator === 'Reshape' && inputs[1] === constant.name,
    );
    if (!shapesOnly || differing.length > 1)
      throw dependent(`${users[0]?.operator} takes it as a number`);
    patches.set(
      constant.name,
      values!.map((value, at) => (at === differing[0] ? -1 : value)),
    );
  }
  return patches;
}

function dependent(how: string): RingtrueError {
  return new RingtrueError(
    'compiler/unsupported',
    `the function depends on the size of the leading axis, which cannot be left free: ${how}`,
  );
}
