/**
 * Max-feature-map of a convolution with constant weights, in the form that joins its convolutions:
 * max(a, b) = b + max(a − b, 0), and a − b is the convolution with the difference of the weights. Both
 * convolutions then take their activation or sum along; twice as fast on a whole LCNN.
 * @module
 */

import { type HostData, sizeOf } from '../arrays.ts';
import {
  type Atom,
  type Constant,
  type Equation,
  type EquationOf,
  isLiteral,
  type Program,
} from '../program.ts';
import { type Definitions, definitionsOf, freshVariables, type Pass, rewrite } from './rewrite.ts';

/** Rewrites max-feature-maps over channels; weights that are inputs, as in training, stay as they are. */
export const maxFeatureMap: Pass = (program: Program) => {
  const definitions = definitionsOf(program);
  const fresh = freshVariables(program);
  const data = new Map(program.constants.map(({ variable, data }) => [variable.id, data]));
  const added: Constant[] = [];
  const constant = (shape: readonly number[], values: Float32Array): Atom => {
    const variable = fresh({ shape, dtype: 'float32', weak: false });
    added.push({ variable, data: values });
    return variable;
  };
  const result = rewrite(program, (equation) => {
    if (equation.primitive !== 'max') return null;
    const conv = splitConvolution(equation, definitions);
    if (conv === null) return null;
    const [x, ...atoms] = conv.inputs as [Atom, Atom, Atom];
    const [weights, bias] = atoms.map((atom) => halves(atom, data));
    if (weights == null || bias == null) return null;
    const { outputs } = equation;
    const [output] = outputs;
    const rest = fresh(output!);
    const difference = fresh(output!);
    const rectified = fresh(output!);
    const convolution = (parts: readonly Atom[], into: typeof rest): Equation => ({
      ...conv,
      inputs: [x, ...parts],
      outputs: [into],
    });
    const second = [weights, bias].map(({ shape, b }) => constant(shape, b));
    const between = [weights, bias].map(({ shape, a, b }) =>
      constant(
        shape,
        a.map((value, i) => value - b[i]!),
      ),
    );
    const zero: Atom = { literal: 0, shape: [], dtype: 'float32', weak: false };
    return [
      convolution(between, difference),
      { primitive: 'max', params: {}, inputs: [difference, zero], outputs: [rectified] },
      convolution(second, rest),
      { primitive: 'add', params: {}, inputs: [rest, rectified], outputs },
    ];
  });
  return { ...result, constants: [...result.constants, ...added] };
};

/** The convolution whose two halves along the channels meet in a maximum. */
function splitConvolution(
  { inputs }: EquationOf<'max'>,
  definitions: Definitions,
): EquationOf<'conv_bias'> | null {
  const [a, b] = inputs as [Atom, Atom];
  const split = definitions.of(a, 'split');
  if (split === null || split !== definitions.of(b, 'split') || isLiteral(a)) return null;
  if (split.params.axis !== 1 || split.outputs.length !== 2) return null;
  if (split.outputs[0] !== a || split.outputs[1] !== b) return null;
  if (split.params.sizes[0] !== split.params.sizes[1]) return null;
  if (split.outputs.some((half) => definitions.uses(half) !== 1)) return null;
  const conv = definitions.of(split.inputs[0]!, 'conv_bias');
  return conv !== null && definitions.uses(conv.outputs[0]!) === 1 ? conv : null;
}

interface Halves {
  /** Of each half. */
  readonly shape: readonly number[];
  readonly a: Float32Array;
  readonly b: Float32Array;
}

function halves(atom: Atom, data: ReadonlyMap<number, HostData>): Halves | null {
  const values = isLiteral(atom) ? undefined : data.get(atom.id);
  if (!(values instanceof Float32Array)) return null;
  const shape = [atom.shape[0]! / 2, ...atom.shape.slice(1)];
  const size = sizeOf(shape);
  return { shape, a: values.subarray(0, size), b: values.subarray(size) };
}
