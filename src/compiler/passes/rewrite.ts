/**
 * Helpers of passes: programs are plain data, a pass returns a new one.
 * @module
 */

import {
  type Atom,
  type Equation,
  type EquationOf,
  isLiteral,
  type Primitive,
  type Program,
  type Variable,
} from '../program.ts';
import { addLines, equationKey } from '../source-lines.ts';

/** A pass over a program. */
export type Pass = (program: Program) => Program;

/** Looks at how values of a program were made and where they are used. */
export interface Definitions {
  /** The equation that made a value, if it is of this operation. */
  of<P extends Primitive>(atom: Atom, primitive: P): EquationOf<P> | null;
  /** How many equations and outputs read a value. */
  uses(variable: Variable): number;
}

/** Definitions and uses of a program. */
export function definitionsOf(program: Program): Definitions {
  const made = new Map<number, Equation>();
  const uses = new Map<number, number>();
  const count = (atom: Atom): void => {
    if (!isLiteral(atom)) uses.set(atom.id, (uses.get(atom.id) ?? 0) + 1);
  };
  for (const equation of program.equations) {
    for (const output of equation.outputs) made.set(output.id, equation);
    equation.inputs.forEach(count);
  }
  program.outputs.forEach(count);
  return {
    of<P extends Primitive>(atom: Atom, primitive: P): EquationOf<P> | null {
      const equation = isLiteral(atom) ? undefined : made.get(atom.id);
      // The union is told apart by its primitive.
      return equation?.primitive === primitive ? (equation as unknown as EquationOf<P>) : null;
    },
    uses: ({ id }) => uses.get(id) ?? 0,
  };
}

/** True for shapes with the same axes. */
export function sameShape(
  a: { readonly shape: readonly number[] },
  b: { readonly shape: readonly number[] },
): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
}

/** Makes variables that a program does not have yet. */
export function freshVariables(program: Program): (like: Omit<Variable, 'id'>) => Variable {
  let next = 0;
  const see = ({ id }: Variable): void => {
    next = Math.max(next, id + 1);
  };
  program.inputs.forEach(see);
  for (const { variable } of program.constants) see(variable);
  for (const { outputs } of program.equations) outputs.forEach(see);
  return ({ shape, dtype, weak }) => ({ id: next++, shape, dtype, weak });
}

/** What becomes of an equation: other equations in its place, or other names for its outputs. */
export type Replacement = readonly Equation[] | { readonly aliases: readonly Atom[] } | null;

/**
 * Goes through the equations in order; what takes the place of an equation keeps its lines of user code; operands are already replaced when an equation is seen.
 * @param replace null keeps the equation; replacements define the same outputs
 */
export function rewrite(program: Program, replace: (equation: Equation) => Replacement): Program {
  const aliases = new Map<number, Atom>();
  const resolve = (atom: Atom): Atom => (isLiteral(atom) ? atom : (aliases.get(atom.id) ?? atom));
  const equations: Equation[] = [];
  const lines = new Map(program.lines);
  const add = (made: Equation, original: Equation): void => {
    equations.push(made);
    if (made === original) return;
    addLines(lines, keyOf(made), lines.get(keyOf(original)) ?? []);
  };
  for (const original of program.equations) {
    const equation = withInputs(original, resolve);
    const replacement = replace(equation);
    if (replacement === null) add(equation, original);
    else if ('aliases' in replacement) {
      for (const [i, { id }] of equation.outputs.entries())
        aliases.set(id, resolve(replacement.aliases[i]!));
    }
    // Operands taken from the definitions of others may have been replaced meanwhile.
    else for (const made of replacement) add(withInputs(made, resolve), original);
  }
  return { ...program, equations, outputs: program.outputs.map(resolve), lines };
}

function keyOf({ primitive, params, inputs }: Equation): string {
  return equationKey(primitive, params, inputs);
}

function withInputs(equation: Equation, resolve: (atom: Atom) => Atom): Equation {
  const inputs = equation.inputs.map(resolve);
  if (inputs.every((atom, i) => atom === equation.inputs[i])) return equation;
  // The same equation with other operands.
  return { ...equation, inputs } as Equation;
}

/** Drops equations and constants that no output needs. */
export function dropDead(program: Program): Program {
  const needed = new Set<number>();
  const need = (atom: Atom): void => {
    if (!isLiteral(atom)) needed.add(atom.id);
  };
  program.outputs.forEach(need);
  const live: Equation[] = [];
  for (const equation of [...program.equations].reverse()) {
    if (!equation.outputs.some(({ id }) => needed.has(id))) continue;
    live.push(equation);
    equation.inputs.forEach(need);
  }
  return {
    ...program,
    equations: live.reverse(),
    constants: program.constants.filter(({ variable }) => needed.has(variable.id)),
  };
}
