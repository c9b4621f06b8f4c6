/**
 * A small builder of ONNX models: opset 21, IR version 10.
 * @module
 */

import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** Version of the operator set that models are written in; onnxruntime 1.20 and later read it. */
export const OPSET = 21;

const IR_VERSION = 10;

/** Types of elements that the builder writes. */
export type ElementType = 'float32' | 'int64';

const DATA_TYPES: Readonly<Record<ElementType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
};

/** An attribute: a whole number (integer), `{ float }`, a text, or a list of integers. */
export type Attribute = number | { readonly float: number } | string | readonly number[];

/** Length of an axis, or its name where it is free. */
export type Axis = number | string;

/** Name of a value inside a graph, as the builder's methods return it. */
export type ValueName = string;

/** A graph under construction; every method returns the name of the value it made. */
export interface GraphBuilder {
  /** Adds an input of the model. */
  input(name: string, dims: readonly Axis[], type?: ElementType): ValueName;
  /** Adds constants, row-major; throws if `data` does not fill `dims`. */
  initialiser(name: string, dims: readonly number[], data: Float32Array | BigInt64Array): ValueName;
  /** Adds a node with one output, named after the operator and its position unless `name` is given. */
  node(
    operator: string,
    inputs: readonly ValueName[],
    options?: { attributes?: Readonly<Record<string, Attribute>>; name?: string },
  ): ValueName;
  /** Declares a value as output of the model. */
  output(name: ValueName, dims: readonly Axis[], type?: ElementType): ValueName;
  /** Adds a metadata property of the model. */
  metadata(key: string, value: string): void;
  /** The model as an .onnx file. */
  bytes(): Uint8Array;
}

/**
 * Starts a graph.
 * @param options name of the graph
 * @throws from its methods: Error `internal: …` on a repeated name, an unknown value, a wrong shape
 */
export function createGraph({ name }: { name: string }): GraphBuilder {
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  const nodes: NodeProto[] = [];
  const initialisers: TensorProto[] = [];
  const metadata = new Map<string, string>();
  const values = new Set<string>();

  const define = (value: string): string => {
    if (values.has(value)) throw new Error(`internal: graph ${name} already has a value ${value}`);
    values.add(value);
    return value;
  };
  const refer = (value: string): string => {
    if (!values.has(value)) throw new Error(`internal: graph ${name} has no value ${value}`);
    return value;
  };

  return {
    input(value, dims, type = 'float32') {
      inputs.push(valueInfo(define(value), dims, type));
      return value;
    },
    initialiser(value, dims, data) {
      const size = dims.reduce((product, dim) => product * dim, 1);
      if (size !== data.length) {
        throw new Error(`internal: ${value} has ${data.length} values, expected ${size}`);
      }
      initialisers.push(
        create(TensorProtoSchema, {
          name: define(value),
          dims: dims.map(BigInt),
          dataType: DATA_TYPES[data instanceof Float32Array ? 'float32' : 'int64'],
          rawData: littleEndianBytes(data),
        }),
      );
      return value;
    },
    node(operator, operands, { attributes = {}, name: given } = {}) {
      const value = given ?? `${operator.toLowerCase()}_${nodes.length}`;
      nodes.push(
        create(NodeProtoSchema, {
          name: value,
          opType: operator,
          input: operands.map(refer),
          output: [define(value)],
          attribute: Object.entries(attributes).map(([key, attribute]) =>
            attributeProto(key, attribute),
          ),
        }),
      );
      return value;
    },
    output(value, dims, type = 'float32') {
      outputs.push(valueInfo(refer(value), dims, type));
      return value;
    },
    metadata(key, value) {
      metadata.set(key, value);
    },
    bytes() {
      const model = create(ModelProtoSchema, {
        irVersion: BigInt(IR_VERSION),
        producerName: 'ringtrue',
        opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(OPSET) })],
        graph: create(GraphProtoSchema, {
          name,
          input: inputs,
          output: outputs,
          node: nodes,
          initializer: initialisers,
        }),
        metadataProps: [...metadata].map(([key, value]) =>
          create(StringStringEntryProtoSchema, { key, value }),
        ),
      });
      return toBinary(ModelProtoSchema, model);
    },
  };
}

function valueInfo(name: string, dims: readonly Axis[], type: ElementType): ValueInfoProto {
  const dim = dims.map((axis) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof axis === 'number'
          ? { case: 'dimValue', value: BigInt(axis) }
          : { case: 'dimParam', value: axis },
    }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: DATA_TYPES[type],
          shape: create(TensorShapeProtoSchema, { dim }),
        }),
      },
    }),
  });
}

function attributeProto(name: string, value: Attribute) {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.INT,
      i: BigInt(value),
    });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ('float' in value) {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.FLOAT,
      f: value.float,
    });
  }
  return create(AttributeProtoSchema, {
    name,
    type: AttributeProto_AttributeType.INTS,
    ints: value.map(BigInt),
  });
}

/** Raw data of a tensor is little-endian whatever the machine is. */
function littleEndianBytes(data: Float32Array | BigInt64Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.byteLength);
  const view = new DataView(bytes.buffer);
  if (data instanceof Float32Array) {
    for (const [i, x] of data.entries()) view.setFloat32(i * 4, x, true);
  } else {
    for (const [i, x] of data.entries()) view.setBigInt64(i * 8, x, true);
  }
  return bytes;
}
