/**
 * Models whose leading axis is free: lowered for two sizes, what differs must be shapes of reshapes alone.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { type ReadConstant, type ReadModel, type ReadNode, readModel } from '../graph/read.ts';
import { type Atom, type Equation, isLiteral, type Program } from './program.ts';
import { originOf } from './source-lines.ts';

/** Two sizes that no other axis is likely to have. */
export const FREE_SIZES = [1009, 1013] as const;

/** New values of constants by name: the free axis of a reshape is −1. */
export type Patches = ReadonlyMap<string, readonly number[]>;

/** A program for one of {@link FREE_SIZES}, lowered. */
export interface SizedModel {
  readonly bytes: Uint8Array;
  readonly program: Program;
  /** The equation that each node was written for, by the name of the node. */
  readonly equations: ReadonlyMap<string, Equation>;
}

/**
 * What has to change in a model so that it takes any size of the leading axis.
 * @param models the same program lowered for both of {@link FREE_SIZES}
 * @param axis name of the axis
 * @throws RingtrueError `compiler/unsupported` where the program depends on the size otherwise: with the first
 * operation that does, and the line of user code that made it
 */
export function freeAxisPatches(models: readonly [SizedModel, SizedModel], axis: string): Patches {
  const [first, second] = models.map(({ bytes }) => readModel(bytes)) as [ReadModel, ReadModel];
  const [constants, others] = [first, second].map(constantsOf);
  const patches = new Map<string, readonly number[]>();
  const dependent = ({ name }: ReadNode, how: string): RingtrueError => {
    const made = models.find(({ equations }) => equations.has(name));
    return unsupported(made?.program, {
      axis,
      equation: made?.equations.get(name),
      how: `depends on the size of the leading axis ${axis}, which cannot be left free: ${how}`,
    });
  };
  for (const [i, node] of first.graph.nodes.entries()) {
    if (JSON.stringify(node) !== JSON.stringify(second.graph.nodes[i]))
      throw dependent(node, 'it is lowered otherwise for another size');
    for (const { operator, inputs } of withBodies(node)) {
      for (const [at, name] of inputs.entries()) {
        const values = constants!.get(name);
        if (values === undefined) continue;
        const places = differences(values, others!.get(name));
        if (places === null) throw dependent(node, 'it takes an array of that size');
        if (places.length === 0) continue;
        if (operator !== 'Reshape' || at !== 1 || places.length > 1)
          throw dependent(node, `${operator} takes it as a number`);
        patches.set(name, values.with(places[0]!, -1));
      }
    }
  }
  const more = second.graph.nodes[first.graph.nodes.length];
  if (more !== undefined) throw dependent(more, 'it is lowered otherwise for another size');
  return patches;
}

/** Elements of constants by name. */
function constantsOf({ graph }: ReadModel): Map<string, number[]> {
  const elements = ({ data }: ReadConstant): number[] => Array.from(data ?? [], Number);
  return new Map(graph.initialisers.map((constant) => [constant.name, elements(constant)]));
}

/** A node and those of its bodies, which read constants from outside too. */
function withBodies(node: ReadNode): ReadNode[] {
  const bodies = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? attribute.value.nodes : [],
  );
  return [node, ...bodies.flatMap(withBodies)];
}

/** Where two constants differ; null if one is longer. */
function differences(a: readonly number[], b: readonly number[] | undefined): number[] | null {
  if (a.length !== b?.length) return null;
  return a.flatMap((value, at) => (Object.is(value, b[at]) ? [] : [at]));
}

/**
 * Checks that every result has the free axis in front.
 * @param programs the same program for both of {@link FREE_SIZES}
 * @param options name of the axis, and the way to each result
 * @throws RingtrueError `compiler/unsupported` with the result, and the operation where the axis went and the
 * line of user code that made it
 */
export function checkLeadingAxis(
  programs: readonly [Program, Program],
  { axis, paths }: { readonly axis: string; readonly paths: readonly string[] },
): void {
  const [program, other] = programs;
  for (const [i, output] of program.outputs.entries()) {
    if (leads(output, 0) && leads(other.outputs[i]!, 1)) continue;
    const path = paths[i]!;
    const result = path === '' ? 'the result' : `the result ${path}`;
    throw unsupported(program, {
      axis,
      equation: whereLost(program, output),
      how: `leaves ${result} of shape [${output.shape.map(showing(axis))}] without a leading axis ${axis}`,
    });
  }
}

function leads({ shape }: Atom, which: 0 | 1): boolean {
  return shape[0] === FREE_SIZES[which];
}

/** The last operation on the way to a result that takes the axis and does not give it. */
function whereLost(program: Program, output: Atom): Equation | undefined {
  const holds = (atom: Atom): boolean => !isLiteral(atom) && atom.shape.includes(FREE_SIZES[0]);
  // Where the axis is somewhere else in the result, it was moved; where it is nowhere, it was lost.
  const has = holds(output) ? (atom: Atom) => leads(atom, 0) : holds;
  const wanted = new Set<number>(isLiteral(output) ? [] : [output.id]);
  return program.equations.findLast(({ inputs, outputs }) => {
    if (!outputs.some(({ id }) => wanted.has(id))) return false;
    for (const atom of inputs) if (!isLiteral(atom)) wanted.add(atom.id);
    return inputs.some(has) && !outputs.some(has);
  });
}

/** The size that stands for the axis is shown by its name. */
function showing(axis: string): (size: number) => string {
  return (size) => ((FREE_SIZES as readonly number[]).includes(size) ? axis : String(size));
}

function unsupported(
  program: Program | undefined,
  {
    axis,
    equation,
    how,
  }: {
    readonly axis: string;
    readonly equation: Equation | undefined;
    readonly how: string;
  },
): RingtrueError {
  if (program === undefined || equation === undefined)
    return new RingtrueError('compiler/unsupported', `the function ${how}`);
  const { primitive, line, text } = originOf(equation, {
    lines: program.lines,
    showSize: showing(axis),
  });
  return new RingtrueError('compiler/unsupported', `${text} ${how}`, {
    details: { primitive, line },
  });
}
