/**
 * Reading of .onnx files into plain data.
 * @module
 */

import { fromBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  type TypeProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { RingtrueError } from '../core/errors.ts';
import type { Axis } from './build.ts';
import {
  type ConstantData,
  DATA_TYPES,
  ELEMENT_BYTES,
  type ElementType,
  elementsFromBytes,
} from './elements.ts';

/** A model as its file says it. */
export interface ReadModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each operator set by domain; the standard one is `''`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: ReadGraph;
}

/** A graph, or the body of a node. */
export interface ReadGraph {
  readonly name: string;
  readonly inputs: readonly ReadValue[];
  readonly outputs: readonly ReadValue[];
  readonly initialisers: readonly ReadConstant[];
  /** In the order of the file, which is one in which they can run. */
  readonly nodes: readonly ReadNode[];
  /** What the file tells of values inside the graph. */
  readonly infos: readonly ReadValue[];
}

/** Name of an element type: ours, or another of ONNX's in lower case, or `unknown`, or a kind such as `sequence`. */
export type TypeName = ElementType | (string & {});

/** A value's name and type. */
export interface ReadValue {
  readonly name: string;
  readonly type: TypeName;
  /** Lengths; a name or `?` where an axis is free. Undefined where even the rank is not told. */
  readonly dims?: readonly Axis[];
}

/** A constant. */
export interface ReadConstant {
  readonly name: string;
  readonly type: TypeName;
  readonly dims: readonly number[];
  /** Undefined for types that we do not hold, and for data in another file. */
  readonly data?: ConstantData;
}

/** A node. */
export interface ReadNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  /** An empty name is an input that is left out. */
  readonly inputs: readonly string[];
  /** An empty name is an output that nobody wants. */
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, ReadAttribute>>;
}

/** An attribute; integers beyond 2^53 are rounded. */
export type ReadAttribute =
  | { readonly kind: 'int' | 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints' | 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'graph'; readonly value: ReadGraph }
  | { readonly kind: 'tensor'; readonly value: ReadConstant }
  | { readonly kind: 'other' };

/** Kinds of attributes. */
export type AttributeKind = ReadAttribute['kind'];

/**
 * Reads a model.
 * @param bytes of an .onnx file
 * @throws RingtrueError `models/bad-file` if they are no ONNX model or a constant does not fill its dims
 */
export function readModel(bytes: Uint8Array): ReadModel {
  let proto: ModelProto;
  try {
    proto = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw badFile(`not an ONNX file: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (proto.graph === undefined) throw badFile('not an ONNX file: it holds no graph');
  return {
    irVersion: Number(proto.irVersion),
    producer: proto.producerName,
    opsets: Object.fromEntries(
      proto.opsetImport.map(({ domain, version }) => [
        // Both names of the standard set occur in files.
        domain === 'ai.onnx' ? '' : domain,
        Number(version),
      ]),
    ),
    metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
    graph: readGraph(proto.graph),
  };
}

function badFile(message: string): RingtrueError {
  return new RingtrueError('models/bad-file', message);
}

function readGraph(proto: GraphProto): ReadGraph {
  return {
    name: proto.name,
    inputs: proto.input.map(readValue),
    outputs: proto.output.map(readValue),
    initialisers: proto.initializer.map(readConstant),
    nodes: proto.node.map(readNode),
    infos: proto.valueInfo.map(readValue),
  };
}

function readValue({ name, type }: ValueInfoProto): ReadValue {
  if (type?.value.case !== 'tensorType') return { name, type: kindOf(type) };
  const { elemType, shape } = type.value.value;
  if (shape === undefined) return { name, type: typeName(elemType) };
  const dims = shape.dim.map(({ value }): Axis => {
    if (value.case === 'dimValue') return Number(value.value);
    return value.case === 'dimParam' && value.value !== '' ? value.value : '?';
  });
  return { name, type: typeName(elemType), dims };
}

/** `sequence` for `sequenceType` and so on. */
function kindOf(type: TypeProto | undefined): TypeName {
  return type?.value.case?.replace(/Type$/, '') ?? 'unknown';
}

const NAMES: ReadonlyMap<number, ElementType> = new Map(
  // The keys of DATA_TYPES are the element types.
  Object.entries(DATA_TYPES).map(([name, code]) => [code, name as ElementType]),
);

/** Name of ONNX's number of an element type. */
export function typeName(code: number): TypeName {
  if (code === TensorProto_DataType.UNDEFINED) return 'unknown';
  return NAMES.get(code) ?? TensorProto_DataType[code]?.toLowerCase() ?? `type ${code}`;
}

function readConstant(proto: TensorProto): ReadConstant {
  const dims = proto.dims.map(Number);
  const plain = { name: proto.name, type: typeName(proto.dataType), dims };
  const type = NAMES.get(proto.dataType);
  if (type === undefined || proto.dataLocation === TensorProto_DataLocation.EXTERNAL) return plain;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const told = proto.rawData.length > 0 ? proto.rawData.length / ELEMENT_BYTES[type] : undefined;
  const data = told === undefined ? typedFields(type, proto) : undefined;
  const length = told ?? data?.length;
  if (dims.some((dim) => dim < 0) || length !== size) {
    throw badFile(
      `constant ${proto.name} holds ${length} values, its dims [${dims.join(', ')}] need ${size}`,
    );
  }
  return { ...plain, data: data ?? elementsFromBytes(type, proto.rawData) };
}

/** Values that are not raw lie in one of the lists that ONNX has for groups of types. */
function typedFields(type: ElementType, proto: TensorProto): ConstantData {
  switch (type) {
    case 'float32':
      return Float32Array.from(proto.floatData);
    case 'float64':
      return Float64Array.from(proto.doubleData);
    case 'int64':
      return BigInt64Array.from(proto.int64Data);
    case 'uint64':
      return BigUint64Array.from(proto.uint64Data);
    case 'uint32':
      return Uint32Array.from(proto.uint64Data, Number);
    case 'int32':
      return Int32Array.from(proto.int32Data);
    case 'float16':
      return Uint16Array.from(proto.int32Data);
    case 'int8':
      return Int8Array.from(proto.int32Data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(proto.int32Data);
  }
}

function readNode(proto: NodeProto): ReadNode {
  return {
    name: proto.name,
    operator: proto.opType,
    domain: proto.domain === 'ai.onnx' ? '' : proto.domain,
    inputs: proto.input,
    outputs: proto.output,
    attributes: Object.fromEntries(
      proto.attribute.map((attribute) => [attribute.name, readAttribute(attribute)]),
    ),
  };
}

function readAttribute(proto: AttributeProto): ReadAttribute {
  const text = new TextDecoder();
  switch (proto.type) {
    case AttributeProto_AttributeType.INT:
      return { kind: 'int', value: Number(proto.i) };
    case AttributeProto_AttributeType.FLOAT:
      return { kind: 'float', value: proto.f };
    case AttributeProto_AttributeType.STRING:
      return { kind: 'string', value: text.decode(proto.s) };
    case AttributeProto_AttributeType.INTS:
      return { kind: 'ints', value: proto.ints.map(Number) };
    case AttributeProto_AttributeType.FLOATS:
      return { kind: 'floats', value: proto.floats };
    case AttributeProto_AttributeType.STRINGS:
      return { kind: 'strings', value: proto.strings.map((part) => text.decode(part)) };
    case AttributeProto_AttributeType.GRAPH:
      if (proto.g === undefined) throw badFile(`attribute ${proto.name} holds no graph`);
      return { kind: 'graph', value: readGraph(proto.g) };
    case AttributeProto_AttributeType.TENSOR:
      if (proto.t === undefined) throw badFile(`attribute ${proto.name} holds no tensor`);
      return { kind: 'tensor', value: readConstant(proto.t) };
    default:
      return { kind: 'other' };
  }
}
