/**
 * Convolutions and their gradients.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { type DType, sizeOf } from '../../arrays.ts';
import type { Pair } from '../../program.ts';
import { type Emitter, stridesFor } from '../emitter.ts';
import type { Rule } from '../rule.ts';
import { shapeOf, type View } from '../view.ts';
import { convByWindows } from './conv-by-windows.ts';
import { castView } from './elementwise.ts';

/** An operand as `[N, vmap·C, spatial…]`: groups lie in the channels. */
function channelsFirst(emitter: Emitter, view: View, vmapDims: number): ValueName {
  const axes = view.dims.map((_, axis) => axis);
  const groups = axes.slice(0, vmapDims);
  const [batch, channel, ...spatial] = axes.slice(vmapDims);
  return emitter.arrange(
    view,
    [[batch!], [...groups, channel!], ...spatial.map((axis) => [axis])],
    {
      expand: true,
    },
  );
}

/** Weights as `[vmap·O, C, kernel…]`, or `[vmap·C, O, kernel…]` of a transposed convolution. */
function weights(emitter: Emitter, view: View, vmapDims: number): ValueName {
  const axes = view.dims.map((_, axis) => axis);
  const [outer, inner, ...kernel] = axes.slice(vmapDims);
  return emitter.arrange(
    view,
    [[...axes.slice(0, vmapDims), outer!], [inner!], ...kernel.map((axis) => [axis])],
    { expand: true },
  );
}

/** A result `[N, vmap·O, spatial…]` as `[vmap…, N, O, spatial…]`. */
function fromChannelsFirst(
  name: ValueName,
  { shape, vmapDims, dtype }: { shape: readonly number[]; vmapDims: number; dtype: DType },
): View {
  const groups = shape.slice(0, vmapDims);
  const [batch, channel, ...spatial] = shape.slice(vmapDims);
  const dims = [batch!, sizeOf(groups) * channel!, ...spatial];
  const axes = shape.map((_, axis) => axis);
  const order = [vmapDims, ...axes.slice(0, vmapDims), ...axes.slice(vmapDims + 1)];
  return { base: { name, dims, dtype }, dims: stridesFor(shape, order) };
}

/** Cuts and pads the spatial axes of a dense `[N, C, spatial…]`; both may be 0. */
function padSpatial(emitter: Emitter, name: ValueName, width: readonly Pair[]): ValueName {
  let result = name;
  const cut = width.flatMap(([begin, end], i) => (begin < 0 || end < 0 ? [{ i, begin, end }] : []));
  if (cut.length > 0) {
    result = emitter.node('Slice', [
      result,
      emitter.ints(cut.map(({ begin }) => Math.max(0, -begin))),
      emitter.ints(cut.map(({ end }) => (end < 0 ? end : Number.MAX_SAFE_INTEGER))),
      emitter.ints(cut.map(({ i }) => i + 2)),
    ]);
  }
  if (width.some(([begin, end]) => begin > 0 || end > 0)) {
    const before = width.map(([begin]) => Math.max(0, begin));
    const after = width.map(([, end]) => Math.max(0, end));
    result = emitter.node('Pad', [result, emitter.ints([0, 0, ...before, 0, 0, ...after])]);
  }
  return result;
}

/** Splits padding into what Conv takes itself and what has to be cut before. */
function convPads(padding: readonly Pair[]): { cut: Pair[]; pads: number[] } {
  return {
    cut: padding.map(([begin, end]): Pair => [Math.min(0, begin), Math.min(0, end)]),
    pads: [
      ...padding.map(([begin]) => Math.max(0, begin)),
      ...padding.map(([, end]) => Math.max(0, end)),
    ],
  };
}

const all = (values: readonly number[], value: number): boolean =>
  values.every((other) => other === value);

/** A convolution; its input is dilated by zeros where `lhsDilation` asks for it. */
export const conv: Rule<'conv'> = (emitter, { params, outputs }, operands) => {
  const { vmapDims, strides, padding, lhsDilation, rhsDilation } = params;
  const { shape, dtype } = outputs[0]!;
  const [lhs, rhs] = operands.map((view) => castView(emitter, view, dtype)) as [View, View];
  const groups = sizeOf(shape.slice(0, vmapDims));
  // ONNX Runtime convolves float32 only, and only along axes.
  if (dtype !== 'float32' || shape.length === vmapDims + 2 || isEmpty([lhs, rhs], shape))
    return [convByWindows(emitter, [lhs, rhs], { params, shape, dtype })];
  let input = channelsFirst(emitter, lhs, vmapDims);
  if (!all(lhsDilation, 1)) {
    const dims = shapeOf(lhs).slice(vmapDims);
    input = dilate(emitter, input, [dims[0]!, groups * dims[1]!, ...dims.slice(2)], lhsDilation);
  }
  const { cut, pads } = convPads(padding);
  input = padSpatial(emitter, input, cut);
  const name = emitter.node('Conv', [input, weights(emitter, rhs, vmapDims)], {
    attributes: { pads, strides, dilations: rhsDilation, group: groups },
  });
  return [fromChannelsFirst(name, { shape, vmapDims, dtype })];
};

/** A convolution with a bias: from the columns of its windows where those are needed anyway. */
export const convBias: Rule<'conv_bias'> = (emitter, { params, outputs }, operands) => {
  const { strides, padding, rhsDilation, columns } = params;
  const { shape, dtype } = outputs[0]!;
  const [lhs, rhs, bias] = operands as [View, View, View];
  const input = channelsFirst(emitter, lhs, 0);
  const kernels = weights(emitter, rhs, 0);
  if (!columns) {
    const { cut, pads } = convPads(padding);
    const padded = padSpatial(emitter, input, cut);
    const name = emitter.node('Conv', [padded, kernels, emitter.dense(bias)], {
      attributes: { pads, strides, dilations: rhsDilation, group: 1 },
    });
    return [fromChannelsFirst(name, { shape, vmapDims: 0, dtype })];
  }
  const [, channels] = shapeOf(lhs);
  const kernel = shapeOf(rhs).slice(2);
  const [batch, outer, ...places] = shape as [number, number, ...number[]];
  const rows = channels! * sizeOf(kernel);
  const windows = windowColumns(emitter, input, {
    channels: channels!,
    kernel,
    padding,
    strides,
    dilation: rhsDilation,
  });
  const product = emitter.node('MatMul', [
    emitter.node('Reshape', [kernels, emitter.ints([outer, rows])]),
    emitter.node('Reshape', [windows, emitter.ints([batch, rows, sizeOf(places)])]),
  ]);
  const added = emitter.node('Add', [product, emitter.arrange(bias, [[0], []])]);
  const dims = [batch, outer, sizeOf(places)];
  const order = shape.map((_, axis) => axis);
  return [{ base: { name: added, dims, dtype }, dims: stridesFor(shape, order) }];
};

function isEmpty(operands: readonly View[], shape: readonly number[]): boolean {
  return shape.includes(0) || operands.some((view) => shapeOf(view).includes(0));
}

/** Zeros between the elements of the spatial axes: each axis is split, padded, joined and cut. */
function dilate(
  emitter: Emitter,
  name: ValueName,
  dims: readonly number[],
  dilation: readonly number[],
): ValueName {
  const [batch, channels, ...spatial] = dims;
  const split = spatial.flatMap((size) => [size, 1]);
  const joined = spatial.map((size, i) => size * dilation[i]!);
  const after = dilation.flatMap((factor) => [0, factor - 1]);
  const apart = emitter.node('Reshape', [name, emitter.ints([batch!, channels!, ...split])]);
  const zeros = new Array<number>(split.length + 2).fill(0);
  const padded = emitter.node('Pad', [apart, emitter.ints([...zeros, 0, 0, ...after])]);
  const wide = emitter.node('Reshape', [padded, emitter.ints([batch!, channels!, ...joined])]);
  return padSpatial(
    emitter,
    wide,
    dilation.map((factor): Pair => [0, 1 - factor]),
  );
}

/** A transposed convolution: the gradient of a strided convolution's input, with its own weights. */
export const convTranspose: Rule<'conv_transpose'> = (emitter, { params, outputs }, operands) => {
  const { vmapDims, strides, dilation, crop } = params;
  const { shape, dtype } = outputs[0]!;
  const [lhs, rhs] = operands as [View, View];
  // A negative end that is shorter than a stride is ONNX's output padding.
  const outputPadding = crop.map(([, end], i) => (end < 0 && -end < strides[i]! ? -end : 0));
  const pads = [
    ...crop.map(([begin]) => Math.max(0, begin)),
    ...crop.map(([, end]) => Math.max(0, end)),
  ];
  const name = emitter.node(
    'ConvTranspose',
    [channelsFirst(emitter, lhs, vmapDims), weights(emitter, rhs, vmapDims)],
    {
      attributes: {
        strides,
        dilations: dilation,
        pads,
        output_padding: outputPadding,
        group: sizeOf(shape.slice(0, vmapDims)),
      },
    },
  );
  const rest = crop.map(
    ([begin, end], i): Pair => [Math.max(0, -begin), Math.max(0, -end) - outputPadding[i]!],
  );
  return [fromChannelsFirst(padSpatial(emitter, name, rest), { shape, vmapDims, dtype })];
};

/**
 * Gradient of the weights: the windows of the input as columns, then one matrix product per example,
 * summed over examples. The columns come from a grouped convolution with one-hot kernels, which is twice
 * as fast as slices.
 */
export const convWeightGradient: Rule<'conv_weight_gradient'> = (
  emitter,
  { params, outputs },
  operands,
) => {
  const { vmapDims, kernel, padding, strides, dilation } = params;
  const { shape, dtype } = outputs[0]!;
  const [x, cotangent] = operands as [View, View];
  const groupDims = shape.slice(0, vmapDims);
  const groups = sizeOf(groupDims);
  const [inputs, channels] = shape.slice(vmapDims) as [number, number];
  const ctShape = shapeOf(cotangent).slice(vmapDims);
  const batch = ctShape[0]!;
  const places = sizeOf(ctShape.slice(2));
  const taps = sizeOf(kernel);
  const columnSize = groups * inputs * taps * places;
  const parts = Math.min(batch, Math.ceil((batch * columnSize) / LARGEST_COLUMNS));
  const sizes = Array.from(
    { length: parts },
    (_, i) => Math.floor(((i + 1) * batch) / parts) - Math.floor((i * batch) / parts),
  );
  const slices = (view: View): ValueName[] => {
    const name = channelsFirst(emitter, view, vmapDims);
    if (parts === 1) return [name];
    return emitter.nodes('Split', [name, emitter.ints(sizes)], {
      attributes: { axis: 0 },
      outputs: parts,
    });
  };
  const images = slices(x);
  const cotangents = slices(cotangent);
  const sums = sizes.map((size, i) => {
    const shaped = (name: ValueName, rows: number): ValueName =>
      emitter.node('Reshape', [
        name,
        emitter.ints(groups === 1 ? [size, rows, places] : [size, groups, rows, places]),
      ]);
    const columns = windowColumns(emitter, images[i]!, {
      channels: groups * inputs,
      kernel,
      padding,
      strides,
      dilation,
    });
    const products = emitter.node(
      'FusedMatMul',
      [shaped(cotangents[i]!, channels), shaped(columns, inputs * taps)],
      { domain: 'com.microsoft', attributes: { transA: 0, transB: 1 } },
    );
    // [vmap…, O, C·kernel], read as [vmap…, C, O, kernel…].
    return emitter.node('ReduceSum', [products, emitter.ints([0])], {
      attributes: { keepdims: 0 },
    });
  });
  const name = sums.reduce((sum, part) => emitter.node('Add', [sum, part]));
  const axes = shape.map((_, axis) => axis);
  const order = [...axes.slice(0, vmapDims), vmapDims + 1, vmapDims, ...axes.slice(vmapDims + 2)];
  const dims = [...(groups === 1 ? [] : [groups]), channels, inputs * taps];
  return [{ base: { name, dims, dtype }, dims: stridesFor(shape, order) }];
};

/** Columns repeat each element once a tap: more of them than this are made for some examples at a time. */
const LARGEST_COLUMNS = 2 ** 23;

interface Windows {
  readonly channels: number;
  readonly kernel: readonly number[];
  readonly padding: readonly Pair[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
}

/** `[N, C, spatial…]` to `[N, C·taps, places…]`. */
function windowColumns(
  emitter: Emitter,
  input: ValueName,
  { channels, kernel, padding, strides, dilation }: Windows,
): ValueName {
  const taps = sizeOf(kernel);
  const { cut, pads } = convPads(padding);
  const name = padSpatial(emitter, input, cut);
  if (taps === 1 && all(strides, 1) && all(pads, 0)) return name;
  const oneHot = new Float32Array(channels * taps * taps);
  for (let channel = 0; channel < channels; channel += 1)
    for (let tap = 0; tap < taps; tap += 1) oneHot[(channel * taps + tap) * taps + tap] = 1;
  const kernels = emitter.constant([channels * taps, 1, ...kernel], oneHot);
  return emitter.node('Conv', [name, kernels], {
    attributes: { pads, strides, dilations: dilation, group: channels },
  });
}
