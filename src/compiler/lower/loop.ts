/**
 * Loops with static shapes: one body for what would be a node for every step.
 * @module
 */

import type { ElementType, GraphBuilder, ValueName } from '../../graph/build.ts';

/** A value that goes from step to step. */
export interface Carried {
  readonly start: ValueName;
  readonly dims: readonly number[];
  readonly type: ElementType;
}

/** What a body is given: the graph to write into, the number of the step (int64, rank 0), the values. */
export interface Step {
  readonly graph: GraphBuilder;
  readonly step: ValueName;
  readonly values: readonly ValueName[];
}

/**
 * Adds a Loop.
 * @param options `steps` is the number of steps (int64, rank 0), `isOn` a condition (bool, rank 0) that has to hold before the
 * first; a body that returns `isOn` decides about the next. What the body reads from outside must have been
 * made before.
 */
export function loop(
  graph: GraphBuilder,
  carried: readonly Carried[],
  {
    steps,
    isOn,
    body,
  }: {
    readonly steps: ValueName;
    readonly isOn?: ValueName;
    readonly body: (step: Step) => {
      readonly values: readonly ValueName[];
      readonly isOn?: ValueName;
    };
  },
): ValueName[] {
  const label = graph.node('Identity', [steps]);
  const inner = graph.subgraph(`${label}_body`);
  const step = inner.input(`${label}_step`, [], 'int64');
  const condition = inner.input(`${label}_on`, [], 'bool');
  const values = carried.map(({ dims, type }, i) => inner.input(`${label}_in_${i}`, dims, type));
  const result = body({ graph: inner, step, values });
  inner.output(inner.node('Identity', [result.isOn ?? condition]), [], 'bool');
  result.values.forEach((value, i) => {
    // An output of a body may not be its input itself.
    inner.output(inner.node('Identity', [value]), carried[i]!.dims, carried[i]!.type);
  });
  return graph.nodes('Loop', [label, isOn ?? '', ...carried.map(({ start }) => start)], {
    attributes: { body: { graph: inner } },
    outputs: carried.length,
  });
}
