/**
 * Convolutions that ONNX Runtime has no operator for, other types than float32 above all: windows, then
 * sums of products.
 * @module
 */

import type { DType } from '../../arrays.ts';
import type { ConvParams, Pair } from '../../program.ts';
import type { Emitter } from '../emitter.ts';
import { shapeOf, transposeView, type View } from '../view.ts';
import { dotViews } from './dot.ts';
import { padView, shrinkView } from './shape.ts';
import { windowsOf } from './windows.ts';

/** lhs `[vmap…, N, C, …]` and rhs `[vmap…, O, C, …]` to `[vmap…, N, O, …]`, exactly for integers. */
export function convByWindows(
  emitter: Emitter,
  [lhs, rhs]: readonly [View, View],
  {
    params,
    shape,
    dtype,
  }: { readonly params: ConvParams; readonly shape: readonly number[]; readonly dtype: DType },
): View {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = params;
  const first = vmapDims + 2;
  const kernel = shapeOf(rhs).slice(first);
  let windows = lhs;
  for (const i of [...kernel.keys()].reverse()) {
    const axis = first + i;
    windows = dilate(emitter, windows, axis, lhsDilation[i]!);
    windows = padAxis(emitter, windows, axis, padding[i]!);
    windows = windowsOf(emitter, windows, axis, {
      window: kernel[i]!,
      stride: strides[i]!,
      dilation: rhsDilation[i]!,
    });
  }
  // [vmap…, N, 1, places…, C·kernel] · [vmap…, 1, O, 1…, C·kernel].
  const groups = Array.from({ length: vmapDims }, (_, axis) => axis);
  const [batch, channel] = [vmapDims, vmapDims + 1];
  const places = kernel.map((_, i) => first + 2 * i);
  const taps = kernel.map((_, i) => first + 2 * i + 1);
  const left = transposeView(windows, [...groups, batch, ...places, channel, ...taps]);
  const sizes = shapeOf(left);
  const inner = sizes.slice(first - 1 + kernel.length).reduce((a, b) => a * b, 1);
  const group = sizes.slice(0, vmapDims);
  const [examples, outer] = shape.slice(vmapDims) as [number, number];
  const spatial = shape.slice(first);
  return dotViews(
    emitter,
    [
      emitter.reshape(left, [...group, examples, 1, ...spatial, inner]),
      emitter.reshape(rhs, [...group, 1, outer, ...spatial.map(() => 1), inner]),
    ],
    { shape, dtype },
  );
}

/** Zeros between the elements of an axis. */
function dilate(emitter: Emitter, view: View, axis: number, factor: number): View {
  const shape = shapeOf(view);
  const size = shape[axis]!;
  if (factor === 1 || size <= 1) return view;
  const apart = emitter.reshape(view, shape.toSpliced(axis, 1, size, 1));
  const padded = padAxis(emitter, apart, axis + 1, [0, factor - 1]);
  const joined = emitter.reshape(padded, shape.with(axis, size * factor));
  return padAxis(emitter, joined, axis, [0, 1 - factor]);
}

/** Zeros before and after an axis; a negative number cuts. */
function padAxis(emitter: Emitter, view: View, axis: number, [begin, end]: Pair): View {
  const shape = shapeOf(view);
  const kept = shape
    .map((size): Pair => [0, size])
    .with(axis, [Math.max(0, -begin), shape[axis]! + Math.min(0, end)]);
  const cut = begin < 0 || end < 0 ? shrinkView(emitter, view, kept) : view;
  const zeros = shape.map((): Pair => [0, 0]).with(axis, [Math.max(0, begin), Math.max(0, end)]);
  return padView(emitter, cut, zeros);
}
