/**
 * Views: a logical array as strides over a dense row-major base. Transposing, broadcasting and most
 * reshaping change the view and emit nothing.
 *
 * The dims with a stride above 0, sorted by stride, are exactly the base: a view never leaves out or
 * repeats an element of its base except by broadcasting (stride 0).
 * @module
 */

import type { ValueName } from '../../graph/build.ts';
import { type DType, sizeOf } from '../arrays.ts';

/** A value of the graph, dense and row-major. */
export interface Base {
  readonly name: ValueName;
  readonly dims: readonly number[];
  readonly dtype: DType;
}

/** One logical axis; stride 0 is a broadcast, also of every axis of size 1. */
export interface Dim {
  readonly size: number;
  readonly stride: number;
}

/** A logical array. */
export interface View {
  readonly base: Base;
  readonly dims: readonly Dim[];
}

/** The base as it lies. */
export function viewOf(base: Base): View {
  return { base, dims: rowMajor(base.dims) };
}

/** Shape of a view. */
export function shapeOf(view: View): number[] {
  return view.dims.map(({ size }) => size);
}

/** Dims of a dense array. */
export function rowMajor(shape: readonly number[]): Dim[] {
  let stride = 1;
  const dims: Dim[] = [];
  for (const size of [...shape].reverse()) {
    dims.unshift({ size, stride: size === 1 ? 0 : stride });
    stride *= size;
  }
  return dims;
}

/** Axis i of the result is axis `perm[i]` of the view. */
export function transposeView({ base, dims }: View, perm: readonly number[]): View {
  return { base, dims: perm.map((axis) => dims[axis]!) };
}

/** The view with new axes at the places `axis` of the result, and axes of size 1 stretched to `shape`. */
export function broadcastView(
  { base, dims }: View,
  shape: readonly number[],
  axis: readonly number[],
): View {
  const added = new Set(axis.map((a) => (a < 0 ? a + shape.length : a)));
  let next = 0;
  return {
    base,
    dims: shape.map((size, i): Dim => {
      const dim = added.has(i) ? undefined : dims[next++];
      return dim === undefined || dim.size !== size ? { size, stride: 0 } : dim;
    }),
  };
}

/** The view broadcast to a shape as numpy does: axes are added in front. */
export function alignView(view: View, shape: readonly number[]): View {
  const extra = shape.length - view.dims.length;
  return broadcastView(
    view,
    shape,
    Array.from({ length: extra }, (_, i) => i),
  );
}

/** The view in another shape of the same size, or null where its strides do not allow it. */
export function reshapeView({ base, dims }: View, shape: readonly number[]): View | null {
  if (sizeOf(shape) === 0) return null;
  const old = dims.filter(({ size }) => size > 1);
  const result: Dim[] = [];
  let from = 0;
  let to = 0;
  while (to < shape.length) {
    if (shape[to] === 1) {
      result.push({ size: 1, stride: 0 });
      to += 1;
      continue;
    }
    // The shortest runs of old and new axes of the same size.
    const start = from;
    const first = to;
    let oldSize = old[from++]!.size;
    let newSize = shape[to++]!;
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= old[from++]!.size;
      else newSize *= shape[to++]!;
    }
    const merged = mergeDims(old.slice(start, from));
    if (merged === null) return null;
    let { stride } = merged;
    const split: Dim[] = [];
    for (const size of shape.slice(first, to).reverse()) {
      split.unshift({ size, stride: size === 1 ? 0 : stride });
      stride *= size;
    }
    result.push(...split);
  }
  return { base, dims: result };
}

/** Neighbouring axes as one, or null where they do not lie one after the other. */
function mergeDims(dims: readonly Dim[]): Dim | null {
  for (let i = 0; i + 1 < dims.length; i += 1) if (!adjoin(dims[i]!, dims[i + 1]!)) return null;
  return {
    size: dims.reduce((product, { size }) => product * size, 1),
    stride: dims.at(-1)?.stride ?? 0,
  };
}

/** True where two axes, outer then inner, can be walked as one: both broadcast, or one after the other. */
export function adjoin(outer: Dim, inner: Dim): boolean {
  return outer.stride === inner.stride * inner.size;
}

/** Axes that the base has, outermost first. */
export function storedAxes({ dims }: View): number[] {
  return dims
    .map(({ stride }, axis) => ({ stride, axis }))
    .filter(({ stride }) => stride > 0)
    .sort((a, b) => b.stride - a.stride)
    .map(({ axis }) => axis);
}
