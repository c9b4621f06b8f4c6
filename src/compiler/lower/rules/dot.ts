/**
 * Sums of products over the last axis, as matrix products.
 *
 * Each axis is sorted by which side has it: both (batch), left only (rows), right only (columns), neither
 * (broadcast). The products run on the bases, transposed inside the product where that is free.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { type DType, sizeOf } from '../../arrays.ts';
import { type Emitter, elementwise, stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { alignView, storedAxes, type View } from '../view.ts';
import { castView, literalView } from './elementwise.ts';
import { reduceView } from './reduce.ts';

/** `sum(x · y)` over the last axis, other axes broadcast. */
export const dot: Rule<'dot'> = (emitter, { outputs }, operands) => {
  const { shape, dtype } = outputs[0]!;
  return [dotViews(emitter, operands, { shape, dtype })];
};

/** A dot, and a bias along its last axis. */
export const dotBias: Rule<'dot_bias'> = (emitter, { outputs }, [x, y, bias]) => {
  const { shape, dtype } = outputs[0]!;
  return [dotViews(emitter, [x!, y!], { shape, dtype, bias: bias! })];
};

/** What a product gives. */
interface ProductOptions {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Added along the last axis, `[N]`. */
  readonly bias?: View;
}

/** The product of two views whose last axes are summed over. */
export function dotViews(
  emitter: Emitter,
  operands: readonly View[],
  { shape, dtype, bias }: ProductOptions,
): View {
  if (dtype === 'bool') {
    // Some pair holds: counted.
    const counted = operands.map((view) => castView(emitter, view, 'int32'));
    return castView(emitter, dotViews(emitter, counted, { shape, dtype: 'int32' }), dtype);
  }
  const inner = Math.max(...operands.map(({ dims }) => dims.at(-1)!.size));
  const [x, y] = operands.map((view) =>
    alignView(castView(emitter, view, dtype), [...shape, inner]),
  ) as [View, View];
  const k = shape.length;
  if (sizeOf(shape) === 0 || inner === 0) {
    return { ...literalView(emitter, 0, dtype), dims: shape.map((size) => ({ size, stride: 0 })) };
  }
  const has = (view: View, axis: number): boolean => view.dims[axis]!.stride > 0;
  const axes = shape.map((_, axis) => axis);
  const batch = axes.filter((axis) => has(x, axis) && has(y, axis));
  const rows = axes.filter((axis) => has(x, axis) && !has(y, axis));
  const columns = axes.filter((axis) => !has(x, axis) && has(y, axis));
  const isProduct = has(x, k) && has(y, k) && (rows.length > 0 || columns.length > 0);
  const all = { shape, dtype, k, batch, rows, columns };
  if (bias !== undefined && isProduct && batch.length === 0 && rows.length > 0) {
    if (columns.length === 1 && columns[0] === k - 1)
      return product(emitter, [x, y], { ...all, bias });
  }
  const sum = isProduct
    ? product(emitter, [x, y], all)
    : sumOfProducts(emitter, [x, y], { shape, dtype });
  if (bias === undefined) return sum;
  return elementwise(emitter, [sum, bias], { shape, dtype }, (names) => emitter.node('Add', names));
}

/** Without matrices: what only one side has is summed before the sides meet. */
function sumOfProducts(
  emitter: Emitter,
  [x, y]: readonly [View, View],
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType },
): View {
  const k = shape.length;
  const inner = x.dims[k]!.size;
  const sum = (view: View): View => reduceView(emitter, view, { op: 'Add', axis: [k] });
  const multiply = (a: View, b: View, dims: readonly number[]): View =>
    elementwise(emitter, [a, b], { shape: dims, dtype }, (names) => emitter.node('Mul', names));
  const one = (view: View): View => ({ base: view.base, dims: view.dims.slice(0, k) });
  if (x.dims[k]!.stride > 0 && y.dims[k]!.stride > 0) {
    return sum(multiply(x, y, [...shape, inner]));
  }
  if (x.dims[k]!.stride > 0) return multiply(sum(x), one(y), shape);
  return multiply(one(x), sum(y), shape);
}

interface Axes extends ProductOptions {
  readonly k: number;
  readonly batch: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

function product(
  emitter: Emitter,
  [x, y]: readonly [View, View],
  { shape, dtype, k, batch: anyBatch, rows: anyRows, columns: anyColumns, bias }: Axes,
): View {
  // Every group of axes in the order in which it lies.
  const inOrder = (view: View, axes: readonly number[]): number[] =>
    storedAxes(view).filter((axis) => axes.includes(axis));
  const batch = inOrder(x, anyBatch);
  const rows = inOrder(x, anyRows);
  const columns = inOrder(y, anyColumns);
  const left = side(emitter, x, { batch, outer: rows, inner: [k], plain: 'inner last' });
  const right = side(emitter, y, { batch, outer: columns, inner: [k], plain: 'inner first' });
  const transposed = { transA: Number(left.transposed), transB: Number(right.transposed) };
  const names = [left.name, right.name];
  const multiply = (): ValueName => {
    if (bias !== undefined)
      return emitter.node('Gemm', [...names, emitter.dense(bias)], { attributes: transposed });
    if (!left.transposed && !right.transposed) return emitter.node('MatMul', names);
    return emitter.node('FusedMatMul', names, { domain: 'com.microsoft', attributes: transposed });
  };
  const name = multiply();
  const size = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!));
  const dims = [...batch.map((axis) => shape[axis]!), size(rows), size(columns)];
  const order = [...batch, ...rows, ...columns];
  return { base: { name, dims, dtype }, dims: stridesFor(shape, order) };
}

/** One side as `[batch…, outer, inner]` or the other way round, whichever lies so; else as `plain` has it. */
function side(
  emitter: Emitter,
  view: View,
  {
    batch,
    outer,
    inner,
    plain,
  }: {
    readonly batch: readonly number[];
    readonly outer: readonly number[];
    readonly inner: readonly number[];
    readonly plain: 'inner last' | 'inner first';
  },
): { name: ValueName; transposed: boolean } {
  const lies = storedAxes(view);
  const isAsLies = (order: readonly number[]): boolean =>
    order.every((axis, i) => axis === lies[i]);
  const innerLast = [...batch, ...outer, ...inner];
  const innerFirst = [...batch, ...inner, ...outer];
  const wanted = plain === 'inner last' ? innerLast : innerFirst;
  const other = plain === 'inner last' ? innerFirst : innerLast;
  // The last two axes of a float product are free to swap; ONNX Runtime does it for float32 alone.
  const transposed =
    !isAsLies(wanted) && isAsLies(other) && outer.length > 0 && view.base.dtype === 'float32';
  const runs = [
    ...batch.map((axis) => [axis]),
    ...((plain === 'inner last') !== transposed ? [outer, inner] : [inner, outer]),
  ];
  return { name: emitter.arrange(view, runs), transposed };
}
