/**
 * Views: a logical array as strides over a dense row-major base. Transposing, broadcasting and most
 * reshaping change the view and emit nothing.
 *
 * The dims with a stride above 0, sorted by stride, are exactly the base: a view never leaves out or
 * repeats an element of its base except by broadcasting (stride 0).
 * @module
 */

import type { ValueName } from '../../graph/build.ts';
import type { DType } from '../arrays.ts';

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

/** Axes of a shape and those of another that hold the same elements. */
interface Match {
  readonly old: readonly number[];
  readonly made: readonly number[];
}

/** The shortest runs of axes of both shapes that have the same size; axes of size 1 are in none. */
function matchShapes(old: readonly number[], made: readonly number[]): Match[] {
  const large = (shape: readonly number[]): number[] =>
    shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const from = large(old);
  const to = large(made);
  const matches: Match[] = [];
  while (to.length > 0) {
    const match = { old: [from.shift()!], made: [to.shift()!] };
    let oldSize = old[match.old[0]!]!;
    let madeSize = made[match.made[0]!]!;
    while (oldSize !== madeSize) {
      if (oldSize < madeSize) {
        match.old.push(from.shift()!);
        oldSize *= old[match.old.at(-1)!]!;
      } else {
        match.made.push(to.shift()!);
        madeSize *= made[match.made.at(-1)!]!;
      }
    }
    matches.push(match);
  }
  return matches;
}

/**
 * The view in another shape of the same size, or the runs of its axes whose strides do not allow that.
 */
export function reshapeView(
  { base, dims }: View,
  shape: readonly number[],
): { readonly view: View } | { readonly apart: readonly (readonly number[])[] } {
  const matches = matchShapes(
    dims.map(({ size }) => size),
    shape,
  );
  const merged = matches.map(({ old }) => mergeDims(old.map((axis) => dims[axis]!)));
  const apart = matches.flatMap(({ old }, i) => (merged[i] === null ? [old] : []));
  if (apart.length > 0) return { apart };
  const result: Dim[] = shape.map((size) => ({ size, stride: 0 }));
  for (const [i, { made }] of matches.entries()) {
    let { stride } = merged[i]!;
    for (const axis of [...made].reverse()) {
      const size = shape[axis]!;
      result[axis] = { size, stride };
      stride *= size;
    }
  }
  return { view: { base, dims: result } };
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
