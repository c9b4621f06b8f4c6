/**
 * Maxima over windows of the trailing axes, and their gradients.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { sizeOf } from '../../arrays.ts';
import type { Emitter } from '../emitter.ts';
import { denseView, type Rule } from '../rule.ts';
import { shapeOf, type View } from '../view.ts';
import { spread } from './shape.ts';
import { windowCount } from './windows.ts';

/** A view as `[N, C, spatial…]`: leading axes are joined, missing ones added. */
function asImages(
  emitter: Emitter,
  view: View,
  spatial: number,
): { name: ValueName; dims: number[] } {
  const shape = shapeOf(view);
  const axes = shape.map((_, axis) => axis);
  const leading = axes.slice(0, axes.length - spatial);
  const runs = [
    leading.slice(0, -1),
    leading.slice(-1),
    ...axes.slice(axes.length - spatial).map((axis) => [axis]),
  ];
  return {
    name: emitter.arrange(view, runs, { expand: true }),
    dims: runs.map((run) => sizeOf(run.map((axis) => shape[axis]!))),
  };
}

interface Windows {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

/** Maxima and their places, as indices into the whole array. */
function maxima(emitter: Emitter, name: ValueName, { window, strides }: Windows): ValueName[] {
  return emitter.nodes('MaxPool', [name], {
    attributes: { kernel_shape: window, strides },
    outputs: 2,
  });
}

/** Maximum of each window. */
export const maxPool: Rule<'max_pool'> = (emitter, { params, outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  const { name } = asImages(emitter, view!, params.window.length);
  const [largest] = maxima(emitter, name, params);
  return [splitLeading(emitter, largest!, { shape, dtype, spatial: params.window.length })];
};

/** The cotangent at the first maximum of each window, 0 elsewhere. */
export const maxPoolGradient: Rule<'max_pool_gradient'> = (
  emitter,
  { params, outputs },
  [x, cotangent],
) => {
  const { shape, dtype } = outputs[0]!;
  const spatial = params.window.length;
  const images = asImages(emitter, x!, spatial);
  const [, places] = maxima(emitter, images.name, params);
  const { name } = asImages(emitter, everywhere(cotangent!, shape, params), spatial);
  const unpooled = emitter.node('MaxUnpool', [name, places!, emitter.ints(images.dims)], {
    attributes: { kernel_shape: params.window, strides: params.strides },
  });
  return [splitLeading(emitter, unpooled, { shape, dtype, spatial })];
};

/** The cotangent with an element a window, also where it is one number for all of them. */
function everywhere(cotangent: View, shape: readonly number[], { window, strides }: Windows): View {
  if (cotangent.dims.length > 0) return cotangent;
  const first = shape.length - window.length;
  const windows = window.map((size, i) =>
    windowCount(shape[first + i]!, { window: size, stride: strides[i]!, dilation: 1 }),
  );
  return spread(cotangent, [...shape.slice(0, first), ...windows]);
}

/** `[N, C, spatial…]` as the leading axes had it. */
function splitLeading(
  emitter: Emitter,
  name: ValueName,
  {
    shape,
    dtype,
    spatial,
  }: {
    readonly shape: readonly number[];
    readonly dtype: View['base']['dtype'];
    readonly spatial: number;
  },
): View {
  const leading = shape.slice(0, shape.length - spatial);
  const dims = [
    sizeOf(leading.slice(0, -1)),
    sizeOf(leading.slice(-1)),
    ...shape.slice(shape.length - spatial),
  ];
  return emitter.reshape(denseView(name, dims, dtype), shape);
}
