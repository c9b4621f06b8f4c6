/**
 * Arrays of one number meet others as that number.
 * @module
 */

import { type Atom, type Equation, isLiteral, type Literal, type Program } from '../program.ts';
import { type Pass, rewrite } from './rewrite.ts';

const MEETS = new Set(['add', 'mul', 'sub', 'div', 'min', 'max', 'compare', 'where']);

/**
 * Replaces spread-out numbers by numbers where another operand already has the shape of the result; a
 * product with 1 is its other factor.
 */
export const uniform: Pass = (program: Program) => {
  const numbers = new Map<number, Literal>();
  for (const { variable, data } of program.constants) {
    const [first] = data;
    if (first !== undefined && data.every((value) => Object.is(value, first)))
      numbers.set(variable.id, {
        literal: first,
        shape: [],
        dtype: variable.dtype,
        weak: variable.weak,
      });
  }
  const numberOf = (atom: Atom): Literal | undefined =>
    isLiteral(atom) ? atom : numbers.get(atom.id);
  return rewrite(program, (equation) => {
    const { primitive, inputs, outputs } = equation;
    if (primitive === 'broadcast' || primitive === 'reshape' || primitive === 'transpose') {
      const number = numberOf(inputs[0]!);
      if (number !== undefined) numbers.set(outputs[0]!.id, number);
      return null;
    }
    if (!MEETS.has(primitive)) return null;
    const { shape } = outputs[0]!;
    const isFull = (atom: Atom): boolean =>
      atom.shape.length === shape.length && atom.shape.every((size, i) => size === shape[i]);
    const others = inputs.filter((atom) => numberOf(atom) === undefined);
    if (!others.some(isFull)) return null;
    const met = inputs.map((atom) => (others.includes(atom) ? atom : numberOf(atom)!));
    if (primitive === 'mul' && others[0]!.dtype === outputs[0]!.dtype) {
      if (met.some((atom) => isLiteral(atom) && atom.literal === 1))
        return { aliases: [others[0]!] };
    }
    if (met.every((atom, i) => atom === inputs[i])) return null;
    // The same equation with other operands.
    return [{ ...equation, inputs: met } as Equation];
  });
};
