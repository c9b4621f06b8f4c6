/**
 * From programs to ONNX graphs.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { type Axis, createGraph, type GraphBuilder, type ValueName } from '../../graph/build.ts';
import type { Patches } from '../free-axis.ts';
import { type Atom, type Equation, isLiteral, type Literal, type Program } from '../program.ts';
import { type Lines, originOf } from '../source-lines.ts';
import { createEmitter, type Emitter, STORAGE } from './emitter.ts';
import { denseView, type Rule, UnsupportedError } from './rule.ts';
import { literalView } from './rules/elementwise.ts';
import { RULES } from './table.ts';
import type { View } from './view.ts';

/** Names of the graph's inputs and outputs, in the order of the program's. */
export interface PortNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** How a program is lowered. */
export interface LowerOptions {
  /** Name of the leading axis of every input and output, with what it changes in the graph. */
  readonly free?: { readonly axis: string; readonly patches: Patches };
  /** Told the name of each node and the equation that it is written for. */
  readonly onNode?: (name: ValueName, equation: Equation) => void;
}

/**
 * Lowers a program.
 * @param names one name an input and output; they must all differ
 * @throws RingtrueError `compiler/unsupported` with the operation and the line of user code that made it
 */
export function lowerProgram(
  program: Program,
  names: PortNames,
  { free, onNode }: LowerOptions = {},
): GraphBuilder {
  const graph = createGraph({ name: 'program' });
  /** The equation that nodes are written for. */
  let current: Equation | undefined;
  const tell = (name: ValueName): void => {
    if (current !== undefined) onNode?.(name, current);
  };
  const told: GraphBuilder = {
    ...graph,
    node(...node) {
      const name = graph.node(...node);
      tell(name);
      return name;
    },
    nodes(...node) {
      const names = graph.nodes(...node);
      tell(names[0]!);
      return names;
    },
  };
  const emitter = createEmitter(told, free?.patches);
  const axes = (shape: readonly number[]): Axis[] =>
    free === undefined ? [...shape] : [free.axis, ...shape.slice(1)];
  const views = new Map<number, View>();
  program.inputs.forEach(({ id, shape, dtype }, i) => {
    graph.input(names.inputs[i]!, axes(shape), STORAGE[dtype]);
    views.set(id, denseView(names.inputs[i]!, shape, dtype));
  });
  for (const { variable, data } of program.constants) {
    const { id, shape, dtype } = variable;
    const type = STORAGE[dtype];
    // The bits of uint32 lie in int32.
    const stored =
      data instanceof Uint32Array
        ? new Int32Array(data.buffer, data.byteOffset, data.length)
        : data;
    views.set(id, denseView(emitter.constant(shape, stored, type), shape, dtype));
  }
  const viewOfAtom = (atom: Atom): View => {
    if (isLiteral(atom)) return numberView(emitter, atom);
    const view = views.get(atom.id);
    if (view === undefined)
      throw new Error(`internal: variable ${atom.id} is used before it is made`);
    return view;
  };
  const makers = new Map<number, Equation>();
  for (const equation of program.equations) {
    current = equation;
    const results = lowerEquation(emitter, equation, {
      operands: equation.inputs.map(viewOfAtom),
      lines: program.lines,
    });
    for (const [i, { id }] of equation.outputs.entries()) {
      views.set(id, results[i]!);
      makers.set(id, equation);
    }
  }
  program.outputs.forEach((atom, i) => {
    current = isLiteral(atom) ? undefined : makers.get(atom.id);
    const name = emitter.dense(viewOfAtom(atom));
    // Outputs have their own names, also where two are the same value or one is an input.
    graph.node('Identity', [name], { name: names.outputs[i]! });
    graph.output(names.outputs[i]!, axes(atom.shape), STORAGE[atom.dtype]);
  });
  return graph;
}

/** A number as operand; it becomes a constant only where a rule takes it as it is. */
function numberView(emitter: Emitter, { literal, dtype }: Literal): View {
  return {
    get base() {
      return literalView(emitter, literal, dtype).base;
    },
    dims: [],
  };
}

function lowerEquation(
  emitter: Emitter,
  equation: Equation,
  { operands, lines }: { operands: readonly View[]; lines: Lines },
): readonly View[] {
  const { primitive } = equation;
  // The table gives each operation the rule of its own equations.
  const rule = RULES[primitive] as unknown as Rule<typeof primitive>;
  try {
    return rule(emitter, equation as never, operands);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    const { line, text } = originOf(equation, { lines });
    throw new RingtrueError('compiler/unsupported', `${text} cannot be lowered: ${error.message}`, {
      details: { primitive, line },
      cause: error,
    });
  }
}
