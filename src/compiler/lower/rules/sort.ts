/**
 * Sorting along the last axis. ONNX's TopK prefers the lower index among equals, which makes it a stable
 * sort; NaN, for which it defines nothing, is replaced by a key above infinity.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import type { DType } from '../../arrays.ts';
import { type Emitter, STORAGE, stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { storedAxes, type View } from '../view.ts';
import { cast } from './elementwise.ts';
import { emptyView } from './shape.ts';

/** Ascending, NaN last. */
export const sort: Rule<'sort'> = (emitter, { outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0)) return [emptyView(emitter, shape, dtype)];
  return [sorted(emitter, view!).values];
};

/** Sorted values and the indices that sort, stable, NaN last. */
export const argsort: Rule<'argsort'> = (emitter, { outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0)) {
    return [emptyView(emitter, shape, dtype), emptyView(emitter, shape, 'int32')];
  }
  const { values, indices } = sorted(emitter, view!);
  return [values, indices];
};

function sorted(emitter: Emitter, view: View): { values: View; indices: View } {
  const { dtype } = view.base;
  const shape = view.dims.map(({ size }) => size);
  const last = shape.length - 1;
  const order = [...storedAxes(view).filter((axis) => axis !== last), last];
  const name = emitter.arrange(
    view,
    order.map((axis) => [axis]),
    { expand: true },
  );
  const axis = order.length - 1;
  const along = (values: ValueName, indices: ValueName): ValueName =>
    emitter.node('GatherElements', [values, indices], { attributes: { axis } });
  const rank = (keys: ValueName): ValueName =>
    emitter.nodes('TopK', [keys, emitter.ints([shape[last]!])], {
      attributes: { axis, largest: 0, sorted: 1 },
      outputs: 2,
    })[1]!;
  let indices: ValueName;
  if (dtype === 'float64') {
    // No wider type: NaN counts as infinity first, then a second stable sort puts it last.
    const nan = emitter.node('IsNaN', [name]);
    const infinity = emitter.scalar(Number.POSITIVE_INFINITY, dtype);
    const first = rank(emitter.node('Where', [nan, infinity, name]));
    const second = rank(along(cast(emitter, nan, 'int32'), first));
    indices = along(first, second);
  } else {
    indices = rank(keysOf(emitter, name, dtype));
  }
  const dims = order.map((a) => shape[a]!);
  const values = along(name, indices);
  const strides = stridesFor(shape, order);
  return {
    values: { base: { name: values, dims, dtype }, dims: strides },
    indices: {
      base: { name: cast(emitter, indices, STORAGE.int32), dims, dtype: 'int32' },
      dims: strides,
    },
  };
}

/** Numbers in the order of the elements, of a type that TopK takes. */
function keysOf(emitter: Emitter, name: ValueName, dtype: DType): ValueName {
  if (dtype === 'bool') return cast(emitter, name, 'int32');
  if (dtype === 'int32') return name;
  if (dtype === 'uint32')
    return emitter.node('BitwiseXor', [name, emitter.scalar(-0x80000000, 'uint32')]);
  // In double precision there is room for NaN above infinity, once infinity is a large number.
  const wide = cast(emitter, name, 'float64');
  const infinity = emitter.scalar(Number.POSITIVE_INFINITY, 'float64');
  const finite = emitter.node('Where', [
    emitter.node('Equal', [wide, infinity]),
    emitter.scalar(Number.MAX_VALUE, 'float64'),
    wide,
  ]);
  return emitter.node('Where', [emitter.node('IsNaN', [wide]), infinity, finite]);
}
