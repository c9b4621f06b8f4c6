/**
 * Matrix products that take along what is added to each column.
 * @module
 */

import { type Atom, type Equation, isLiteral, type Program } from '../program.ts';
import { definitionsOf, type Pass, rewrite } from './rewrite.ts';

/** `dot + bias`, bias along the last axis, in one: the products that go only there. */
export const products: Pass = (program: Program) => {
  const definitions = definitionsOf(program);
  return rewrite(program, (equation): Equation[] | null => {
    if (equation.primitive !== 'add') return null;
    const { inputs, outputs } = equation;
    const [output] = outputs;
    for (const [sum, bias] of [inputs, [...inputs].reverse()] as [Atom, Atom][]) {
      const dot = definitions.of(sum, 'dot');
      if (dot === null || isLiteral(bias) || bias.shape.length !== 1) continue;
      const [product] = dot.outputs;
      if (definitions.uses(product!) !== 1 || output!.dtype !== 'float32') continue;
      if (product!.dtype !== 'float32' || bias.dtype !== 'float32') continue;
      const rank = output!.shape.length;
      if (rank !== product!.shape.length || bias.shape[0] !== output!.shape[rank - 1]) continue;
      if (product!.shape[rank - 1] !== bias.shape[0]) continue;
      return [{ primitive: 'dot_bias', params: {}, inputs: [...dot.inputs, bias], outputs }];
    }
    return null;
  });
};
