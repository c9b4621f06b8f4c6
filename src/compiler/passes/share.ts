/**
 * Equal equations are computed once.
 * @module
 */

import { type Atom, isLiteral, type Program, type Variable } from '../program.ts';
import { type Pass, rewrite } from './rewrite.ts';

/** Common subexpressions: every operation is a pure function of its operands and parameters. */
export const shareEqual: Pass = (program: Program) => {
  const made = new Map<string, readonly Variable[]>();
  const nameOf = (atom: Atom): string =>
    isLiteral(atom)
      ? `${atom.dtype} ${Object.is(atom.literal, -0) ? '-0' : atom.literal}`
      : `#${atom.id}`;
  return rewrite(program, (equation) => {
    const { primitive, inputs, params, outputs } = equation;
    const operands = inputs.map(nameOf);
    const key = JSON.stringify([primitive, operands, params, outputs.map(({ dtype }) => dtype)]);
    const known = made.get(key);
    if (known === undefined) {
      made.set(key, outputs);
      return null;
    }
    return { aliases: known };
  });
};
