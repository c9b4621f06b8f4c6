/**
 * Operations element by element.
 *
 * uint32 values lie as the bits of int32: sums, products and bits are the same; order, division and
 * conversion go through an unsigned or a wider type.
 * @module
 */

import type { ElementType, ValueName } from '../../../graph/build.ts';
import { DATA_TYPES } from '../../../graph/elements.ts';
import type { DType } from '../../arrays.ts';
import { type Atom, type EquationOf, isLiteral, type Primitive } from '../../program.ts';
import { type Emitter, elementwise, STORAGE } from '../emitter.ts';
import { type Rule, UnsupportedError } from '../rule.ts';
import type { View } from '../view.ts';

/** The view with elements of another type, converted as jax-js does. */
export function castView(emitter: Emitter, view: View, dtype: DType): View {
  const from = view.base.dtype;
  if (from === dtype) return view;
  const name = castName(emitter, view.base.name, from, dtype);
  return { base: { ...view.base, name, dtype }, dims: view.dims };
}

/** Adds a Cast. */
export function cast(emitter: Emitter, name: ValueName, to: ElementType): ValueName {
  return emitter.node('Cast', [name], { attributes: { to: DATA_TYPES[to] } });
}

function castName(emitter: Emitter, name: ValueName, from: DType, to: DType): ValueName {
  if (STORAGE[from] === STORAGE[to]) return name;
  if (to === 'bool')
    return emitter.node('Not', [emitter.node('Equal', [name, emitter.scalar(0, from)])]);
  if (from === 'uint32') return cast(emitter, cast(emitter, name, 'uint32'), STORAGE[to]);
  // Through int64: a float above 2³¹ is a valid uint32.
  if (to === 'uint32' && from !== 'bool')
    return cast(emitter, cast(emitter, name, 'int64'), 'int32');
  return cast(emitter, name, STORAGE[to]);
}

/** Operands of an operation in one element type; numbers of the source become constants of that type. */
function operandsIn(
  emitter: Emitter,
  inputs: readonly Atom[],
  operands: readonly View[],
  dtype: DType,
): View[] {
  return operands.map((view, i) => {
    const atom = inputs[i]!;
    return isLiteral(atom)
      ? literalView(emitter, atom.literal, dtype)
      : castView(emitter, view, dtype);
  });
}

/** A number as view. */
export function literalView(emitter: Emitter, value: number, dtype: DType): View {
  return { base: { name: emitter.scalar(value, dtype), dims: [], dtype }, dims: [] };
}

type Emit = (emitter: Emitter, names: readonly ValueName[], dtype: DType) => ValueName;

/** A rule for operands and result of one type. */
function uniform<P extends Primitive>(emit: Emit): Rule<P> {
  return (emitter, { inputs, outputs }, operands) => {
    const { shape, dtype } = outputs[0]!;
    const views = operandsIn(emitter, inputs, operands, dtype);
    return [elementwise(emitter, views, { shape, dtype }, (names) => emit(emitter, names, dtype))];
  };
}

/** A rule that only floating-point numbers have; jax-js traces integers too, and then cannot run them. */
function uniformFloat<P extends Primitive>(emit: Emit): Rule<P> {
  return uniform<P>((emitter, names, dtype) => {
    if (!dtype.startsWith('float'))
      throw new UnsupportedError(`it is of floating-point numbers, not of ${dtype}: cast before`);
    return emit(emitter, names, dtype);
  });
}

const operator =
  (name: string): Emit =>
  (emitter, names) =>
    emitter.node(name, names);

/** Computes in float32 where ONNX Runtime has the operator for float32 only, as jax-js does for float64. */
const inFloat32 =
  (emit: Emit): Emit =>
  (emitter, names, dtype) => {
    if (dtype !== 'float64') return emit(emitter, names, dtype);
    const single = names.map((name) => cast(emitter, name, 'float32'));
    return cast(emitter, emit(emitter, single, 'float32'), 'float64');
  };

/** bool + bool is or, bool × bool is and, as jax-js has it. */
const withBool =
  (plain: Emit, bool: string): Emit =>
  (emitter, names, dtype) =>
    dtype === 'bool' ? emitter.node(bool, names) : plain(emitter, names, dtype);

/** uint32 as such, the operation, and back to the bits. */
const unsigned =
  (emit: Emit): Emit =>
  (emitter, names, dtype) => {
    if (dtype !== 'uint32') return emit(emitter, names, dtype);
    return cast(emitter, emit(emitter, asUnsigned(emitter, names), dtype), 'int32');
  };

/** Rules of operations whose operands and result have one type. */
export const UNIFORM_RULES = {
  add: uniform<'add'>(withBool(operator('Add'), 'Or')),
  sub: uniform<'sub'>(operator('Sub')),
  mul: uniform<'mul'>(withBool(operator('Mul'), 'And')),
  div: uniform<'div'>(operator('Div')),
  min: uniform<'min'>(withBool(unsigned(operator('Min')), 'And')),
  max: maximum,
  idiv: uniform<'idiv'>(unsigned(truncatedQuotient)),
  mod: uniform<'mod'>(
    unsigned((emitter, names) => emitter.node('Mod', names, { attributes: { fmod: 1 } })),
  ),
  neg: uniform<'neg'>(operator('Neg')),
  reciprocal: uniformFloat<'reciprocal'>(operator('Reciprocal')),
  floor: uniformFloat<'floor'>(operator('Floor')),
  ceil: uniformFloat<'ceil'>(operator('Ceil')),
  sin: uniformFloat<'sin'>(operator('Sin')),
  cos: uniformFloat<'cos'>(operator('Cos')),
  asin: uniformFloat<'asin'>(inFloat32(operator('Asin'))),
  atan: uniformFloat<'atan'>(inFloat32(operator('Atan'))),
  exp: uniformFloat<'exp'>(operator('Exp')),
  log: uniformFloat<'log'>(operator('Log')),
  erf: uniformFloat<'erf'>(inFloat32(operator('Erf'))),
  erfc: uniformFloat<'erfc'>(inFloat32(complementaryError)),
  sqrt: uniformFloat<'sqrt'>(operator('Sqrt')),
  sigmoid: uniform<'sigmoid'>(operator('Sigmoid')),
  tanh: uniform<'tanh'>(operator('Tanh')),
} as const;

/** max(x, 0) is Relu, which ONNX Runtime joins to what comes before. */
function maximum(
  ...[emitter, equation, operands]: Parameters<Rule<'max'>>
): ReturnType<Rule<'max'>> {
  const [, second] = equation.inputs;
  const { shape, dtype } = equation.outputs[0]!;
  const isRelu = isLiteral(second!) && second.literal === 0 && dtype === 'float32';
  if (!isRelu) return plainMaximum(emitter, equation, operands);
  const view = castView(emitter, operands[0]!, dtype);
  return [elementwise(emitter, [view], { shape, dtype }, (names) => emitter.node('Relu', names))];
}

const plainMaximum = uniform<'max'>(withBool(unsigned(operator('Max')), 'Or'));

/** Integers divide towards zero already; of floats the quotient is cut. */
function truncatedQuotient(emitter: Emitter, names: readonly ValueName[], dtype: DType): ValueName {
  const quotient = emitter.node('Div', names);
  if (!dtype.startsWith('float')) return quotient;
  const size = emitter.node('Floor', [emitter.node('Abs', [quotient])]);
  return emitter.node('Mul', [emitter.node('Sign', [quotient]), size]);
}

/**
 * erfc(x) = 1 − erf(x) loses everything for large x; there exp(−x²)·P(t) with t = 1 / (1 + x / 2) is used
 * (Numerical Recipes §6.2, fractional error below 1.2e-7 everywhere).
 */
function complementaryError(emitter: Emitter, [x]: readonly ValueName[], dtype: DType): ValueName {
  const node = (name: string, ...names: ValueName[]): ValueName => emitter.node(name, names);
  const number = (value: number): ValueName => emitter.scalar(value, dtype);
  const size = node('Abs', x!);
  const t = node('Reciprocal', node('Add', node('Mul', size, number(0.5)), number(1)));
  const polynomial = ERFC_COEFFICIENTS.reduceRight(
    (sum, coefficient) =>
      sum === null ? number(coefficient) : node('Add', node('Mul', sum, t), number(coefficient)),
    null as ValueName | null,
  );
  const tail = node('Mul', t, node('Exp', node('Sub', polynomial!, node('Mul', size, size))));
  const negative = node('Less', x!, number(0));
  return node('Where', negative, node('Sub', number(2), tail), tail);
}

const ERFC_COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

const COMPARE_OPERATORS = {
  less: 'Less',
  less_equal: 'LessOrEqual',
  equal: 'Equal',
  not_equal: 'Equal',
} as const;

/** Order of types when two meet, weakest first. */
const RANK: readonly DType[] = ['bool', 'uint32', 'int32', 'float16', 'float32', 'float64'];

/** The type in which two operands meet, as jax-js promotes. */
export function promoted(a: Atom, b: Atom): DType {
  const higher = (x: DType, y: DType): DType => (RANK.indexOf(x) > RANK.indexOf(y) ? x : y);
  if (a.weak === b.weak) return higher(a.dtype, b.dtype);
  return higher(a.weak ? b.dtype : a.dtype, 'uint32');
}

/** Comparison of two arrays. */
export const compare: Rule<'compare'> = (emitter, { inputs, outputs, params }, operands) => {
  const dtype = promoted(inputs[0]!, inputs[1]!);
  const ordered = params.op === 'less' || params.op === 'less_equal';
  const views = operandsIn(emitter, inputs, operands, dtype);
  const { shape } = outputs[0]!;
  return [
    elementwise(emitter, views, { shape, dtype: 'bool' }, (given) => {
      let names = given;
      if (ordered && dtype === 'uint32') names = names.map((name) => flipSign(emitter, name));
      if (ordered && dtype === 'bool') names = names.map((name) => cast(emitter, name, 'int32'));
      const result = emitter.node(COMPARE_OPERATORS[params.op], names);
      return params.op === 'not_equal' ? emitter.node('Not', [result]) : result;
    }),
  ];
};

/** Unsigned order of bits is the signed order with the sign bit flipped. */
function flipSign(emitter: Emitter, name: ValueName): ValueName {
  return emitter.node('BitwiseXor', [name, emitter.scalar(-0x80000000, 'uint32')]);
}

/** `condition ? x : y`. */
export const where: Rule<'where'> = (emitter, { inputs, outputs }, operands) => {
  const { shape, dtype } = outputs[0]!;
  const [condition, ...branches] = operands;
  const views = [
    isLiteral(inputs[0]!) ? literalView(emitter, inputs[0].literal, 'bool') : condition!,
    ...operandsIn(emitter, inputs.slice(1), branches, dtype),
  ];
  return [
    elementwise(emitter, views, { shape, dtype }, (names) => {
      if (dtype !== 'bool') return emitter.node('Where', names);
      const [c, x, y] = names as [ValueName, ValueName, ValueName];
      const other = emitter.node('And', [emitter.node('Not', [c]), y]);
      return emitter.node('Or', [emitter.node('And', [c, x]), other]);
    }),
  ];
};

/** Conversion of elements. */
export const castRule: Rule<'cast'> = (emitter, { params, inputs }, [view]) => {
  const atom = inputs[0]!;
  return [
    isLiteral(atom)
      ? literalView(emitter, atom.literal, params.dtype)
      : castView(emitter, view!, params.dtype),
  ];
};

const BIT_OPERATORS = { and: 'BitwiseAnd', or: 'BitwiseOr', xor: 'BitwiseXor' } as const;
const BOOL_OPERATORS = { and: 'And', or: 'Or', xor: 'Xor' } as const;

/** Bitwise and, or, xor. */
export const bitCombine: Rule<'bit_combine'> = (emitter, equation, operands) => {
  const { op } = equation.params;
  return uniform<'bit_combine'>((e, names, dtype) =>
    e.node(dtype === 'bool' ? BOOL_OPERATORS[op] : BIT_OPERATORS[op], names),
  )(emitter, equation, operands);
};

/** The bits of uint32 as such. */
function asUnsigned(emitter: Emitter, names: readonly ValueName[]): ValueName[] {
  return names.map((name) => cast(emitter, name, 'uint32'));
}

/** Shift of bits, filled with zeros from both sides also for int32; of the amount the last 5 bits count. */
export const bitShift: Rule<'bit_shift'> = (emitter, equation, operands) => {
  const { params, inputs, outputs } = equation;
  const { shape, dtype } = outputs[0]!;
  const [word, amount] = inputs as [Atom, Atom];
  const views = [
    isLiteral(word) ? literalView(emitter, word.literal, dtype) : operands[0]!,
    isLiteral(amount) ? literalView(emitter, amount.literal & 31, 'int32') : operands[1]!,
  ];
  return [
    elementwise(emitter, views, { shape, dtype }, ([bits, by]) => {
      const last = isLiteral(amount)
        ? by!
        : emitter.node('BitwiseAnd', [by!, emitter.scalar(31, 'int32')]);
      const shifted = emitter.node('BitShift', asUnsigned(emitter, [bits!, last]), {
        attributes: { direction: params.op === 'shl' ? 'LEFT' : 'RIGHT' },
      });
      return cast(emitter, shifted, 'int32');
    }),
  ];
};

/** Number of bits that are set. */
export const bitCount: Rule<'bit_count'> = (emitter, { outputs }, operands) => {
  const { shape } = outputs[0]!;
  return [
    elementwise(emitter, operands, { shape, dtype: 'int32' }, ([x]) => {
      const number = (value: number): ValueName => emitter.scalar(value, 'int32');
      const node = (name: string, ...names: ValueName[]): ValueName => emitter.node(name, names);
      const right = (word: ValueName, by: number): ValueName =>
        cast(
          emitter,
          emitter.node('BitShift', asUnsigned(emitter, [word, number(by)]), {
            attributes: { direction: 'RIGHT' },
          }),
          'int32',
        );
      // Sums of 1, 2, 4 bits side by side, then the sum of the bytes in the top byte.
      const pairs = node('Sub', x!, node('BitwiseAnd', right(x!, 1), number(0x55555555)));
      const fours = node(
        'Add',
        node('BitwiseAnd', pairs, number(0x33333333)),
        node('BitwiseAnd', right(pairs, 2), number(0x33333333)),
      );
      const bytes = node('BitwiseAnd', node('Add', fours, right(fours, 4)), number(0x0f0f0f0f));
      return right(node('Mul', bytes, number(0x01010101)), 24);
    }),
  ];
};

/** An equation that only passes its operand on. */
export function passOn<P extends Primitive>(
  emitter: Emitter,
  { inputs }: EquationOf<P>,
  operands: readonly View[],
): readonly View[] {
  const atom = inputs[0]!;
  return [isLiteral(atom) ? literalView(emitter, atom.literal, atom.dtype) : operands[0]!];
}
