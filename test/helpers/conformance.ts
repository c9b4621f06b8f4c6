/**
 * Random calls of every operation that jax-js traces: shapes, element types, values, and views of them.
 * The table is total over the operations, so that a new one does not compile without its cases.
 * @module
 */

import fc from 'fast-check';
import { expect } from 'vitest';
import {
  type DType,
  type HostArray,
  type HostData,
  hostArray,
  sizeOf,
} from '../../src/compiler/arrays.ts';
import { np, type Traced } from '../../src/compiler/jax.ts';
import type { Pair, TracedParams } from '../../src/compiler/program.ts';
import { interpret } from '../../src/compiler/trace.ts';
import { runCompiled } from './run-compiled.ts';

/** Draws values; fast-check replays and shrinks them. */
export interface Draw {
  int(min: number, max: number): number;
  bool(): boolean;
  of<T>(values: readonly T[]): T;
}

/** Kinds of numbers: what an operation is defined for. */
export type Values =
  | 'any' // with infinity, NaN and −0
  | 'dividend' // any but the least of integers, which divided by −1 is not defined
  | 'divisor' // no infinity, and no integer 0
  | 'plain' // eighths from −4 to 4, with ties
  | 'positive' // above 0
  | 'unit' // −1 to 1, and beyond
  | 'turns' // −128 to 128: several turns of a circle
  | 'exponent' // −110 to 88: powers of e from 0 up to the largest that single precision holds
  | 'magnitude' // all powers of 2 of single precision, 0 and negative numbers
  | 'inner' // −7/8 to 7/8
  | 'odd' // odd sixteenths from −4 to 4: no multiple of an eighth
  | 'fine'; // −1 to 1 in steps of a millionth: no ties

/** An operand: its shape, type and kind of numbers, or given numbers. */
export interface Operand {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values?: Values | readonly number[];
}

/** One call. */
export interface Call<P extends keyof TracedParams> {
  readonly operands: readonly Operand[];
  readonly params: TracedParams[P];
  /** Bound of |got − want| / (1 + |want|); 0 is exact. @default 2e-6 for floats, 0 otherwise */
  readonly tolerance?: number;
}

/**
 * jax-js has no float16 in WebAssembly, and where it has, needs Float16Array, which Node 20 lacks:
 * engines.test.ts holds half precision to jax-js's single precision.
 */
const FLOATS: readonly DType[] = ['float32', 'float32', 'float64'];
const INTEGERS: readonly DType[] = ['int32', 'uint32'];
const NUMBERS: readonly DType[] = [...FLOATS, ...INTEGERS];
const ALL: readonly DType[] = [...NUMBERS, 'bool'];

function shapeOf(draw: Draw, { least = 0, most = 4, min = 0, max = 4 } = {}): number[] {
  const rank = draw.int(least, most);
  // Empty axes are rare: they hide everything else.
  return Array.from({ length: rank }, () =>
    min === 0 && draw.int(0, 11) === 0 ? 0 : draw.int(Math.max(1, min), max),
  );
}

/** Two shapes that broadcast to the first. */
function broadcastable(draw: Draw, shape: readonly number[]): number[] {
  const kept = shape.slice(draw.int(0, shape.length));
  return kept.map((size) => (draw.int(0, 3) === 0 ? 1 : size));
}

type Cases = {
  readonly [P in keyof TracedParams]: (draw: Draw) => Call<P>;
};

interface Kinds {
  readonly dtypes: readonly DType[];
  readonly values?: Values;
  readonly second?: Values;
  readonly tolerance?: number;
}

function binary<P extends keyof TracedParams>(
  { dtypes, values = 'any', second = values, tolerance }: Kinds,
  params: (draw: Draw) => TracedParams[P],
): (draw: Draw) => Call<P> {
  return (draw) => {
    const shape = shapeOf(draw);
    const dtype = draw.of(dtypes);
    const other = broadcastable(draw, shape);
    const operands: Operand[] = [
      { shape, dtype, values },
      { shape: other, dtype, values: second },
    ];
    const turned = second === values && draw.bool();
    return {
      operands: turned ? operands.reverse() : operands,
      params: params(draw),
      ...(tolerance === undefined ? {} : { tolerance }),
    };
  };
}

function unary<P extends keyof TracedParams>(
  { dtypes, values = 'any', tolerance }: Kinds,
  params: (draw: Draw) => TracedParams[P],
): (draw: Draw) => Call<P> {
  return (draw) => ({
    operands: [{ shape: shapeOf(draw), dtype: draw.of(dtypes), values }],
    params: params(draw),
    ...(tolerance === undefined ? {} : { tolerance }),
  });
}

const none = (): object => ({});

/** jax-js's own functions are polynomials of a few units in the last place. */
const POLYNOMIAL = 1e-5;
/** Sums of a few dozen products of numbers up to 4. */
const SUM = 1e-5;

/** Index arrays whose elements lie in the axis, below it and above it. */
function indices(draw: Draw, shape: readonly number[], size: number, inside: boolean): Operand {
  const range = (): number => (inside ? draw.int(0, size - 1) : draw.int(-2, size + 1));
  return {
    shape,
    dtype: inside && draw.bool() ? 'uint32' : 'int32',
    values: Array.from({ length: sizeOf(shape) }, range),
  };
}

/** Axes to index, their index arrays, and the shape that gather makes. */
export function indexing(draw: Draw, inside: boolean) {
  const shape = shapeOf(draw, { least: 1, most: 4, min: 1 });
  const axes = shape.map((_, axis) => axis);
  const count = draw.int(1, axes.length);
  const axis = Array.from(
    { length: count },
    () => axes.splice(draw.int(0, axes.length - 1), 1)[0]!,
  );
  const indexShape = shapeOf(draw, { most: 2, min: 1, max: 4 });
  const shapes = axis.map((_, i) => (i === 0 ? indexShape : broadcastable(draw, indexShape)));
  const outDim = draw.int(0, shape.length - count);
  const result = shape.filter((_, i) => !axis.includes(i));
  result.splice(outDim, 0, ...indexShape);
  const arrays = axis.map((a, i) => indices(draw, shapes[i]!, shape[a]!, inside));
  return { shape, axis, outDim, result, arrays };
}

/** Random spatial settings of which the kernel fits. */
function convolution(draw: Draw): Call<'conv'> {
  const vmapDims = draw.of([0, 0, 0, 1, 1, 2]);
  const spatial = draw.of([1, 1, 2, 2, 3, 0]);
  const groups = Array.from({ length: vmapDims }, () => draw.int(1, 3));
  const [batch, inner, outer] = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)];
  const axes = Array.from({ length: spatial }, () => {
    const kernel = draw.int(1, 3);
    const [stride, left, right] = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 2)];
    const reach = (kernel - 1) * right + 1;
    const size = draw.int(1, spatial === 3 ? 4 : 8);
    const wide = (size - 1) * left + 1;
    const begin = draw.int(-Math.min(2, size - 1), 3);
    const least = Math.max(reach - wide - begin, -Math.min(2, size - 1) - Math.min(0, begin));
    const end = Math.max(least, draw.int(-1, 3), reach - wide - begin);
    return { kernel, stride, left, right, size, padding: [begin, end] as Pair };
  });
  const dtype = draw.of<DType>(['float32', 'float32', 'float32', 'float64', 'int32', 'uint32']);
  return {
    operands: [
      {
        shape: [...groups, batch, inner, ...axes.map(({ size }) => size)],
        dtype,
        values: 'plain',
      },
      {
        shape: [...groups, outer, inner, ...axes.map(({ kernel }) => kernel)],
        dtype,
        values: 'plain',
      },
    ],
    params: {
      vmapDims,
      strides: axes.map(({ stride }) => stride),
      padding: axes.map(({ padding }) => padding),
      lhsDilation: axes.map(({ left }) => left),
      rhsDilation: axes.map(({ right }) => right),
    },
    tolerance: SUM,
  };
}

function pooling(draw: Draw) {
  const lead = shapeOf(draw, { most: 2, min: 1, max: 3 });
  // The pinned jax-js pools no two axes of which only one has windows that overlap.
  const overlap = draw.bool();
  const axes = Array.from({ length: draw.int(1, 2) }, () => {
    const size = draw.int(1, 9);
    const window = draw.int(1, Math.min(size, 4));
    const stride = overlap ? draw.int(1, Math.max(1, window - 1)) : draw.int(window, 5);
    return { size, window, stride, count: Math.ceil((size - window + 1) / stride) };
  });
  return {
    inShape: [...lead, ...axes.map(({ size }) => size)],
    pooled: [...lead, ...axes.map(({ count }) => count), ...axes.map(({ window }) => window)],
    window: axes.map(({ window }) => window),
    strides: axes.map(({ stride }) => stride),
  };
}

/** Shapes of a product: axes that both sides have, one side has, or neither. */
function product(draw: Draw): Call<'dot'> {
  const rank = draw.int(0, 4);
  const inner = draw.int(1, 5);
  const sides = Array.from({ length: rank }, () =>
    draw.of(['both', 'left', 'right', 'both', 'none']),
  );
  const sizes = sides.map(() => draw.int(1, 4));
  const side = (name: string): number[] =>
    sides.map((which, i) => (which === 'both' || which === name ? sizes[i]! : 1));
  const dtype = draw.of(ALL);
  const left = side('left');
  // Leading axes of size 1 may be missing.
  const right = side('right');
  while (right[0] === 1 && draw.bool()) right.shift();
  const values: Values = dtype.startsWith('float') ? 'plain' : 'any';
  return {
    operands: [
      { shape: [...left, inner], dtype, values },
      { shape: [...right, draw.int(0, 9) === 0 ? 1 : inner], dtype, values },
    ],
    params: {},
    tolerance: dtype.startsWith('float') ? SUM : 0,
  };
}

/** Symmetric positive definite, or any if `plain`. */
function matrices(draw: Draw, { rows, columns }: { rows: number; columns: number }): number[] {
  return [...draw.of([[], [2], [2, 2], [1]]), rows, columns];
}

const positiveDefinite = (draw: Draw, shape: readonly number[]): number[] => {
  const n = shape.at(-1)!;
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, () => {
    const factor = Array.from({ length: n * n }, () => draw.int(-8, 8) / 8);
    return Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k += 1) sum += factor[i * n + k]! * factor[j * n + k]!;
      return sum;
    });
  }).flat();
};

/** Calls of every operation. */
export const CASES: Cases = {
  add: binary({ dtypes: ALL }, none),
  mul: binary({ dtypes: ALL }, none),
  idiv: binary({ dtypes: NUMBERS, values: 'dividend', second: 'divisor' }, none),
  // Of a number and infinity jax-js makes NaN, by 0 · ∞: no divisor is infinite.
  mod: binary({ dtypes: NUMBERS, values: 'dividend', second: 'divisor' }, none),
  min: binary({ dtypes: ALL }, none),
  max: binary({ dtypes: ALL }, none),
  bit_combine: binary({ dtypes: ['int32', 'uint32', 'bool'] }, (draw) => ({
    op: draw.of(['and', 'or', 'xor']),
  })),
  bit_shift: (draw) => {
    const shape = shapeOf(draw);
    return {
      operands: [
        { shape, dtype: draw.of(INTEGERS), values: 'any' },
        {
          shape,
          dtype: draw.of(INTEGERS),
          values: Array.from({ length: sizeOf(shape) }, () => draw.int(0, 33)),
        },
      ],
      params: { op: draw.of(['shl', 'shr']) },
    };
  },
  bit_count: unary({ dtypes: INTEGERS }, none),
  neg: unary({ dtypes: NUMBERS }, none),
  reciprocal: unary({ dtypes: FLOATS }, none),
  floor: unary({ dtypes: FLOATS }, none),
  ceil: unary({ dtypes: FLOATS }, none),
  stop_gradient: unary({ dtypes: ALL }, none),
  cast: (draw) => {
    const dtype = draw.of(ALL);
    const to = draw.of(ALL);
    const values: Values =
      dtype.startsWith('float') && to !== 'bool' && !to.startsWith('float')
        ? to === 'uint32'
          ? 'positive'
          : 'plain'
        : 'any';
    return { operands: [{ shape: shapeOf(draw), dtype, values }], params: { dtype: to } };
  },
  bitcast: (draw) => ({
    operands: [
      { shape: shapeOf(draw), dtype: draw.of(['float32', 'int32', 'uint32']), values: 'any' },
    ],
    params: { dtype: draw.of<DType>(['float32', 'int32', 'uint32']) },
    tolerance: 0,
  }),
  // Of more turns jax-js computes in single precision which is the last: exact.test.ts goes on there.
  sin: unary({ dtypes: FLOATS, values: 'turns', tolerance: POLYNOMIAL }, none),
  cos: unary({ dtypes: FLOATS, values: 'turns', tolerance: POLYNOMIAL }, none),
  asin: unary({ dtypes: FLOATS, values: 'unit', tolerance: POLYNOMIAL }, none),
  atan: unary({ dtypes: FLOATS, tolerance: POLYNOMIAL }, none),
  exp: unary({ dtypes: FLOATS, values: 'exponent', tolerance: POLYNOMIAL }, none),
  log: unary({ dtypes: FLOATS, values: 'magnitude', tolerance: POLYNOMIAL }, none),
  erf: unary({ dtypes: FLOATS, tolerance: POLYNOMIAL }, none),
  erfc: unary({ dtypes: FLOATS, tolerance: POLYNOMIAL }, none),
  sqrt: unary({ dtypes: FLOATS }, none),
  reduce: (draw) => {
    // The pinned jax-js reads memory that it never wrote where there is nothing to sum up.
    const shape = shapeOf(draw, { min: 1 });
    const axis = shape.flatMap((_, a) => (draw.bool() ? [a] : []));
    const dtype = draw.of(ALL);
    const op = draw.of(['Add', 'Mul', 'Min', 'Max'] as const);
    const values: Values = dtype.startsWith('float') ? 'plain' : 'any';
    return { operands: [{ shape, dtype, values }], params: { op, axis }, tolerance: SUM };
  },
  dot: product,
  conv: convolution,
  pool: (draw) => {
    const { inShape, window, strides } = pooling(draw);
    return { operands: [{ shape: inShape, dtype: draw.of(ALL) }], params: { window, strides } };
  },
  pool_transpose: (draw) => {
    const { inShape, pooled, window, strides } = pooling(draw);
    const dtype = draw.of(NUMBERS);
    return {
      operands: [{ shape: pooled, dtype, values: 'plain' }],
      params: { inShape, window, strides },
      tolerance: SUM,
    };
  },
  compare: binary({ dtypes: NUMBERS }, (draw) => ({
    op: draw.of(['less', 'equal', 'not_equal', 'less_equal']),
  })),
  where: (draw) => {
    const shape = shapeOf(draw);
    const dtype = draw.of(ALL);
    return {
      operands: [
        { shape: broadcastable(draw, shape), dtype: 'bool' },
        { shape, dtype },
        { shape: broadcastable(draw, shape), dtype },
      ],
      params: {},
    };
  },
  concatenate: (draw) => {
    const shape = shapeOf(draw, { least: 1 });
    const axis = draw.int(0, shape.length - 1);
    const dtype = draw.of(ALL);
    const operands = Array.from({ length: draw.int(1, 4) }, () => ({
      shape: shape.with(axis, draw.int(0, 3)),
      dtype,
    }));
    return { operands, params: { axis } };
  },
  split: (draw) => {
    const sizes = Array.from({ length: draw.int(1, 4) }, () => draw.int(0, 3));
    const shape = shapeOf(draw, { least: 1 });
    const axis = draw.int(0, shape.length - 1);
    const total = sizes.reduce((a, b) => a + b, 0);
    return {
      operands: [{ shape: shape.with(axis, total), dtype: draw.of(ALL) }],
      params: { axis, sizes },
    };
  },
  random_bits: (draw) => {
    const key = shapeOf(draw, { most: 2, min: 1 });
    const operand: Operand = { shape: key, dtype: 'uint32', values: 'any' };
    return {
      operands: [operand, operand],
      params: {
        shape: [...key, ...shapeOf(draw, { most: 3 })],
        mode: draw.of(['xor', 0, 1] as const),
      },
    };
  },
  gather: (draw) => {
    // What an index outside reads is not defined in jax-js: an element of another row, or of the memory that
    // the array is a view of.
    const { shape, axis, outDim, arrays } = indexing(draw, true);
    return {
      operands: [{ shape, dtype: draw.of(ALL) }, ...arrays],
      params: { axis, outDim, uniqueIndices: false },
    };
  },
  transpose: (draw) => {
    const shape = shapeOf(draw);
    const axes = shape.map((_, axis) => axis);
    const perm = shape.map(() => axes.splice(draw.int(0, axes.length - 1), 1)[0]!);
    return { operands: [{ shape, dtype: draw.of(ALL) }], params: { perm } };
  },
  broadcast: (draw) => {
    const shape = shapeOf(draw);
    const axis = shape.flatMap((_, a) => (draw.bool() ? [a] : []));
    const from = shape
      .filter((_, a) => !axis.includes(a))
      .map((size) => (draw.int(0, 3) === 0 ? 1 : size));
    return { operands: [{ shape: from, dtype: draw.of(ALL) }], params: { shape, axis } };
  },
  reshape: (draw) => {
    const factors = shapeOf(draw, { least: 0, most: 4 });
    return {
      operands: [{ shape: grouped(draw, factors), dtype: draw.of(ALL) }],
      params: { shape: grouped(draw, factors) },
    };
  },
  flip: (draw) => {
    const shape = shapeOf(draw);
    const axis = shape.flatMap((_, a) => (draw.bool() ? [a] : []));
    return { operands: [{ shape, dtype: draw.of(ALL) }], params: { axis } };
  },
  shrink: (draw) => {
    const shape = shapeOf(draw);
    const slice = shape.map((size): Pair => {
      const begin = draw.int(0, size);
      return [begin, draw.int(begin, size)];
    });
    return { operands: [{ shape, dtype: draw.of(ALL) }], params: { slice } };
  },
  pad: (draw) => {
    const shape = shapeOf(draw);
    const width = shape.map((): Pair => [draw.int(0, 2), draw.int(0, 2)]);
    return { operands: [{ shape, dtype: draw.of(ALL) }], params: { width } };
  },
  sort: (draw) => ({
    operands: [{ shape: shapeOf(draw, { least: 1, min: 1, max: 7 }), dtype: draw.of(NUMBERS) }],
    params: {},
  }),
  argsort: (draw) => ({
    operands: [{ shape: shapeOf(draw, { least: 1, min: 1, max: 7 }), dtype: draw.of(NUMBERS) }],
    params: {},
  }),
  scatter: (draw) => {
    const { shape, axis, outDim, result, arrays } = indexing(draw, draw.bool());
    return {
      operands: [{ shape: result, dtype: draw.of(ALL), values: 'plain' }, ...arrays],
      params: {
        op: draw.of(['add', 'add', 'update'] as const),
        shape,
        axis,
        outDim,
        uniqueIndices: false,
      },
      tolerance: SUM,
    };
  },
  triangular_solve: (draw) => {
    const n = draw.int(1, 5);
    const shape = matrices(draw, { rows: n, columns: n });
    const dtype = draw.of(FLOATS);
    const count = sizeOf(shape);
    // A dominant diagonal: the solution stays small.
    const values = Array.from({ length: count }, (_, i) =>
      Math.floor((i % (n * n)) / n) === i % n ? 1 + draw.int(0, 8) / 8 : draw.int(-4, 4) / 16,
    );
    return {
      operands: [
        { shape, dtype, values },
        { shape: shape.with(-2, draw.int(1, 3)), dtype, values: 'plain' },
      ],
      params: { unitDiagonal: draw.bool() },
      tolerance: 1e-5,
    };
  },
  cholesky: (draw) => {
    const n = draw.int(1, 5);
    const shape = matrices(draw, { rows: n, columns: n });
    return {
      operands: [{ shape, dtype: draw.of(FLOATS), values: positiveDefinite(draw, shape) }],
      params: {},
      tolerance: 1e-5,
    };
  },
  lu: (draw) => {
    const shape = matrices(draw, { rows: draw.int(1, 5), columns: draw.int(1, 5) });
    return {
      operands: [{ shape, dtype: draw.of(FLOATS), values: 'fine' }],
      params: {},
      tolerance: 1e-4,
    };
  },
  jacobi_eigh: (draw) => {
    const n = draw.int(1, 5);
    const shape = matrices(draw, { rows: n, columns: n });
    return {
      operands: [{ shape, dtype: draw.of(FLOATS), values: positiveDefinite(draw, shape) }],
      params: { maxSweeps: draw.of([1, 20]), tolerance: 1e-6 },
      tolerance: 1e-4,
    };
  },
  fft: (draw) => {
    const factors = Array.from({ length: draw.int(0, 3) }, () => draw.of([2, 2, 3, 4, 5, 7, 67]));
    const n = factors.reduce((a, b) => a * b, 1);
    const operand: Operand = {
      shape: [...shapeOf(draw, { most: 2, min: 1, max: 3 }), n],
      dtype: draw.of(FLOATS),
      values: 'plain',
    };
    return {
      operands: [operand, operand],
      params: { factors, inverse: draw.bool() },
      // Of sums over n numbers up to 4.
      tolerance: 1e-5 * Math.sqrt(n),
    };
  },
};

/** A shape with the elements of `factors`: neighbours multiplied, axes of size 1 put in. */
function grouped(draw: Draw, factors: readonly number[]): number[] {
  const shape: number[] = [];
  let open = false;
  for (const size of factors) {
    if (open && draw.bool()) shape[shape.length - 1]! *= size;
    else shape.push(size);
    open = true;
    if (draw.int(0, 4) === 0) {
      shape.push(1);
      open = false;
    }
  }
  return shape;
}

const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
const SPECIAL_DIVIDENDS = [0x7fffffff, -0x7fffffff, -1, 0x12345678];
const SPECIAL_WORDS = [0x7fffffff, -0x80000000, -1, 0x12345678];

function numberOf(draw: Draw, dtype: DType, values: Values): number {
  if (dtype === 'bool') return draw.int(0, 1);
  if (!dtype.startsWith('float')) {
    if (values === 'any' && draw.int(0, 3) === 0) return draw.of(SPECIAL_WORDS);
    if (values === 'dividend' && draw.int(0, 3) === 0) return draw.of(SPECIAL_DIVIDENDS);
    const least = values === 'positive' ? 1 : dtype === 'uint32' ? 0 : -5;
    const value = draw.int(least, 5);
    return value === 0 && values === 'divisor' ? 5 : value;
  }
  switch (values) {
    case 'any':
    case 'dividend':
      return draw.int(0, 5) === 0 ? draw.of(SPECIAL) : draw.int(-32, 32) / 8;
    case 'positive':
      return draw.int(1, 32) / 8;
    case 'divisor':
      return draw.int(0, 9) === 0 ? Number.NaN : draw.int(-32, 32) / 8;
    case 'unit':
      return draw.int(0, 5) === 0 ? draw.of([...SPECIAL, 1.125, -2]) : draw.int(-8, 8) / 8;
    case 'turns':
      return draw.int(0, 5) === 0 ? draw.of(SPECIAL) : draw.int(-1024, 1024) / 8;
    case 'exponent':
      return draw.int(0, 5) === 0 ? draw.of(SPECIAL) : draw.int(-880, 704) / 8;
    case 'magnitude':
      return draw.int(0, 5) === 0
        ? draw.of([...SPECIAL, 0, -1])
        : 2 ** draw.int(-126, 127) * (1 + draw.int(0, 15) / 16);
    case 'inner':
      return draw.int(-7, 7) / 8;
    case 'odd':
      return (2 * draw.int(-32, 31) + 1) / 16;
    case 'fine':
      return draw.int(-1e6, 1e6) / 1e6;
    default:
      return draw.int(-32, 32) / 8;
  }
}

function arrayOf(draw: Draw, { shape, dtype, values = 'any' }: Operand): HostArray {
  const size = sizeOf(shape);
  const numbers =
    typeof values !== 'string'
      ? values
      : Array.from({ length: size }, () => numberOf(draw, dtype, values));
  return hostArray(shape, dataOf(numbers, dtype));
}

export function shuffled(draw: Draw, count: number): number[] {
  const left = Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: count }, () => left.splice(draw.int(0, left.length - 1), 1)[0]!);
}

function dataOf(numbers: readonly number[], dtype: DType): HostData {
  if (dtype === 'float32') return Float32Array.from(numbers);
  if (dtype === 'float64') return Float64Array.from(numbers);
  if (dtype === 'int32') return Int32Array.from(numbers);
  if (dtype === 'uint32') return Uint32Array.from(numbers);
  return Uint8Array.from(numbers);
}

/** An array and what makes the operand of it: operations that only move elements. */
export interface Disguised {
  readonly array: HostArray;
  readonly uncover: (x: Traced) => Traced;
}

type Move = (draw: Draw, array: HostArray) => Disguised | null;

const gatherHost = (
  { dims, data }: HostArray,
  shape: readonly number[],
  place: (index: number[]) => number[] | null,
): HostArray => {
  const result = data.slice(0, 0) as HostData;
  // The constructor of the same type.
  const out = new (result.constructor as new (n: number) => HostData)(sizeOf(shape));
  for (let flat = 0; flat < out.length; flat += 1) {
    let rest = flat;
    const index = new Array<number>(shape.length);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    const from = place(index);
    if (from === null) continue;
    out[flat] = data[from.reduce((sum, at, axis) => sum * dims[axis]! + at, 0)]!;
  }
  return hostArray(shape, out);
};

const MOVES: readonly Move[] = [
  // A transposed array.
  (draw, array) => {
    const perm = shuffled(draw, array.dims.length);
    const shape = perm.map((axis) => array.dims[axis]!);
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return {
      array: gatherHost(array, shape, (index) => inverse.map((at) => index[at]!)),
      uncover: (x) => np.transpose(x, inverse),
    };
  },
  // Reversed axes.
  (draw, array) => {
    const axes = array.dims.flatMap((_, axis) => (draw.bool() ? [axis] : []));
    return {
      array: gatherHost(array, array.dims, (index) =>
        index.map((at, axis) => (axes.includes(axis) ? array.dims[axis]! - 1 - at : at)),
      ),
      uncover: (x) => np.flip(x, axes),
    };
  },
  // A part of a larger array.
  (draw, array) => {
    const before = array.dims.map(() => draw.int(0, 2));
    const after = array.dims.map(() => draw.int(0, 1));
    const shape = array.dims.map((size, axis) => before[axis]! + size + after[axis]!);
    return {
      array: gatherHost(array, shape, (index) => {
        const at = index.map((i, axis) => i - before[axis]!);
        return at.every((i, axis) => i >= 0 && i < array.dims[axis]!) ? at : null;
      }),
      uncover: (x) =>
        array.dims.length === 0
          ? x
          : x.slice(
              ...array.dims.map((size, axis): [number, number] => [
                before[axis]!,
                before[axis]! + size,
              ]),
            ),
    };
  },
  // Another shape.
  (draw, array) => {
    if (array.dims.includes(0)) return null;
    const factors = array.dims.flatMap((size) => (size === 4 && draw.bool() ? [2, 2] : [size]));
    return {
      array: hostArray(grouped(draw, factors), array.data),
      uncover: (x) => x.reshape([...array.dims]),
    };
  },
  // A broadcast: the first element of some axes everywhere. Changes the operand itself.
  (draw, array) => {
    if (array.dims.includes(0)) return null;
    const shape = array.dims.map((size) => (draw.int(0, 2) === 0 ? 1 : size));
    return {
      array: gatherHost(array, shape, (index) => index),
      uncover: (x) => np.broadcastTo(x, [...array.dims]),
    };
  },
];

export function disguised(draw: Draw, operand: Operand): Disguised {
  let result: Disguised = { array: arrayOf(draw, operand), uncover: (x) => x };
  // Given numbers may not become others.
  const moves = typeof operand.values === 'string' || operand.values === undefined ? 5 : 4;
  for (let step = draw.int(0, 3); step > 0; step -= 1) {
    const { array, uncover } = result;
    const next = MOVES[draw.int(0, moves - 1)]!(draw, array);
    if (next !== null) result = { array: next.array, uncover: (x) => uncover(next.uncover(x)) };
  }
  return result;
}

/** What records an operation; a field of traced values that their types hide. */
interface Trace {
  processPrimitive(primitive: string, inputs: readonly Traced[], params: object): Traced[];
}

/** Calls an operation with exactly these parameters. */
export function operation(primitive: string, inputs: readonly Traced[], params: object): Traced[] {
  const { _trace } = inputs[0] as unknown as { readonly _trace: Trace };
  return _trace.processPrimitive(primitive, inputs, params);
}

/** Runs one random call by jax-js and by ONNX Runtime and compares every element. */
export async function checkCall<P extends keyof TracedParams>(
  primitive: P,
  draw: Draw,
): Promise<void> {
  // The table has a case of each operation's own.
  const cases = CASES[primitive] as (draw: Draw) => Call<P>;
  const { operands, params, tolerance } = cases(draw);
  const sources = operands.map((operand) => disguised(draw, operand));
  const perm = draw.int(0, 3);
  const f = (...arrays: Traced[]): Traced[] => {
    const inputs = sources.map(({ uncover }, i) => uncover(arrays[i]!));
    const outputs = operation(primitive, inputs, params);
    if (perm === 0) return outputs;
    // Results are views too: what follows has to read them right.
    return outputs.flatMap((output) => [
      output,
      output.reshape([-1]),
      np.transpose(output).reshape([-1]),
    ]);
  };
  const args = sources.map(({ array }) => array);
  const want = interpret(f as never, args as never) as HostArray[];
  const got = (await runCompiled(f as never, args as never)) as HostArray[];
  const label = `${primitive} ${JSON.stringify(params)} of ${operands
    .map(({ dtype, shape }) => `${dtype}[${shape}]`)
    .join(' ')}`;
  for (const [i, value] of want.entries()) {
    expectClose(got[i]!, value, tolerance ?? 2e-6, label);
  }
}

/** Same shape and type, and every element within a bound of |got − want| / (1 + |want|); infinities and NaN are the same. */
export function expectClose(
  got: HostArray,
  want: HostArray,
  tolerance: number,
  label: string,
): void {
  expect(got.dims, label).toEqual(want.dims);
  expect(got.data.constructor.name, label).toBe(want.data.constructor.name);
  const isFloat = want.data instanceof Float32Array || want.data instanceof Float64Array;
  const bound = isFloat ? tolerance : 0;
  const far = [...want.data].findIndex((value, i) => {
    const other = got.data[i]!;
    if (value === other || (Number.isNaN(value) && Number.isNaN(other))) return false;
    // The bound of an infinity would be infinite: anything would be near it.
    const areFinite = Number.isFinite(value) && Number.isFinite(other);
    return !(areFinite && Math.abs(other - value) <= bound * (1 + Math.abs(value)));
  });
  if (far >= 0) {
    expect.fail(
      `${label}: element ${far} of [${want.dims}] is ${got.data[far]}, expected ${want.data[far]}`,
    );
  }
}

/** Values for a property: an integer seeds nothing, fast-check draws each number and shrinks them. */
export function drawing(): fc.Arbitrary<Draw> {
  return fc.gen().map((value) => ({
    int: (min, max) => value(() => fc.integer({ min, max })),
    bool: () => value(() => fc.boolean()),
    of: (values) => values[value(() => fc.nat({ max: values.length - 1 }))]!,
  }));
}
