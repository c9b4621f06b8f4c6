/**
 * Sums, products and extremes over axes, in the layout of the operand.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { type DType, sizeOf } from '../../arrays.ts';
import type { Pair } from '../../program.ts';
import { type Emitter, elementwise, type Runs, runsOfShape, stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { adjoin, shapeOf, storedAxes, type View } from '../view.ts';
import { castView, literalView } from './elementwise.ts';
import { concatenateViews, shrinkView } from './shape.ts';

const OPERATORS = {
  Add: 'ReduceSum',
  Mul: 'ReduceProd',
  Min: 'ReduceMin',
  Max: 'ReduceMax',
} as const;

type Operation = keyof typeof OPERATORS;

/** Value of a reduction over nothing. */
const NEUTRAL: Readonly<Record<Operation, (dtype: DType) => number>> = {
  Add: () => 0,
  Mul: () => 1,
  Min: (dtype) =>
    dtype.startsWith('float')
      ? Number.POSITIVE_INFINITY
      : dtype === 'uint32'
        ? 0xffffffff
        : dtype === 'bool'
          ? 1
          : 0x7fffffff,
  Max: (dtype) =>
    dtype.startsWith('float')
      ? Number.NEGATIVE_INFINITY
      : dtype === 'uint32' || dtype === 'bool'
        ? 0
        : -0x80000000,
};

/** Reduction over axes, which disappear. */
export const reduce: Rule<'reduce'> = (emitter, { params, outputs }, [view]) => {
  const { op, axis } = params;
  const { shape, dtype } = outputs[0]!;
  if (axis.length === 0) return [view!];
  if (shapeOf(view!).includes(0)) {
    const name = emitter.scalar(NEUTRAL[op](dtype), dtype);
    const neutral: View = {
      base: { name, dims: [], dtype },
      dims: shape.map((size) => ({ size, stride: 0 })),
    };
    return [neutral];
  }
  if (dtype === 'bool') {
    const counted = reduceView(emitter, castView(emitter, view!, 'int32'), {
      op: op === 'Add' ? 'Max' : op,
      axis,
    });
    return [castView(emitter, counted, 'bool')];
  }
  if (dtype === 'uint32' && (op === 'Min' || op === 'Max')) {
    const flipped = flipSigns(emitter, view!);
    return [flipSigns(emitter, reduceView(emitter, flipped, { op, axis }))];
  }
  return [reduceView(emitter, view!, { op, axis })];
};

/**
 * Sums and products of integers axis by axis, halves joined until one element is left: ONNX Runtime's own
 * round, and do not wrap around.
 */
function foldIntegers(
  emitter: Emitter,
  view: View,
  { op, axis: axes }: { readonly op: 'Add' | 'Mul'; readonly axis: readonly number[] },
): View {
  const { dtype } = view.base;
  let result = view;
  for (const axis of axes) {
    while (result.dims[axis]!.stride > 0) {
      const shape = shapeOf(result);
      const size = shape[axis]!;
      const half = Math.floor(size / 2);
      const whole = result;
      const part = (begin: number, end: number): View => {
        const slice = shape.map((length): Pair => [0, length]).with(axis, [begin, end]);
        return shrinkView(emitter, whole, slice);
      };
      const joined = elementwise(
        emitter,
        [part(0, half), part(half, 2 * half)],
        { shape: shape.with(axis, half), dtype },
        (names) => emitter.node(op, names),
      );
      result =
        size % 2 === 0 ? joined : concatenateViews(emitter, [joined, part(size - 1, size)], axis);
    }
  }
  return { base: result.base, dims: result.dims.filter((_, axis) => !axes.includes(axis)) };
}

/** Unsigned order of bits is the signed order with the sign bit flipped. */
function flipSigns(emitter: Emitter, view: View): View {
  const name = emitter.node('BitwiseXor', [view.base.name, emitter.scalar(-0x80000000, 'uint32')]);
  return { base: { ...view.base, name }, dims: view.dims };
}

/** A reduction over axes of a view that is not empty. */
export function reduceView(
  emitter: Emitter,
  view: View,
  { op, axis }: { readonly op: Operation; readonly axis: readonly number[] },
): View {
  const gone = new Set(axis);
  const { dtype } = view.base;
  const repeated = sizeOf(axis.map((a) => (view.dims[a]!.stride === 0 ? view.dims[a]!.size : 1)));
  const reduced =
    (op === 'Add' || op === 'Mul') && !dtype.startsWith('float')
      ? foldIntegers(emitter, view, { op, axis })
      : reduceStored(emitter, view, { op, gone });
  if (repeated === 1 || op === 'Min' || op === 'Max') return reduced;
  const shape = shapeOf(reduced);
  if (op === 'Mul') {
    return elementwise(emitter, [reduced], { shape, dtype }, ([name]) =>
      power(emitter, name!, repeated),
    );
  }
  const factor = literalView(emitter, repeated, dtype);
  return elementwise(emitter, [reduced, factor], { shape, dtype }, (names) =>
    emitter.node('Mul', names),
  );
}

/** A product of equal factors by squaring: exact for integers that wrap around. */
function power(emitter: Emitter, name: ValueName, exponent: number): ValueName {
  if (exponent === 1) return name;
  const half = power(emitter, name, Math.floor(exponent / 2));
  const square = emitter.node('Mul', [half, half]);
  return exponent % 2 === 0 ? square : emitter.node('Mul', [square, name]);
}

function reduceStored(
  emitter: Emitter,
  view: View,
  { op, gone }: { readonly op: Operation; readonly gone: ReadonlySet<number> },
): View {
  const order = storedAxes(view);
  const keptAxes = view.dims.flatMap((_, axis) => (gone.has(axis) ? [] : [axis]));
  const shape = keptAxes.map((axis) => view.dims[axis]!.size);
  const keptOrder = order.filter((axis) => !gone.has(axis)).map((axis) => keptAxes.indexOf(axis));
  if (keptOrder.length === order.length)
    return { base: view.base, dims: keptAxes.map((axis) => view.dims[axis]!) };
  const { dtype } = view.base;
  const isPure = (run: readonly number[]): boolean =>
    run.every((axis) => gone.has(axis) === gone.has(run[0]!));
  const own = runsOfShape(order, view);
  const runs: Runs = own?.every(isPure) ? own : neighbours(view, order, gone);
  const name = emitter.arrange(view, runs);
  const isGone = (run: readonly number[]): boolean => run.length > 0 && gone.has(run[0]!);
  const axes = runs.flatMap((run, i) => (isGone(run) ? [i] : []));
  const dims = runs
    .filter((run) => !isGone(run))
    .map((run) => sizeOf(run.map((axis) => view.dims[axis]!.size)));
  const result = reduceDense(emitter, name, { op, axes });
  return { base: { name: result, dims, dtype }, dims: stridesFor(shape, keptOrder) };
}

/** Stored axes grouped where neighbours are both kept or both reduced. */
function neighbours(view: View, order: readonly number[], gone: ReadonlySet<number>): number[][] {
  const runs: number[][] = [];
  for (const axis of order) {
    const last = runs.at(-1)?.at(-1);
    const joins =
      last !== undefined &&
      gone.has(last) === gone.has(axis) &&
      adjoin(view.dims[last]!, view.dims[axis]!);
    if (joins) runs.at(-1)!.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

function reduceDense(
  emitter: Emitter,
  name: ValueName,
  { op, axes }: { readonly op: Operation; readonly axes: readonly number[] },
): ValueName {
  return emitter.node(OPERATORS[op], [name, emitter.ints(axes)], { attributes: { keepdims: 0 } });
}
