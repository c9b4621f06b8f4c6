/**
 * Running sums. jax-js traces them, and their gradients, as sums under a triangular mask: n² numbers for n.
 * @module
 */

import { type Atom, type EquationOf, isLiteral, type Program, type Variable } from '../program.ts';
import { type Definitions, definitionsOf, type Pass, rewrite, sameShape } from './rewrite.ts';

/** Sums of `where(mask, x along one axis more, 0)` whose mask is a triangle become one operation. */
export const cumulative: Pass = (program: Program) => {
  const definitions = definitionsOf(program);
  const constants = new Map(program.constants.map(({ variable, data }) => [variable.id, data]));
  const numbersOf = (atom: Atom): ArrayLike<number> | undefined =>
    isLiteral(atom) ? undefined : constants.get(atom.id);
  return rewrite(program, (equation) => {
    if (equation.primitive !== 'reduce' || equation.params.op !== 'Add') return null;
    const masked = definitions.of(equation.inputs[0]!, 'where');
    if (masked === null) return null;
    const [mask, value, other] = masked.inputs as [Atom, Atom, Atom];
    if (!isLiteral(other) || other.literal !== 0) return null;
    const spread = definitions.of(value, 'broadcast');
    const rank = value.shape.length;
    // Rows are the last axis but one, columns the last: one is summed away, the other was put in.
    const [summed, added] = [equation.params.axis, spread?.params.axis ?? []];
    if (summed.length !== 1 || added.length !== 1 || summed[0]! + added[0]! !== 2 * rank - 3)
      return null;
    if (Math.max(summed[0]!, added[0]!) !== rank - 1) return null;
    const triangle = triangleOf(mask, definitions, numbersOf);
    if (triangle === null) return null;
    const x = spread!.inputs[0]!;
    // Neither mask nor x may have been widened on the way: then others than its own elements are summed.
    const [wide] = masked.outputs as [Variable];
    const isSquare = sameShape({ shape: wide.shape.slice(-2) }, mask);
    if (!isSquare || !sameShape(x, equation.outputs[0]!)) return null;
    if (x.dtype !== 'float32' && x.dtype !== 'float64') return null;
    return [
      {
        primitive: 'cumulative_sum',
        params: { reverse: summed[0] === rank - 2, exclusive: triangle === 'below' },
        inputs: [x],
        outputs: equation.outputs,
      },
    ];
  });
};

/** What a mask `[n, n]` lets through: columns up to the row's own, or below it. */
function triangleOf(
  mask: Atom,
  definitions: Definitions,
  numbersOf: (atom: Atom) => ArrayLike<number> | undefined,
): 'upTo' | 'below' | null {
  const compare: EquationOf<'compare'> | null = definitions.of(mask, 'compare');
  if (compare === null || mask.shape.length !== 2 || mask.shape[0] !== mask.shape[1]) return null;
  const [left, right] = compare.inputs as [Atom, Atom];
  const column = numbersOf(left);
  const reshaped = definitions.of(right, 'reshape');
  const row = reshaped === null ? undefined : numbersOf(reshaped.inputs[0]!);
  const { op } = compare.params;
  if (column === undefined || row === undefined || (op !== 'less' && op !== 'less_equal'))
    return null;
  const [n] = mask.shape as [number];
  if (left.shape.length !== 1 || right.shape[0] !== n || right.shape[1] !== 1) return null;
  const passes = (i: number, j: number): boolean =>
    op === 'less' ? column[j]! < row[i]! : column[j]! <= row[i]!;
  const own = passes(0, 0);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < n; j += 1) if (passes(i, j) !== (own ? j <= i : j < i)) return null;
  return own ? 'upTo' : 'below';
}
