/**
 * Gradients of convolutions in the form that ONNX Runtime runs fastest.
 *
 * Differentiation gives the gradient of a strided convolution's input as a convolution with a dilated
 * input and flipped, transposed weights: here it becomes a transposed convolution with the weights
 * themselves. The gradient of the weights comes as a convolution whose kernel is a whole feature map:
 * here it becomes columns and a matrix product.
 * @module
 */

import type { Atom, Equation, EquationOf, Pair, Program, Variable } from '../program.ts';
import { type Definitions, definitionsOf, freshVariables, type Pass, rewrite } from './rewrite.ts';

/** Rewrites convolutions with dilated inputs and those that are gradients of weights. */
export const convolutions: Pass = (program: Program) => {
  const definitions = definitionsOf(program);
  const fresh = freshVariables(program);
  return rewrite(program, (equation) => {
    if (equation.primitive !== 'conv') return null;
    return weightGradient(equation, definitions) ?? transposed(equation, definitions, fresh);
  });
};

const ones = (values: readonly number[]): boolean => values.every((value) => value === 1);

/** Axes `…, a, b, spatial…` as `…, b, a, spatial…`. */
function swapped(vmapDims: number, rank: number): number[] {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  perm[vmapDims] = vmapDims + 1;
  perm[vmapDims + 1] = vmapDims;
  return perm;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function weightGradient(
  { inputs, params, outputs }: EquationOf<'conv'>,
  definitions: Definitions,
): Equation[] | null {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = params;
  if (!ones(lhsDilation)) return null;
  const [shape] = outputs.map((output) => output.shape);
  const perm = swapped(vmapDims, shape!.length);
  const sources = inputs.map((input) => definitions.of(input, 'transpose'));
  const [x, cotangent] = sources;
  if (x == null || cotangent == null) return null;
  if (!same(x.params.perm, perm) || !same(cotangent.params.perm, perm)) return null;
  const kernel = shape!.slice(vmapDims + 2);
  const places = cotangent.outputs[0]!.shape.slice(vmapDims + 2);
  // A forward convolution of transposed arrays has a small kernel and a large result.
  if (kernel.reduce((a, b) => a * b, 1) > places.reduce((a, b) => a * b, 1)) return null;
  // The end of the padding may leave a rest of the input that no window covers: it is cut.
  const fit = padding.map(([begin, end], i): Pair => {
    const size = x.inputs[0]!.shape[vmapDims + 2 + i]!;
    const covered = (places[i]! - 1) * rhsDilation[i]! + (kernel[i]! - 1) * strides[i]! + 1;
    return [begin, Math.min(end, covered - size - begin)];
  });
  return [
    {
      primitive: 'conv_weight_gradient',
      inputs: [x.inputs[0]!, cotangent.inputs[0]!],
      params: { vmapDims, strides: rhsDilation, padding: fit, dilation: strides, kernel },
      outputs,
    },
  ];
}

function transposed(
  { inputs, params, outputs }: EquationOf<'conv'>,
  definitions: Definitions,
  fresh: (like: Omit<Variable, 'id'>) => Variable,
): Equation[] | null {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = params;
  if (ones(lhsDilation) || !ones(strides)) return null;
  const [lhs, rhs] = inputs as [Atom, Atom];
  const perm = swapped(vmapDims, rhs.shape.length);
  const spatial = perm.slice(vmapDims + 2);
  const kernel = rhs.shape.slice(vmapDims + 2);
  const crop = padding.map(([begin, end], i): Pair => {
    const reach = (kernel[i]! - 1) * rhsDilation[i]!;
    return [reach - begin, reach - end];
  });
  const equation = (weights: Atom): Equation => ({
    primitive: 'conv_transpose',
    inputs: [lhs, weights],
    params: { vmapDims, strides: lhsDilation, dilation: rhsDilation, crop },
    outputs,
  });
  // flip(transpose(w)): the weights of the convolution whose gradient this is.
  const flip = definitions.of(rhs, 'flip');
  const source = flip === null ? null : definitions.of(flip.inputs[0]!, 'transpose');
  if (
    flip !== null &&
    source !== null &&
    same(flip.params.axis, spatial) &&
    same(source.params.perm, perm)
  )
    return [equation(source.inputs[0]!)];
  const { dtype, weak } = outputs[0]!;
  const shape = perm.map((axis) => rhs.shape[axis]!);
  const turned = fresh({ shape, dtype, weak });
  const flipped = fresh({ shape, dtype, weak });
  return [
    { primitive: 'transpose', inputs: [rhs], params: { perm }, outputs: [turned] },
    { primitive: 'flip', inputs: [turned], params: { axis: spatial }, outputs: [flipped] },
    equation(flipped),
  ];
}
