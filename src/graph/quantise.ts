/**
 * Weights of a model as 8-bit integers: a quarter of the file, activations as before.
 * @module
 */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { RingtrueError } from '../core/errors.ts';
import { bytesFromElements, DATA_TYPES, elementsFromBytes } from './elements.ts';

/** A model with quantised weights. */
export interface Quantised {
  readonly model: Uint8Array;
  /** Weights that became integers, with the largest error of an element relative to the largest in its channel. */
  readonly weights: readonly {
    readonly name: string;
    readonly elements: number;
    readonly error: number;
  }[];
}

/** Weights with fewer elements stay as they are: they take little room. */
const FEWEST_ELEMENTS = 256;

/** Axis of output channels of a weight by the operator that takes it as second input. */
const CHANNEL_AXIS: Readonly<Record<string, (rank: number) => number>> = {
  Conv: () => 0,
  FusedConv: () => 0,
  ConvTranspose: () => 1,
  MatMul: (rank) => rank - 1,
  FusedMatMul: (rank) => rank - 1,
  Gemm: (rank) => rank - 1,
};

/**
 * Rounds constant weights of convolutions and matrix products to integers of −127 … 127 with one scale an
 * output channel (symmetric, per channel: Jacob et al. 2018, arXiv 1712.05877, §2.1), and lets
 * DequantizeLinear give them back to the graph.
 * @param bytes an .onnx file with float32 weights as initialisers
 * @throws RingtrueError `models/bad-file`
 */
export function quantiseWeights(bytes: Uint8Array): Quantised {
  const model = readProto(bytes);
  const { graph } = model;
  if (graph === undefined) throw new RingtrueError('models/bad-file', 'it holds no graph');
  const weights: { name: string; elements: number; error: number }[] = [];
  const used = new Map<string, number>();
  for (const { opType, input } of graph.node) {
    const axis = CHANNEL_AXIS[opType];
    for (const [i, name] of input.entries()) {
      const tensor = graph.initializer.find((other) => other.name === name);
      if (tensor === undefined) continue;
      const rank = tensor.dims.length;
      const channel = i === 1 && axis !== undefined && rank >= 2 ? axis(rank) : -1;
      // A constant that is used in several ways is left alone.
      used.set(name, used.has(name) && used.get(name) !== channel ? -1 : channel);
    }
  }
  for (const tensor of [...graph.initializer]) {
    const axis = used.get(tensor.name) ?? -1;
    const dims = tensor.dims.map(Number);
    const elements = dims.reduce((product, dim) => product * dim, 1);
    if (axis < 0 || tensor.dataType !== DATA_TYPES.float32 || elements < FEWEST_ELEMENTS) continue;
    const values = elementsFromBytes('float32', tensor.rawData ?? new Uint8Array(0));
    const { data, scales, error } = quantise(Float32Array.from(values, Number), { dims, axis });
    const { name } = tensor;
    const integers = constant(`${name}_int8`, { dims, type: 'int8', data });
    const scale = constant(`${name}_scale`, {
      dims: [scales.length],
      type: 'float32',
      data: scales,
    });
    const others = graph.initializer.filter((other) => other !== tensor);
    graph.initializer = [...others, integers, scale];
    graph.node.unshift(
      create(NodeProtoSchema, {
        name: `${name}_dequantised`,
        opType: 'DequantizeLinear',
        input: [`${name}_int8`, `${name}_scale`],
        output: [name],
        attribute: [
          create(AttributeProtoSchema, {
            name: 'axis',
            type: AttributeProto_AttributeType.INT,
            i: BigInt(axis),
          }),
        ],
      }),
    );
    weights.push({ name, elements, error });
  }
  return { model: toBinary(ModelProtoSchema, model), weights };
}

function readProto(bytes: Uint8Array) {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `not an ONNX file: ${String(error)}`, {
      cause: error,
    });
  }
}

function constant(
  name: string,
  tensor: {
    readonly dims: readonly number[];
    readonly type: 'int8' | 'float32';
    readonly data: Int8Array | Float32Array;
  },
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: tensor.dims.map(BigInt),
    dataType: DATA_TYPES[tensor.type],
    rawData: bytesFromElements(tensor.data),
  });
}

function quantise(
  values: Float32Array,
  { dims, axis }: { readonly dims: readonly number[]; readonly axis: number },
): { data: Int8Array; scales: Float32Array; error: number } {
  const channels = dims[axis]!;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const largest = new Float32Array(channels);
  for (const [i, value] of values.entries())
    largest[channelOf(i)] = Math.max(largest[channelOf(i)]!, Math.abs(value));
  // A channel of zeros has any scale.
  const scales = largest.map((value) => (value === 0 ? 1 : value / 127));
  const data = Int8Array.from(values, (value, i) => Math.round(value / scales[channelOf(i)]!));
  let error = 0;
  for (const [i, value] of values.entries()) {
    const channel = channelOf(i);
    if (largest[channel] === 0) continue;
    error = Math.max(error, Math.abs(value - data[i]! * scales[channel]!) / largest[channel]!);
  }
  return { data, scales, error };
}
