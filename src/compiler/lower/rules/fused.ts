/**
 * Operations that ONNX Runtime has as one operator; passes recognise them.
 * @module
 */

import { stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { storedAxes } from '../view.ts';

/** exp(x − max) / sum over one axis. */
export const softmax: Rule<'softmax'> = (emitter, { params, outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  // The axis must be stored; others may stay broadcasts.
  const stored = storedAxes(view!);
  const order = [...stored.filter((axis) => axis !== params.axis), params.axis];
  const name = emitter.arrange(
    view!,
    order.map((axis) => [axis]),
    { expand: true },
  );
  const result = emitter.node('Softmax', [name], { attributes: { axis: -1 } });
  const dims = order.map((axis) => shape[axis]!);
  return [{ base: { name: result, dims, dtype }, dims: stridesFor(shape, order) }];
};

/** Running sums along the last axis. */
export const cumulativeSum: Rule<'cumulative_sum'> = (emitter, { params, outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  const order = shape.map((_, axis) => axis);
  const name = emitter.arrange(
    view!,
    order.map((axis) => [axis]),
    { expand: true },
  );
  const sums = emitter.node('CumSum', [name, emitter.scalar(shape.length - 1, 'int32')], {
    attributes: { reverse: Number(params.reverse), exclusive: Number(params.exclusive) },
  });
  return [{ base: { name: sums, dims: shape, dtype }, dims: stridesFor(shape, order) }];
};

/** LayerNormalization without scale and shift, and its 1 / deviation. */
export const normalise: Rule<'normalise'> = (emitter, { params, outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  const axis = shape.length - 1;
  const order = [...storedAxes(view!).filter((other) => other !== axis), axis];
  const name = emitter.arrange(
    view!,
    order.map((other) => [other]),
    { expand: true },
  );
  const length = shape[axis]!;
  const one = emitter.constant([length], new Float32Array(length).fill(1));
  const [normal, , inverse] = emitter.nodes('LayerNormalization', [name, one], {
    attributes: { axis: -1, epsilon: { float: params.epsilon } },
    outputs: 3,
  });
  const dims = order.map((other) => shape[other]!);
  const outer = { order: order.slice(0, -1), shape: outputs[1]!.shape };
  return [
    { base: { name: normal!, dims, dtype }, dims: stridesFor(shape, order) },
    {
      base: { name: inverse!, dims: [...dims.slice(0, -1), 1], dtype },
      dims: stridesFor(outer.shape, outer.order),
    },
  ];
};
