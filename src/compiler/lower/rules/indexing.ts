/**
 * Gather and scatter by arrays of indices.
 *
 * Several indexed axes are one axis with a flattened index. What an index out of range reads is the first
 * element of the indexed axes (jax-js: not defined); what it writes is dropped, as in jax-js.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { type DType, sizeOf } from '../../arrays.ts';
import { type Emitter, elementwise, stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { shapeOf, storedAxes, type View } from '../view.ts';
import { cast, castView, literalView } from './elementwise.ts';
import { emptyView, spread } from './shape.ts';

/** Where the axes of an indexed array lie in the array that gather makes and scatter takes. */
interface Places {
  /** Axes of the result that come from the indices. */
  readonly indexAxes: readonly number[];
  readonly indexShape: readonly number[];
  /** Axis of the result for an axis that is not indexed. */
  of(axis: number): number;
}

function placesOf(
  shape: readonly number[],
  indices: readonly View[],
  { axis, outDim }: { readonly axis: readonly number[]; readonly outDim: number },
): Places {
  const rank = Math.max(...indices.map(({ dims }) => dims.length));
  return {
    indexAxes: Array.from({ length: rank }, (_, i) => outDim + i),
    indexShape: shape.slice(outDim, outDim + rank),
    of(free) {
      const place = free - axis.filter((indexed) => indexed < free).length;
      return place < outDim ? place : place + rank;
    },
  };
}

/** One index of several: the number of the element in row-major order of the indexed axes. */
function flatIndex(
  emitter: Emitter,
  parts: readonly { readonly index: View; readonly size: number }[],
  shape: readonly number[],
): View {
  const type = { shape, dtype: 'int32' as const };
  return parts
    .map(({ index, size }) => ({ index: asInt32(index), size }))
    .reduce((outer, inner) => {
      const factor = literalView(emitter, inner.size, 'int32');
      const wide = elementwise(emitter, [outer.index, factor], type, (names) =>
        emitter.node('Mul', names),
      );
      const index = elementwise(emitter, [wide, inner.index], type, (names) =>
        emitter.node('Add', names),
      );
      return { index, size: outer.size * inner.size };
    }).index;
}

/** uint32 indices have the same bits. */
function asInt32({ base, dims }: View): View {
  return { base: { ...base, dtype: 'int32' }, dims };
}

/** 0 ≤ index < size, as one comparison of unsigned numbers. */
function isInRange(emitter: Emitter, name: ValueName, size: number): ValueName {
  return emitter.node('Less', [
    cast(emitter, name, 'uint32'),
    emitter.constant([], Uint32Array.of(size)),
  ]);
}

/** Elements or slices at indices. */
export const gather: Rule<'gather'> = (emitter, { params, outputs }, [x, ...indices]) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0)) return [emptyView(emitter, shape, dtype)];
  if (shapeOf(x!).includes(0)) return [spread(literalView(emitter, 0, dtype), shape)];
  const places = placesOf(shape, indices, params);
  const order = storedAxes(x!);
  // An axis that is not stored has the same elements at every index.
  const indexed = order.filter((axis) => params.axis.includes(axis));
  const free = order.filter((axis) => !params.axis.includes(axis));
  if (indexed.length === 0) {
    const kept = x!.dims.flatMap((dim, axis) =>
      params.axis.includes(axis) ? [] : [{ axis, dim }],
    );
    const dims = shape.map((size, axis) => {
      const from = kept.find((candidate) => places.of(candidate.axis) === axis);
      return from === undefined ? { size, stride: 0 } : from.dim;
    });
    return [{ base: x!.base, dims }];
  }
  const before = free.filter((axis) => order.indexOf(axis) < order.indexOf(indexed[0]!));
  const after = free.filter((axis) => !before.includes(axis));
  const single = (axis: number): number[] => [axis];
  const name = emitter.arrange(x!, [...before.map(single), indexed, ...after.map(single)]);
  const parts = indexed.map((axis) => ({
    index: indices[params.axis.indexOf(axis)]!,
    size: x!.dims[axis]!.size,
  }));
  const size = parts.reduce((product, part) => product * part.size, 1);
  const type = { shape: places.indexShape, dtype: 'int32' as const };
  const flat = flatIndex(emitter, parts, places.indexShape);
  const safe = elementwise(emitter, [flat], type, ([index]) =>
    emitter.node('Mul', [index!, cast(emitter, isInRange(emitter, index!, size), 'int32')]),
  );
  const indexOrder = storedAxes(safe);
  const indexName = emitter.arrange(safe, indexOrder.map(single));
  const result = emitter.node('Gather', [name, indexName], { attributes: { axis: before.length } });
  const resultOrder = [
    ...before.map(places.of),
    ...indexOrder.map((axis) => places.indexAxes[axis]!),
    ...after.map(places.of),
  ];
  const dims = resultOrder.map((axis) => shape[axis]!);
  return [{ base: { name: result, dims, dtype }, dims: stridesFor(shape, resultOrder) }];
};

/** Type in which updates are added up: ONNX Runtime adds no booleans and no half precision in place. */
const SUM_TYPES: Partial<Record<DType, DType>> = { bool: 'int32', float16: 'float32' };

/** Updates written into zeros: added where indices repeat, or the last one in row-major order. */
export const scatter: Rule<'scatter'> = (emitter, { params, outputs }, [given, ...indices]) => {
  const { shape, dtype } = outputs[0]!;
  const { axis, op, uniqueIndices } = params;
  if (shape.includes(0)) return [emptyView(emitter, shape, dtype)];
  const type = SUM_TYPES[dtype] ?? dtype;
  const updates = castView(emitter, given!, type);
  if (shapeOf(updates).includes(0)) return [spread(literalView(emitter, 0, dtype), shape)];
  const places = placesOf(shapeOf(updates), indices, params);
  const free = shape.flatMap((_, a) => (axis.includes(a) ? [] : [a]));
  const rows = sizeOf(axis.map((a) => shape[a]!));
  const width = sizeOf(free.map((a) => shape[a]!));
  const count = sizeOf(places.indexShape);
  const index = rowIndex(emitter, indices, {
    sizes: axis.map((a) => shape[a]!),
    indexShape: places.indexShape,
  });
  const source = emitter.arrange(updates, [places.indexAxes, free.map(places.of)], {
    expand: true,
  });
  const zeros = (dims: readonly number[], of: DType): ValueName =>
    emitter.node('Expand', [emitter.scalar(0, of), emitter.ints(dims)]);
  // One row more for what is dropped.
  const write = (
    target: ValueName,
    values: ValueName,
    reduction: 'none' | 'add' | 'max',
  ): ValueName =>
    emitter.node(
      'Slice',
      [
        emitter.node('ScatterND', [target, index, values], { attributes: { reduction } }),
        emitter.ints([0]),
        emitter.ints([rows]),
        emitter.ints([0]),
      ],
      {},
    );
  let name: ValueName;
  if (uniqueIndices || op === 'add') {
    const reduction = uniqueIndices ? 'none' : 'add';
    name = write(zeros([rows + 1, width], type), source, reduction);
  } else {
    // Number of the last update of each row from 1; row 0 of the sources is zeros.
    const order = emitter.constant(
      [count],
      Int32Array.from({ length: count }, (_, i) => i + 1),
    );
    const last = write(zeros([rows + 1], 'int32'), order, 'max');
    const sources = emitter.node('Concat', [zeros([1, width], type), source], {
      attributes: { axis: 0 },
    });
    name = emitter.node('Gather', [sources, last], { attributes: { axis: 0 } });
  }
  const order = [...axis, ...free];
  const view: View = {
    base: { name, dims: [rows, width], dtype: type },
    dims: stridesFor(shape, order),
  };
  return [castView(emitter, view, dtype)];
};

/** The row that each update goes to, `[updates, 1]` int64; one past the last where an index is out of range. */
function rowIndex(
  emitter: Emitter,
  indices: readonly View[],
  {
    sizes,
    indexShape,
  }: { readonly sizes: readonly number[]; readonly indexShape: readonly number[] },
): ValueName {
  const parts = indices.map((index, i) => ({ index, size: sizes[i]! }));
  const flat = flatIndex(emitter, parts, indexShape);
  const valid = parts
    .map(({ index, size }) =>
      elementwise(emitter, [asInt32(index)], { shape: shapeOf(index), dtype: 'bool' }, ([name]) =>
        isInRange(emitter, name!, size),
      ),
    )
    .reduce((a, b) =>
      elementwise(emitter, [a, b], { shape: indexShape, dtype: 'bool' }, (names) =>
        emitter.node('And', names),
      ),
    );
  const beyond = literalView(emitter, sizeOf(sizes), 'int32');
  const row = elementwise(
    emitter,
    [valid, flat, beyond],
    { shape: indexShape, dtype: 'int32' },
    (names) => emitter.node('Where', names),
  );
  const name = emitter.arrange(row, [row.dims.map((_, axis) => axis), []], { expand: true });
  return cast(emitter, name, 'int64');
}
