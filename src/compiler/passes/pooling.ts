/**
 * Maxima over windows as one operator, and their gradients by the places of the maxima.
 * @module
 */

import { type Atom, type Equation, type EquationOf, isLiteral, type Program } from '../program.ts';
import { type Definitions, definitionsOf, type Pass, rewrite } from './rewrite.ts';

/** Rewrites maxima over windows of one to three axes of float32 arrays. */
export const pooling: Pass = (program: Program) => {
  const definitions = definitionsOf(program);
  return rewrite(program, (equation) => {
    switch (equation.primitive) {
      case 'reduce':
        return maxPool(equation, definitions);
      case 'pool_transpose':
        return maxPoolGradient(equation, definitions);
      default:
        return null;
    }
  });
};

/** The windows whose maxima a reduction takes. */
function windowsOf(
  { inputs, params }: EquationOf<'reduce'>,
  definitions: Definitions,
): EquationOf<'pool'> | null {
  const pool = params.op === 'Max' ? definitions.of(inputs[0]!, 'pool') : null;
  if (pool === null || pool.outputs[0]!.dtype !== 'float32') return null;
  const { length } = pool.params.window;
  const rank = pool.outputs[0]!.shape.length;
  const trailing = Array.from({ length }, (_, i) => rank - length + i);
  const axes = [...params.axis].sort((a, b) => a - b);
  const all = axes.length === length && trailing.every((axis, i) => axis === axes[i]);
  return all && length <= 3 ? pool : null;
}

function maxPool(equation: EquationOf<'reduce'>, definitions: Definitions): Equation[] | null {
  const pool = windowsOf(equation, definitions);
  if (pool === null) return null;
  const { params, inputs } = pool;
  return [{ primitive: 'max_pool', params, inputs, outputs: equation.outputs }];
}

/**
 * Where windows do not overlap, the cotangent goes to the first maximum of its window, as PyTorch has it;
 * jax-js shares it among equal maxima.
 */
function maxPoolGradient(
  { inputs, params, outputs }: EquationOf<'pool_transpose'>,
  definitions: Definitions,
): Equation[] | null {
  const { window, strides } = params;
  if (window.some((size, i) => size > strides[i]!)) return null;
  const where = definitions.of(inputs[0]!, 'where');
  const [condition, zero, spread] = where?.inputs ?? [];
  if (condition === undefined || zero === undefined || spread === undefined) return null;
  const compare = definitions.of(condition, 'compare');
  if (compare?.params.op !== 'not_equal' || !isLiteral(zero) || zero.literal !== 0) return null;
  const [windows, largest] = compare.inputs as [Atom, Atom];
  const pool = definitions.of(windows, 'pool');
  const maximum = reductionBehind(largest, definitions);
  if (pool === null || maximum === null || windowsOf(maximum, definitions) !== pool) return null;
  // The cotangent divided by the number of maxima, spread over the window.
  const outer = definitions.of(spread, 'broadcast');
  const div = outer === null ? null : definitions.of(outer.inputs[0]!, 'div');
  if (div === null) return null;
  const count = definitions.of(div.inputs[1]!, 'reduce');
  const marks = count === null ? null : definitions.of(count.inputs[0]!, 'where');
  if (marks?.inputs[0] !== condition) return null;
  return [
    {
      primitive: 'max_pool_gradient',
      params: { window, strides },
      inputs: [pool.inputs[0]!, div.inputs[0]!],
      outputs,
    },
  ];
}

function reductionBehind(atom: Atom, definitions: Definitions): EquationOf<'reduce'> | null {
  const spread = definitions.of(atom, 'broadcast');
  return spread === null ? null : definitions.of(spread.inputs[0]!, 'reduce');
}
