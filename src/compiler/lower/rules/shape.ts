/**
 * Operations that move elements. Transposing, broadcasting and most reshaping emit nothing; cutting and
 * padding run in the layout of the base.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import type { DType } from '../../arrays.ts';
import type { Pair } from '../../program.ts';
import { constantData, type Emitter, STORAGE, stridesFor } from '../emitter.ts';
import { denseView, type Rule } from '../rule.ts';
import { broadcastView, type Dim, shapeOf, storedAxes, transposeView, type View } from '../view.ts';
import { castView, literalView } from './elementwise.ts';

/** Axes permuted. */
export const transpose: Rule<'transpose'> = (_emitter, { params }, [view]) => [
  transposeView(view!, params.perm),
];

/** Axes added and stretched. */
export const broadcast: Rule<'broadcast'> = (_emitter, { params }, [view]) => [
  broadcastView(view!, params.shape, params.axis),
];

/** Another shape. */
export const reshape: Rule<'reshape'> = (emitter, { params }, [view]) => [
  emitter.reshape(view!, params.shape),
];

/** The stored axes one by one in the order of the base, for operations along axes. */
function inBaseOrder(emitter: Emitter, view: View): { name: ValueName; order: number[] } {
  const order = storedAxes(view);
  return {
    name: emitter.arrange(
      view,
      order.map((axis) => [axis]),
    ),
    order,
  };
}

/** The result of an operation that changed sizes in base order. */
function fromBaseOrder(
  view: View,
  name: ValueName,
  { order, shape }: { readonly order: readonly number[]; readonly shape: readonly number[] },
): View {
  const dims = order.map((axis) => shape[axis]!);
  return { base: { name, dims, dtype: view.base.dtype }, dims: stridesFor(shape, order) };
}

/** Begin and end of each axis. */
export const shrink: Rule<'shrink'> = (emitter, { params }, [view]) => [
  shrinkView(emitter, view!, params.slice),
];

/** The part of a view from begin to end of each axis. */
export function shrinkView(emitter: Emitter, view: View, slice: readonly Pair[]): View {
  const shape = slice.map(([begin, end]) => end - begin);
  if (shape.includes(0)) return emptyView(emitter, shape, view.base.dtype);
  const { name, order } = inBaseOrder(emitter, view);
  const cut = order.flatMap((axis, i) => {
    const [begin, end] = slice[axis]!;
    return end - begin === view.dims[axis]!.size ? [] : [{ i, begin, end }];
  });
  const sliced =
    cut.length === 0
      ? name
      : emitter.node('Slice', [
          name,
          emitter.ints(cut.map(({ begin }) => begin)),
          emitter.ints(cut.map(({ end }) => end)),
          emitter.ints(cut.map(({ i }) => i)),
        ]);
  return fromBaseOrder(view, sliced, { order, shape });
}

/** Order reversed along axes. */
export const flip: Rule<'flip'> = (emitter, { params, outputs }, [view]) => {
  const { name, order } = inBaseOrder(emitter, view!);
  const axes = order.flatMap((axis, i) => (params.axis.includes(axis) ? [i] : []));
  if (axes.length === 0) return [view!];
  const all = (value: number): ValueName => emitter.ints(axes.map(() => value));
  // From the last element down to before the first.
  const flipped = emitter.node('Slice', [
    name,
    all(-1),
    emitter.constant(
      [axes.length],
      BigInt64Array.from(axes, () => BEFORE_FIRST),
    ),
    emitter.ints(axes),
    all(-1),
  ]);
  return [fromBaseOrder(view!, flipped, { order, shape: outputs[0]!.shape })];
};

const BEFORE_FIRST = -0x7fffffffffffffffn;

/** Zeros before and after. */
export const pad: Rule<'pad'> = (emitter, { params }, [view]) => [
  padView(emitter, view!, params.width),
];

/** A view with zeros before and after each axis. */
export function padView(emitter: Emitter, given: View, width: readonly Pair[]): View {
  const { dtype } = given.base;
  const shape = given.dims.map(({ size }, axis) => width[axis]![0] + size + width[axis]![1]);
  if (shape.includes(0)) return emptyView(emitter, shape, dtype);
  if (shapeOf(given).includes(0)) return spread(literalView(emitter, 0, dtype), shape);
  // A broadcast axis that is padded has to be there.
  const hidden = given.dims.some(
    ({ stride }, axis) => stride === 0 && width[axis]!.some((zeros) => zeros !== 0),
  );
  const view = hidden ? denseAllAxes(emitter.dense(given), shapeOf(given), given) : given;
  const order = hidden ? view.dims.map((_, axis) => axis) : storedAxes(view);
  const name = hidden
    ? view.base.name
    : emitter.arrange(
        view,
        order.map((axis) => [axis]),
      );
  const before = order.map((axis) => width[axis]![0]);
  const after = order.map((axis) => width[axis]![1]);
  if ([...before, ...after].every((zeros) => zeros === 0)) return given;
  const padded = (input: ValueName): ValueName =>
    emitter.node('Pad', [input, emitter.ints([...before, ...after])]);
  // ONNX Runtime pads no booleans.
  const result =
    dtype === 'bool'
      ? toBool(emitter, padded(emitter.node('Cast', [name], { attributes: { to: UINT8 } })))
      : padded(name);
  const dims = order.map((axis) => shape[axis]!);
  return { base: { name: result, dims, dtype }, dims: stridesFor(shape, order) };
}

const UINT8 = 2;
const BOOL = 9;

function toBool(emitter: Emitter, name: ValueName): ValueName {
  return emitter.node('Cast', [name], { attributes: { to: BOOL } });
}

function denseAllAxes(name: ValueName, shape: readonly number[], { base }: View): View {
  return denseView(name, shape, base.dtype);
}

/** An array without elements. */
export function emptyView(emitter: Emitter, shape: readonly number[], dtype: DType): View {
  const name = emitter.constant(shape, constantData([], dtype), STORAGE[dtype]);
  return denseView(name, shape, dtype);
}

/** One number everywhere. */
export function spread({ base }: View, shape: readonly number[]): View {
  return { base, dims: shape.map((size) => ({ size, stride: 0 })) };
}

/** Arrays one after the other along an axis, in the layout of the largest where it has that axis. */
export const concatenate: Rule<'concatenate'> = (emitter, { params, outputs }, operands) => {
  const { dtype } = outputs[0]!;
  const views = operands.map((view) => castView(emitter, view, dtype));
  return [concatenateViews(emitter, views, params.axis)];
};

/** Views of one type, one after the other along an axis. */
export function concatenateViews(emitter: Emitter, given: readonly View[], axis: number): View {
  const { dtype } = given[0]!.base;
  const total = given.reduce((sum, { dims }) => sum + dims[axis]!.size, 0);
  const shape = shapeOf(given[0]!).with(axis, total);
  if (shape.includes(0)) return emptyView(emitter, shape, dtype);
  const views = given.filter((view) => !shapeOf(view).includes(0));
  const [first] = views;
  // Axes that every operand broadcasts stay broadcast, except the one that is joined.
  const kept = shape
    .map((_, other) => other)
    .filter((other) => other === axis || views.some((view) => view.dims[other]!.stride > 0));
  const lead = views.reduce(
    (a, b) => (storedAxes(b).length > storedAxes(a).length ? b : a),
    first!,
  );
  // An axis that nobody stores yet comes first: then each operand is copied as one block.
  const order = [
    ...kept.filter((other) => lead.dims[other]!.stride === 0),
    ...storedAxes(lead),
  ].filter((other) => kept.includes(other));
  const names = views.map((view) => {
    const partial: View = {
      base: view.base,
      // Axes that nobody stores are left out.
      dims: view.dims.map(
        (dim, other): Dim => (kept.includes(other) ? dim : { size: 1, stride: 0 }),
      ),
    };
    return emitter.arrange(
      partial,
      order.map((stored) => [stored]),
      { expand: true },
    );
  });
  const name =
    names.length === 1
      ? names[0]!
      : emitter.node('Concat', names, { attributes: { axis: order.indexOf(axis) } });
  const dims = order.map((stored) => shape[stored]!);
  return { base: { name, dims, dtype }, dims: stridesFor(shape, order) };
}

/** Parts along an axis. */
export const split: Rule<'split'> = (emitter, { params, outputs }, [view]) => {
  const { axis, sizes } = params;
  if (view!.dims[axis]!.stride === 0) {
    return sizes.map((size) => ({
      base: view!.base,
      dims: view!.dims.map((dim, i) => (i === axis ? { size, stride: 0 } : dim)),
    }));
  }
  const { name, order } = inBaseOrder(emitter, view!);
  const parts = emitter.nodes('Split', [name, emitter.ints(sizes)], {
    attributes: { axis: order.indexOf(axis) },
    outputs: sizes.length,
  });
  return parts.map((part, i) => fromBaseOrder(view!, part, { order, shape: outputs[i]!.shape }));
};
