/**
 * Windows that slide along axes, and their sums back in place.
 * @module
 */

import type { Pair } from '../../program.ts';
import { type Emitter, stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { shapeOf, storedAxes, transposeView, type View } from '../view.ts';
import { castView, literalView } from './elementwise.ts';
import { reduceView } from './reduce.ts';
import { emptyView, padView, shrinkView, spread } from './shape.ts';

/** How windows lie along an axis. */
export interface Sliding {
  readonly window: number;
  readonly stride: number;
  /** Distance of the elements of a window. */
  readonly dilation: number;
}

/** Number of windows that fit. */
export function windowCount(size: number, { window, stride, dilation }: Sliding): number {
  return Math.max(0, Math.ceil((size - dilation * (window - 1)) / stride));
}

/**
 * The windows along one axis, which becomes two, `[…, windows, window, …]`: a view where windows do not
 * overlap, else gathered in the largest pieces that all windows are made of.
 */
export function windowsOf(emitter: Emitter, view: View, axis: number, sliding: Sliding): View {
  const { window, stride, dilation } = sliding;
  const { size, stride: step } = view.dims[axis]!;
  const count = windowCount(size, sliding);
  const shape = shapeOf(view).toSpliced(axis, 1, count, window);
  if (shape.includes(0)) return emptyView(emitter, shape, view.base.dtype);
  if (step === 0) {
    const axes = [count, window].map((length) => ({ size: length, stride: 0 }));
    return { base: view.base, dims: view.dims.toSpliced(axis, 1, ...axes) };
  }
  const resized = (length: number, from: View = view): View => resize(emitter, from, axis, length);
  if (dilation === 1 && window <= stride) {
    const apart = emitter.reshape(
      resized(count * stride),
      shapeOf(view).toSpliced(axis, 1, count, stride),
    );
    return resize(emitter, apart, axis + 1, window);
  }
  const piece = dilation === 1 ? greatestCommonDivisor(window, stride) : 1;
  const used = (count - 1) * stride + dilation * (window - 1) + 1;
  const pieces = emitter.reshape(
    resized(used),
    shapeOf(view).toSpliced(axis, 1, used / piece, piece),
  );
  const places = Array.from({ length: count }, (_, i) =>
    Array.from({ length: window / piece }, (_piece, j) => (i * stride) / piece + j * dilation),
  );
  const gathered = gatherAlong(emitter, pieces, { axis, places });
  return emitter.reshape(gathered, shape);
}

/** Elements of an axis by constant places, `[rows, columns]`, in place of it. */
function gatherAlong(
  emitter: Emitter,
  view: View,
  { axis, places }: { readonly axis: number; readonly places: readonly (readonly number[])[] },
): View {
  const rows = places.length;
  const columns = places[0]!.length;
  const shape = shapeOf(view).toSpliced(axis, 1, rows, columns);
  if (view.dims[axis]!.stride === 0) return spreadAxis(view, axis, [rows, columns]);
  const order = storedAxes(view);
  const name = emitter.arrange(
    view,
    order.map((stored) => [stored]),
  );
  const index = emitter.constant([rows, columns], Int32Array.from(places.flat()));
  const result = emitter.node('Gather', [name, index], {
    attributes: { axis: order.indexOf(axis) },
  });
  const newOrder = order.flatMap((stored) =>
    stored === axis ? [axis, axis + 1] : stored > axis ? [stored + 1] : [stored],
  );
  const dims = newOrder.map((stored) => shape[stored]!);
  return {
    base: { name: result, dims, dtype: view.base.dtype },
    dims: stridesFor(shape, newOrder),
  };
}

function spreadAxis({ base, dims }: View, axis: number, sizes: readonly number[]): View {
  return { base, dims: dims.toSpliced(axis, 1, ...sizes.map((size) => ({ size, stride: 0 }))) };
}

/** An axis cut or filled with zeros at its end. */
function resize(emitter: Emitter, view: View, axis: number, length: number): View {
  const { size } = view.dims[axis]!;
  const all = (pair: (size: number) => Pair): Pair[] => view.dims.map((dim) => pair(dim.size));
  if (length < size)
    return shrinkView(emitter, view, all((other) => [0, other]).with(axis, [0, length]));
  if (length > size)
    return padView(emitter, view, all(() => [0, 0]).with(axis, [0, length - size]));
  return view;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Windows over the trailing axes. */
export const pool: Rule<'pool'> = (emitter, { params }, [view]) => {
  const { window, strides } = params;
  const lead = view!.dims.length - window.length;
  // The last axis first, so that the places of the others stay.
  const windows = window.reduceRight(
    (result, size, i) =>
      windowsOf(emitter, result, lead + i, { window: size, stride: strides[i]!, dilation: 1 }),
    view!,
  );
  const axes = window.map((_, i) => lead + 2 * i);
  const perm = [
    ...Array.from({ length: lead }, (_, axis) => axis),
    ...axes,
    ...axes.map((axis) => axis + 1),
  ];
  return [transposeView(windows, perm)];
};

/** Windows added up where they came from. */
export const poolTranspose: Rule<'pool_transpose'> = (emitter, { params, outputs }, [view]) => {
  const { inShape, window, strides } = params;
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0)) return [emptyView(emitter, shape, dtype)];
  if (shapeOf(view!).includes(0)) return [spread(literalView(emitter, 0, dtype), shape)];
  const lead = inShape.length - window.length;
  // Windows of booleans are joined by or.
  const type = dtype === 'bool' ? 'int32' : dtype;
  const perm = [
    ...Array.from({ length: lead }, (_, axis) => axis),
    ...window.flatMap((_, i) => [lead + i, lead + window.length + i]),
  ];
  const pairs = transposeView(castView(emitter, view!, type), perm);
  const sums = window.reduce(
    (result, size, i) =>
      overlapAdd(emitter, result, lead + i, {
        window: size,
        stride: strides[i]!,
        length: inShape[lead + i]!,
      }),
    pairs,
  );
  return [castView(emitter, sums, dtype)];
};

/**
 * `[…, windows, window, …]` added up along one axis of the given length. Windows are cut into rows of one
 * stride; each row number is a whole array, shifted by as many strides: padding every array to one stride
 * more than the length and reading the rows with that length shifts them all at once.
 */
function overlapAdd(
  emitter: Emitter,
  view: View,
  axis: number,
  {
    window,
    stride,
    length,
  }: { readonly window: number; readonly stride: number; readonly length: number },
): View {
  const count = view.dims[axis]!.size;
  const shape = shapeOf(view);
  const merged = (from: View, ...sizes: number[]): View =>
    emitter.reshape(from, shape.toSpliced(axis, 2, ...sizes));
  const rows = Math.ceil(window / stride);
  const filled = resize(emitter, view, axis + 1, rows * stride);
  if (rows === 1) return resize(emitter, merged(filled, count * stride), axis, length);
  const split = merged(filled, count, rows, stride);
  const perm = split.dims.map((_, other) => other);
  perm[axis] = axis + 1;
  perm[axis + 1] = axis;
  const arrays = merged(transposeView(split, perm), rows, count * stride);
  const total = (count + rows - 1) * stride;
  const shifted = resize(emitter, arrays, axis + 1, total + stride);
  const flat = resize(emitter, merged(shifted, rows * (total + stride)), axis, rows * total);
  const sum = reduceView(emitter, merged(flat, rows, total), { op: 'Add', axis: [axis] });
  return resize(emitter, sum, axis, length);
}
