/**
 * Programs: what a traced function became, as plain data. Equations are in order, each variable is
 * defined once, nested calls are inlined.
 * @module
 */

import type { DType, HostData } from './arrays.ts';
import type { Lines } from './source-lines.ts';

/** Begin and end, or before and after. */
export type Pair = readonly [number, number];

/** Parameters of a convolution: lhs `[vmap…, N, C, …]`, rhs `[vmap…, O, C, …]`. */
export interface ConvParams {
  /** Leading axes that batch both sides: groups. */
  readonly vmapDims: number;
  readonly strides: readonly number[];
  /** May be negative: then the side is cut. */
  readonly padding: readonly Pair[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
}

/** Operations that jax-js traces, with their parameters; {@link OwnParams} are added by our passes. */
export interface TracedParams {
  add: object;
  mul: object;
  /** Integer division towards zero; of floats, the truncated quotient. */
  idiv: object;
  /** Sign of the dividend. */
  mod: object;
  min: object;
  max: object;
  bit_combine: { readonly op: 'and' | 'or' | 'xor' };
  bit_shift: { readonly op: 'shl' | 'shr' };
  bit_count: object;
  neg: object;
  reciprocal: object;
  floor: object;
  ceil: object;
  stop_gradient: object;
  cast: { readonly dtype: DType };
  bitcast: { readonly dtype: DType };
  sin: object;
  cos: object;
  asin: object;
  atan: object;
  exp: object;
  log: object;
  erf: object;
  erfc: object;
  sqrt: object;
  /** Axes disappear. */
  reduce: { readonly op: 'Add' | 'Mul' | 'Min' | 'Max'; readonly axis: readonly number[] };
  /** Sum of products over the last axis, other axes broadcast. */
  dot: object;
  conv: ConvParams;
  /** Windows of the trailing axes, moved behind: `[…, out…, window…]`. */
  pool: { readonly window: readonly number[]; readonly strides: readonly number[] };
  pool_transpose: {
    readonly inShape: readonly number[];
    readonly window: readonly number[];
    readonly strides: readonly number[];
  };
  compare: { readonly op: 'less' | 'equal' | 'not_equal' | 'less_equal' };
  where: object;
  concatenate: { readonly axis: number };
  split: { readonly axis: number; readonly sizes: readonly number[] };
  /** Threefry 2×32 of two keys: `mode` 0, 1 or the xor of both words. */
  random_bits: { readonly shape: readonly number[]; readonly mode: 'xor' | 0 | 1 };
  gather: {
    readonly axis: readonly number[];
    readonly outDim: number;
    readonly uniqueIndices: boolean;
  };
  transpose: { readonly perm: readonly number[] };
  /** `axis` are the axes of the result that the operand lacks; size-1 axes are stretched. */
  broadcast: { readonly shape: readonly number[]; readonly axis: readonly number[] };
  reshape: { readonly shape: readonly number[] };
  flip: { readonly axis: readonly number[] };
  shrink: { readonly slice: readonly Pair[] };
  pad: { readonly width: readonly Pair[] };
  sort: object;
  argsort: object;
  scatter: {
    readonly op: string;
    readonly shape: readonly number[];
    readonly axis: readonly number[];
    readonly outDim: number;
    readonly uniqueIndices: boolean;
  };
  triangular_solve: { readonly unitDiagonal: boolean };
  cholesky: object;
  lu: object;
  jacobi_eigh: { readonly maxSweeps: number; readonly tolerance: number };
  fft: { readonly factors: readonly number[]; readonly inverse: boolean };
}

/** Operations that only our passes make. */
export interface OwnParams {
  sub: object;
  div: object;
  /**
   * Transposed convolution: lhs `[vmap…, N, C, …]`, weights `[vmap…, C, O, …]` as ONNX has them. `crop` is cut
   * off both ends of the full result; where it is negative, zeros are added.
   */
  conv_transpose: {
    readonly vmapDims: number;
    readonly strides: readonly number[];
    readonly dilation: readonly number[];
    readonly crop: readonly Pair[];
  };
  /**
   * Gradient of a convolution's weights: its input `[vmap…, N, C, …]` and the cotangent of its result
   * `[vmap…, N, O, …]` to `[vmap…, C, O, kernel…]`; the parameters are those of the convolution.
   */
  conv_weight_gradient: {
    readonly vmapDims: number;
    readonly strides: readonly number[];
    readonly padding: readonly Pair[];
    readonly dilation: readonly number[];
    readonly kernel: readonly number[];
  };
  /**
   * A convolution and what is added to each output channel, `[O]`; `columns` where its gradient needs the
   * windows of the input as columns, which then serve both.
   */
  conv_bias: ConvParams & { readonly columns: boolean };
  /** A dot and what is added along its last axis, `[N]`. */
  dot_bias: object;
  /** Maximum of each window of the trailing axes. */
  max_pool: { readonly window: readonly number[]; readonly strides: readonly number[] };
  /** Input of a max_pool and cotangent of its result, to the cotangent of the input: windows do not overlap. */
  max_pool_gradient: { readonly window: readonly number[]; readonly strides: readonly number[] };
  /** Running sums along the last axis; `exclusive` without the element itself, `reverse` from the end. */
  cumulative_sum: { readonly reverse: boolean; readonly exclusive: boolean };
  /** Over one axis. */
  softmax: { readonly axis: number };
  /** (x − mean) / sqrt(variance + epsilon) over the last axis: outputs the result and 1 / sqrt(…), `[…, 1]`. */
  normalise: { readonly epsilon: number };
  /** 1 / (1 + e^−x). */
  sigmoid: object;
  tanh: object;
}

/** Every operation of programs with its parameters. */
export interface PrimitiveParams extends TracedParams, OwnParams {}
/** Name of an operation. */
export type Primitive = keyof PrimitiveParams;

/** A value of a program. */
export interface Variable {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Takes the type of whatever it meets, like a number in the source. */
  readonly weak: boolean;
}

/** A scalar constant. */
export interface Literal {
  readonly literal: number;
  readonly shape: readonly [];
  readonly dtype: DType;
  readonly weak: boolean;
}

/** What an equation reads. */
export type Atom = Variable | Literal;

/** `outputs = primitive(inputs)`. */
export interface EquationOf<P extends Primitive> {
  readonly primitive: P;
  readonly inputs: readonly Atom[];
  readonly params: PrimitiveParams[P];
  readonly outputs: readonly Variable[];
}
/** An equation, told apart by `primitive`. */
export type Equation = { [P in Primitive]: EquationOf<P> }[Primitive];

/** A constant array of a program. */
export interface Constant {
  readonly variable: Variable;
  readonly data: HostData;
}

/** A traced function: `inputs` and `constants` that come in, `equations` in order, `outputs`. */
export interface Program {
  readonly inputs: readonly Variable[];
  readonly constants: readonly Constant[];
  readonly equations: readonly Equation[];
  readonly outputs: readonly Atom[];
  /** User code that made an operation. */
  readonly lines: Lines;
}

/** Tells literals from variables. */
export function isLiteral(atom: Atom): atom is Literal {
  return 'literal' in atom;
}

/** A program as text, one equation a line: `c:float32[4,8] = dot(a, b)`. */
export function printProgram(program: Program): string {
  const names = new Map<number, string>();
  const nameOf = (atom: Atom): string => {
    if (isLiteral(atom)) return String(atom.literal);
    let name = names.get(atom.id);
    if (name === undefined) {
      name = letters(names.size);
      names.set(atom.id, name);
    }
    return name;
  };
  const typed = (variable: Variable): string =>
    `${nameOf(variable)}:${variable.dtype}[${variable.shape.join(',')}]`;
  const lines = [
    `inputs ${program.inputs.map(typed).join(' ')}`,
    ...program.constants.map(({ variable }) => `constant ${typed(variable)}`),
    ...program.equations.map(({ primitive, inputs, params, outputs }) => {
      const settings = Object.entries(params).map(
        ([key, value]) => `${key}=${JSON.stringify(value)}`,
      );
      const suffix = settings.length === 0 ? '' : ` {${settings.join(' ')}}`;
      return `${outputs.map(typed).join(' ')} = ${primitive}(${inputs.map(nameOf).join(', ')})${suffix}`;
    }),
    `outputs ${program.outputs.map(nameOf).join(' ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function letters(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest === 0 ? '' : letters(rest - 1)) + String.fromCharCode(97 + (index % 26));
}
