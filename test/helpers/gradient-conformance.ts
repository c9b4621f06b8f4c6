/**
 * Gradients of random calls of every operation: the compiled program against jax-js's own evaluation of
 * it, and against central differences. The table is total over the operations: what has no gradient says
 * why.
 * @module
 */

import fc from 'fast-check';
import { expect } from 'vitest';
import { type DType, type HostArray, hostArray, sizeOf } from '../../src/compiler/arrays.ts';
import { np, type Traced, valueAndGrad } from '../../src/compiler/jax.ts';
import type { TracedParams } from '../../src/compiler/program.ts';
import { interpret } from '../../src/compiler/trace.ts';
import {
  CASES,
  type Call,
  type Draw,
  disguised,
  expectClose,
  indexing,
  type Operand,
  operation,
  shuffled,
  type Values,
} from './conformance.ts';
import { prepareCompiled, runCompiled } from './run-compiled.ts';

/** Where and how an operation's gradient is looked at. */
interface Differentiable<P extends keyof TracedParams> {
  /** Operands with a derivative. @default all */
  readonly of?: readonly number[];
  /**
   * Numbers of these operands: away from where the operation jumps or has a kink. `distinct` are 0.4 to 1.7
   * with either sign, no two of one call alike. Given numbers of a call stay. @default 'plain'
   */
  readonly values?: Values | 'distinct';
  /** Calls to differentiate. @default those of CASES */
  readonly call?: (draw: Draw) => Call<P>;
  /**
   * Calls that jax-js runs but does not differentiate, by the message with which it refuses: where a strided
   * convolution is padded far beyond its kernel, the gradient would have to be cut by more than its size.
   */
  readonly leavesOut?: RegExp;
  /** Element type of these operands. @default drawn */
  readonly dtype?: DType;
  /** Applied to the operands first, where the operation reads less of them than its derivative. */
  readonly prepare?: (x: Traced) => Traced;
  /** Bound of |got − want| / (1 + |want|) of compiled and jax-js. @default 1e-5 */
  readonly tolerance?: number;
  /** Precision of the function that is differenced; `none` where its difference is no derivative. @default 'double' */
  readonly differences?: 'double' | 'single' | 'none';
}

/** No float goes in, or none comes out. */
interface WithoutGradient {
  readonly none: string;
}

/** jax-js cannot differentiate it: the message with which it refuses. */
interface Refused<P extends keyof TracedParams> {
  readonly refused: RegExp;
  readonly call?: (draw: Draw) => Call<P>;
}

type Gradients = {
  readonly [P in keyof TracedParams]: Differentiable<P> | WithoutGradient | Refused<P>;
};

const FLOATS: readonly DType[] = ['float32', 'float32', 'float64'];

/** Sums of products of sums, and triangular systems. */
const SOLVED = 1e-4;

const symmetric = (x: Traced): Traced => x.add(np.matrixTranspose(x)).mul(0.5);

/** Quotients at least a thirty-second away from every integer, of both signs. */
function quotient<P extends 'idiv' | 'mod'>(draw: Draw): Call<P> {
  const { operands } = CASES.add(draw);
  const [dividend, divisor] = operands as [Operand, Operand];
  const numbers = (shape: readonly number[], one: () => number): number[] =>
    Array.from({ length: sizeOf(shape) }, one);
  const odd = numbers(dividend.shape, () => (2 * draw.int(-32, 31) + 1) / 16);
  const power = numbers(divisor.shape, () => draw.of([-2, -1, -0.5, 0.5, 1, 2]));
  return {
    operands: [
      { ...dividend, values: odd },
      { ...divisor, values: power },
    ],
    params: {},
  };
}

/** Matrices in which the pivot of each column is far larger than everything else. */
function pivoted(draw: Draw): Call<'lu'> {
  const [rows, columns] = [draw.int(1, 5), draw.int(1, 5)];
  const lead = draw.of([[], [2], [2, 2]]);
  const values = Array.from({ length: sizeOf(lead) }, () => {
    const pivots = shuffled(draw, rows);
    return Array.from({ length: rows * columns }, (_, at) => {
      const isPivot = pivots[at % columns] === Math.floor(at / columns);
      return isPivot ? draw.of([-1, 1]) * (1.5 + draw.int(0, 8) / 16) : draw.int(-16, 16) / 128;
    });
  }).flat();
  const operand: Operand = { shape: [...lead, rows, columns], dtype: 'float32', values };
  return { operands: [operand], params: {} };
}

/**
 * Indices inside: the gradient of what was dropped outside reads there, and what jax-js reads there is not
 * defined. An update that is overwritten has no effect, yet jax-js gives it the gradient of what
 * overwrote it: updates overwrite nothing here.
 */
function scatterInside(draw: Draw): Call<'scatter'> {
  const { shape, axis, outDim, result, arrays } = indexing(draw, true);
  const [first] = arrays;
  const overwrites = sizeOf(first!.shape) > 1;
  return {
    operands: [{ shape: result, dtype: 'float32', values: 'plain' }, ...arrays],
    params: {
      op: overwrites ? 'add' : draw.of(['add', 'update']),
      shape,
      axis,
      outDim,
      uniqueIndices: false,
    },
  };
}

/** How each operation is differentiated. */
export const GRADIENTS: Gradients = {
  add: {},
  mul: {},
  idiv: { call: quotient },
  mod: { call: quotient },
  min: { values: 'distinct' },
  max: { values: 'distinct' },
  bit_combine: { none: 'of integers' },
  bit_shift: { none: 'of integers' },
  bit_count: { none: 'of integers' },
  neg: {},
  reciprocal: { values: 'positive' },
  floor: { values: 'odd' },
  ceil: { values: 'odd' },
  stop_gradient: { differences: 'none' },
  cast: {
    refused: /Backward pass not implemented for cast/,
    call: (draw) => ({
      operands: [{ shape: [draw.int(1, 4)], dtype: 'float32' }],
      params: { dtype: 'float64' },
    }),
  },
  bitcast: { none: 'floats as integers' },
  sin: {},
  cos: {},
  asin: { values: 'inner', differences: 'single' },
  atan: { differences: 'single' },
  exp: {},
  log: { values: 'positive' },
  erf: { differences: 'single' },
  erfc: { differences: 'single' },
  sqrt: { values: 'positive' },
  reduce: { values: 'distinct' },
  dot: {},
  conv: { leavesOut: /^conv\(\) padding.* is too negative/ },
  pool: {},
  pool_transpose: {},
  compare: { none: 'to booleans' },
  where: { of: [1, 2] },
  concatenate: {},
  split: {},
  random_bits: { none: 'of integers' },
  gather: { of: [0] },
  transpose: {},
  broadcast: {},
  reshape: {},
  flip: {},
  shrink: {},
  pad: {},
  sort: { values: 'distinct' },
  argsort: { values: 'distinct' },
  scatter: { of: [0], call: scatterInside },
  triangular_solve: { tolerance: SOLVED },
  cholesky: { prepare: symmetric, tolerance: SOLVED },
  lu: { call: pivoted, tolerance: SOLVED },
  jacobi_eigh: { refused: /JVP rule not implemented for jacobi_eigh/ },
  fft: { tolerance: SOLVED },
};

/** A function of the operands with a derivative and of the others, to a weighted sum of its results. */
type Loss = (moving: Traced[], fixed: Traced[]) => Traced;

/** Differentiates one random call. */
export async function checkGradient<P extends keyof TracedParams>(
  primitive: P,
  draw: Draw,
): Promise<void> {
  // The tables have entries of each operation's own.
  const entry = GRADIENTS[primitive] as Gradients[P];
  if ('none' in entry) return;
  const cases = (entry.call ?? CASES[primitive]) as (draw: Draw) => Call<P>;
  const call = cases(draw);
  const label = `${primitive} ${JSON.stringify(call.params)} of ${call.operands.map(({ shape }) => `[${shape}]`).join(' ')}`;
  if ('refused' in entry) {
    const { args, loss } = differentiable(draw, { primitive, call, entry: { dtype: 'float32' } });
    expect(() => interpret(gradientOf(loss), args), label).toThrow(entry.refused);
    return;
  }
  // jax-js reads memory that it never wrote where there is nothing to sum up.
  fc.pre(call.operands.every(({ shape }) => !shape.includes(0)));
  const { args, loss } = differentiable(draw, { primitive, call, entry });
  const want = reference(loss, { args, leavesOut: entry.leavesOut });
  const got = (await runCompiled(gradientOf(loss), args)) as [HostArray, HostArray[]];
  const tolerance = entry.tolerance ?? 1e-5;
  expectClose(got[0], want[0], tolerance, `${label}: the value`);
  for (const [i, slope] of want[1].entries())
    expectClose(got[1][i]!, slope, tolerance, `${label}: the gradient of operand ${i}`);
  if (entry.differences === 'none') return;
  await checkDifference(draw, {
    args,
    loss,
    slopes: got[1],
    label,
    ...DIFFERENCES[entry.differences ?? 'double'],
  });
}

/** What jax-js makes of it. */
function reference(
  loss: Loss,
  {
    args,
    leavesOut,
  }: {
    readonly args: readonly [HostArray[], HostArray[]];
    readonly leavesOut: RegExp | undefined;
  },
): [HostArray, HostArray[]] {
  try {
    return interpret(gradientOf(loss), args) as [HostArray, HostArray[]];
  } catch (error) {
    if (error instanceof Error && leavesOut?.test(error.message)) fc.pre(false);
    throw error;
  }
}

const gradientOf =
  (loss: Loss) =>
  (moving: Traced[], fixed: Traced[]): unknown =>
    valueAndGrad(loss)(moving, fixed);

/** A call as a function of arrays with elements that may be moved. */
function differentiable<P extends keyof TracedParams>(
  draw: Draw,
  {
    primitive,
    call,
    entry,
  }: { readonly primitive: P; readonly call: Call<P>; readonly entry: Differentiable<P> },
): { args: readonly [HostArray[], HostArray[]]; loss: Loss } {
  const { operands, params } = call;
  const moves = operands.map((_, i) => entry.of?.includes(i) ?? true);
  const dtype = entry.dtype ?? draw.of(FLOATS);
  const count = operands.reduce((sum, { shape }, i) => sum + (moves[i] ? sizeOf(shape) : 0), 0);
  const distinct = shuffled(draw, entry.values === 'distinct' ? count : 0).map(
    (place) => draw.of([-1, 1]) * (0.4 + (1.3 * (place + 0.5)) / count),
  );
  const sources = operands.map((operand, i) => {
    if (!moves[i]) return disguised(draw, operand);
    const given = Array.isArray(operand.values) ? operand.values : null;
    const kind = entry.values ?? 'plain';
    const values =
      given ?? (kind === 'distinct' ? distinct.splice(0, sizeOf(operand.shape)) : kind);
    return disguised(draw, { shape: operand.shape, dtype, values });
  });
  const weights = Array.from({ length: 16 }, () => draw.int(-100, 100) / 64);
  const part = (isMoved: boolean): HostArray[] =>
    sources.flatMap(({ array }, i) => (moves[i] === isMoved ? [array] : []));
  return {
    args: [part(true), part(false)],
    loss(moving, fixed) {
      const [nextMoving, nextFixed] = [moving.values(), fixed.values()];
      const inputs = sources.map(({ uncover }, i) => {
        const x = uncover((moves[i] ? nextMoving : nextFixed).next().value!);
        return moves[i] && entry.prepare !== undefined ? entry.prepare(x) : x;
      });
      const outputs = operation(primitive, inputs, params).filter(
        ({ dtype, shape }) => dtype.startsWith('float') && !shape.includes(0),
      );
      fc.pre(outputs.length > 0);
      return outputs
        .map((output) => {
          const size = sizeOf(output.shape);
          const factors = Float32Array.from(
            { length: size },
            (_, i) =>
              // Sixteen drawn numbers, turned at each round so that no two stretches are alike.
              weights[(i + Math.floor(i / 16)) % 16]! + (i % 7) / 8,
          );
          const w = np.array(factors).reshape(output.shape).astype(output.dtype);
          return np.sum(output.mul(w));
        })
        .reduce((sum, term) => sum.add(term));
    },
  };
}

/** Step, and bound of the error relative to 1 + Σ |slope · direction|. */
const DIFFERENCES = {
  // Truncation of h² and gradients in single precision.
  double: { step: 1e-4, bound: 1e-5 },
  // Rounding of single precision over the step besides.
  single: { step: 1e-2, bound: 1e-3 },
} as const;

/** Moves all elements at once in a drawn direction, in double precision, and compares the change of the value. */
async function checkDifference(
  draw: Draw,
  {
    args: [moving, fixed],
    loss,
    slopes,
    label,
    step,
    bound,
  }: {
    readonly args: readonly [HostArray[], HostArray[]];
    readonly loss: Loss;
    readonly slopes: readonly HostArray[];
    readonly label: string;
    readonly step: number;
    readonly bound: number;
  },
): Promise<void> {
  const directions = moving.map(({ data }) =>
    Float64Array.from(data, () => draw.int(-64, 64) / 64),
  );
  const moved = (by: number): HostArray[] =>
    moving.map(({ dims, data }, k) =>
      hostArray(
        dims,
        Float64Array.from(data, (x, i) => x + by * directions[k]![i]!),
      ),
    );
  const ready = await prepareCompiled(loss, [moved(0), fixed] as const);
  const at = async (by: number): Promise<number> =>
    ((await ready.run(moved(by), fixed)) as HostArray).data[0]!;
  try {
    const rise = ((await at(step)) - (await at(-step))) / (2 * step);
    const parts = slopes.flatMap(({ data }, k) => [...data].map((s, i) => s * directions[k]![i]!));
    const slope = parts.reduce((sum, value) => sum + value, 0);
    const scale = 1 + parts.reduce((sum, value) => sum + Math.abs(value), 0);
    expect(
      Math.abs(rise - slope) <= bound * scale,
      `${label}: a difference of ${rise}, where the gradient says ${slope}`,
    ).toBe(true);
  } finally {
    await ready.dispose();
  }
}
