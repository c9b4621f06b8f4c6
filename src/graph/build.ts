/**
 * A small builder of ONNX models: opset 21, IR version 10.
 * @module
 */

import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import {
  bytesFromElements,
  type ConstantData,
  DATA_TYPES,
  type ElementType,
  elementType,
} from './elements.ts';

export type { ConstantData, ElementType } from './elements.ts';

/** Version of the operator set that models are written in; onnxruntime 1.20 and later read it. */
export const OPSET = 21;

/** Operators that came later, with the version that a model has which uses them; onnxruntime 1.30 reads it. */
export const LATER_OPERATORS: Readonly<Record<string, number>> = { BitCast: 26 };

const IR_VERSION = 10;

/** Version of the operator set of onnxruntime's own (FusedMatMul and others). */
const OWN_OPSET = 1;

/**
 * An attribute: a whole number (integer), `{ float }`, a text, a list of integers, `{ floats }`,
 * `{ strings }`, or `{ graph }`, the body of a Loop, Scan or If made by {@link GraphBuilder.subgraph}.
 */
export type Attribute =
  | number
  | { readonly float: number }
  | string
  | readonly number[]
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly graph: GraphBuilder };

/** Length of an axis, or its name where it is free. */
export type Axis = number | string;

/** Name of a value inside a graph, as the builder's methods return it. */
export type ValueName = string;

/** What a node may say besides its operator and inputs. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Name of the node and of its output; by default the operator and a number. */
  readonly name?: string;
  /** `com.microsoft` for operators of onnxruntime itself. @default '' */
  readonly domain?: '' | 'com.microsoft';
  /** Shape of the first output, for readers of the graph. */
  readonly dims?: readonly Axis[];
  /** Element type of the first output, written with `dims`. @default 'float32' */
  readonly type?: ElementType;
}

/** A graph under construction; every method returns the name of the value it made. */
export interface GraphBuilder {
  /** Adds an input of the model. */
  input(name: string, dims: readonly Axis[], type?: ElementType): ValueName;
  /** Adds constants, row-major; throws if `data` does not fill `dims`. */
  initialiser(
    name: string,
    dims: readonly number[],
    data: ConstantData,
    type?: ElementType,
  ): ValueName;
  /** Adds a node with one output; an empty name among the inputs is an input that is left out. */
  node(operator: string, inputs: readonly ValueName[], options?: NodeOptions): ValueName;
  /** Adds a node with several outputs. */
  nodes(
    operator: string,
    inputs: readonly ValueName[],
    options: NodeOptions & { readonly outputs: number },
  ): ValueName[];
  /** Starts the body of a Loop, Scan or If: it may refer to every value of this graph made so far. */
  subgraph(name: string): GraphBuilder;
  /** Declares a value as output of the model. */
  output(name: ValueName, dims: readonly Axis[], type?: ElementType): ValueName;
  /** Adds a metadata property of the model. */
  metadata(key: string, value: string): void;
  /** The model as an .onnx file. */
  bytes(): Uint8Array;
}

/** What subgraphs need of the builder around them. */
interface Parts {
  readonly builder: GraphBuilder;
  readonly proto: () => GraphProto;
}

/** The protos of builders: attributes take a builder, files its proto. */
const protos = new WeakMap<GraphBuilder, () => GraphProto>();

/**
 * Starts a graph.
 * @param options name of the graph
 * @throws from its methods: Error `internal: …` on a repeated name, an unknown value, a wrong shape
 */
export function createGraph({ name }: { name: string }): GraphBuilder {
  return build(name, new Set(), { nodes: 0, opset: OPSET, domains: new Set(['']) }).builder;
}

/** What a graph and its nested graphs share: the number of nodes, versions and domains of their operators. */
interface Tally {
  nodes: number;
  opset: number;
  readonly domains: Set<'' | 'com.microsoft'>;
}

/** @param scope every value that may be referred to */
function build(name: string, scope: Set<string>, tally: Tally): Parts {
  const inputs: ValueInfoProto[] = [];
  const outputs: ValueInfoProto[] = [];
  const nodes: NodeProto[] = [];
  const initialisers: TensorProto[] = [];
  const infos: ValueInfoProto[] = [];
  const metadata = new Map<string, string>();

  const define = (value: string): string => {
    if (scope.has(value)) throw new Error(`internal: graph ${name} already has a value ${value}`);
    scope.add(value);
    return value;
  };
  const refer = (value: string): string => {
    if (value !== '' && !scope.has(value))
      throw new Error(`internal: graph ${name} has no value ${value}`);
    return value;
  };
  const proto = (): GraphProto =>
    create(GraphProtoSchema, {
      name,
      input: inputs,
      output: outputs,
      node: nodes,
      initializer: initialisers,
      valueInfo: infos,
    });

  const builder: GraphBuilder = {
    input(value, dims, type = 'float32') {
      inputs.push(valueInfo(define(value), dims, type));
      return value;
    },
    initialiser(value, dims, data, type = elementType(data)) {
      const size = dims.reduce((product, dim) => product * dim, 1);
      if (size !== data.length) {
        throw new Error(`internal: ${value} has ${data.length} values, expected ${size}`);
      }
      initialisers.push(
        create(TensorProtoSchema, {
          name: define(value),
          dims: dims.map(BigInt),
          dataType: DATA_TYPES[type],
          rawData: bytesFromElements(data),
        }),
      );
      return value;
    },
    node(operator, operands, options = {}) {
      return builder.nodes(operator, operands, { ...options, outputs: 1 })[0]!;
    },
    nodes(operator, operands, options) {
      const { attributes = {}, name: given, domain = '', dims, type = 'float32' } = options;
      const value = given ?? `${operator.toLowerCase()}_${tally.nodes}`;
      tally.nodes += 1;
      tally.domains.add(domain);
      if (domain === '') tally.opset = Math.max(tally.opset, LATER_OPERATORS[operator] ?? OPSET);
      const input = operands.map(refer);
      const output = Array.from({ length: options.outputs }, (_, i) =>
        define(i === 0 ? value : `${value}_${i}`),
      );
      nodes.push(
        create(NodeProtoSchema, {
          name: value,
          opType: operator,
          ...(domain === '' ? {} : { domain }),
          input,
          output,
          attribute: Object.entries(attributes).map(([key, attribute]) =>
            attributeProto(key, attribute),
          ),
        }),
      );
      if (dims !== undefined) infos.push(valueInfo(value, dims, type));
      return output;
    },
    subgraph(inner) {
      const parts = build(inner, new Set(scope), tally);
      protos.set(parts.builder, parts.proto);
      return parts.builder;
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
        opsetImport: [...tally.domains].map((domain) =>
          create(OperatorSetIdProtoSchema, {
            domain,
            version: BigInt(domain === '' ? tally.opset : OWN_OPSET),
          }),
        ),
        graph: proto(),
        metadataProps: [...metadata].map(([key, value]) =>
          create(StringStringEntryProtoSchema, { key, value }),
        ),
      });
      return toBinary(ModelProtoSchema, model);
    },
  };
  return { builder, proto };
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
  if ('floats' in value) {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.FLOATS,
      floats: [...value.floats],
    });
  }
  if ('strings' in value) {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRINGS,
      strings: value.strings.map((text) => new TextEncoder().encode(text)),
    });
  }
  if ('graph' in value) {
    const proto = protos.get(value.graph);
    if (proto === undefined) throw new Error(`internal: ${name} is not the body of a node`);
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.GRAPH,
      g: proto(),
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
