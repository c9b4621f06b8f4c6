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

/** Rewrites convolutions with dilated inputs, those that are gradients of weights, and biases. */
export const convolutions: Pass = (program: Program) =>
  [backwardForms, biases].reduce((result, pass) => pass(result), program);

/** A convolution without groups whose result goes only to an addition along its channels. */
function biases(program: Program): Program {
  const definitions = definitionsOf(program);
  const inColumns = new Set(
    program.equations.flatMap((equation) =>
      equation.primitive === 'conv_weight_gradient' && pays(equation)
        ? [windowsKey(equation.inputs[0]!, equation.params)]
        : [],
    ),
  );
  return rewrite(program, (equation) => {
    if (equation.primitive !== 'add') return null;
    const [sum, other] = equation.inputs as [Atom, Atom];
    const conv = definitions.of(sum, 'conv');
    if (conv === null || conv.params.vmapDims !== 0 || definitions.uses(conv.outputs[0]!) !== 1)
      return null;
    const { shape, dtype } = conv.outputs[0]!;
    if (dtype !== 'float32' || !ones(conv.params.lhsDilation)) return null;
    const spread = definitions.of(other, 'reshape') ?? definitions.of(other, 'broadcast');
    const bias = spread?.inputs[0];
    if (bias === undefined || bias.shape.length !== 1 || bias.shape[0] !== shape[1]) return null;
    // `[O, 1, …]` or `[1, O, 1, …]`: along the channels and nothing else.
    const wanted = shape.map((size, axis) => (axis === 1 ? size : 1));
    if (!same(other.shape, wanted) && !same(other.shape, wanted.slice(1))) return null;
    const { strides, padding, rhsDilation } = conv.params;
    const [x, weights] = conv.inputs as [Atom, Atom];
    const windows = { strides, padding, dilation: rhsDilation, kernel: weights.shape.slice(2) };
    const fit = fitPadding(x.shape.slice(2), shape.slice(2), windows);
    const columns = inColumns.has(windowsKey(x, { ...windows, padding: fit }));
    return [
      {
        primitive: 'conv_bias',
        params: { ...conv.params, padding: fit, columns },
        inputs: [...conv.inputs, bias],
        outputs: equation.outputs,
      },
    ];
  });
}

/** Columns hold each element of the input once a tap: for large maps their memory costs more than they save. */
const LARGEST_COLUMNS = 2 ** 23;

function pays({ inputs, params, outputs }: EquationOf<'conv_weight_gradient'>): boolean {
  const [, cotangent] = inputs as [Atom, Atom];
  const [, , ...places] = cotangent.shape;
  const [channels] = outputs[0]!.shape;
  const size = [cotangent.shape[0]!, channels!, ...params.kernel, ...places].reduce(
    (a, b) => a * b,
    1,
  );
  return params.vmapDims === 0 && channels! > 1 && size <= LARGEST_COLUMNS;
}

interface WindowsOf {
  readonly strides: readonly number[];
  readonly padding: readonly Pair[];
  readonly dilation: readonly number[];
  readonly kernel: readonly number[];
}

/** Padding without the rest of the input at its end that no window covers. */
function fitPadding(
  sizes: readonly number[],
  places: readonly number[],
  { strides, padding, dilation, kernel }: WindowsOf,
): Pair[] {
  return padding.map(([begin, end], i): Pair => {
    const covered = (places[i]! - 1) * strides[i]! + (kernel[i]! - 1) * dilation[i]! + 1;
    return [begin, Math.min(end, covered - sizes[i]! - begin)];
  });
}

function windowsKey(x: Atom, { strides, padding, dilation, kernel }: WindowsOf): string {
  return JSON.stringify(['id' in x ? x.id : null, strides, padding, dilation, kernel]);
}

function backwardForms(program: Program): Program {
  const definitions = definitionsOf(program);
  const fresh = freshVariables(program);
  return rewrite(program, (equation) => {
    if (equation.primitive !== 'conv') return null;
    const { inputs, outputs } = equation;
    // ONNX Runtime convolves float32 only.
    if (outputs[0]!.dtype !== 'float32') return null;
    const isEmpty = ({ shape }: { readonly shape: readonly number[] }): boolean =>
      shape.includes(0);
    if (inputs.some(isEmpty) || outputs.some(isEmpty)) return null;
    return weightGradient(equation, definitions) ?? transposed(equation, definitions, fresh);
  });
}

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
  const taps = kernel.reduce((a, b) => a * b, 1);
  if (taps > places.reduce((a, b) => a * b, 1)) return null;
  // Columns cost a product a pair of taps, the matrix product one a tap and channel: long filters stay.
  const channels = cotangent.inputs[0]!.shape[vmapDims + 1]!;
  if (taps > 2 * channels) return null;
  const fit = fitPadding(x.inputs[0]!.shape.slice(vmapDims + 2), places, {
    strides: rhsDilation,
    padding,
    dilation: strides,
    kernel,
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
