/**
 * Changes to whole models: other names, one after the other, metadata.
 * @module
 */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
} from 'onnx-buf';
import { RingtrueError } from '../core/errors.ts';

/**
 * Gives values other names, inputs and outputs of the graph among them.
 * @param names new names by old ones; what is not named stays
 * @throws RingtrueError `models/bad-file`
 */
export function renameValues(
  bytes: Uint8Array,
  names: Readonly<Record<string, string>>,
): Uint8Array {
  const model = readProto(bytes);
  renameGraph(graphOf(model), (name) => (Object.hasOwn(names, name) ? names[name]! : name));
  return toBinary(ModelProtoSchema, model);
}

/** Sets metadata properties, in place of those of the same key. @throws RingtrueError `models/bad-file` */
export function withMetadata(
  bytes: Uint8Array,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const model = readProto(bytes);
  model.metadataProps = [
    ...model.metadataProps.filter(({ key }) => !Object.hasOwn(metadata, key)),
    ...Object.entries(metadata).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  ];
  return toBinary(ModelProtoSchema, model);
}

/** Before names of the first of two joined models, which may share names with the second. */
const FIRST = 'first/';

/**
 * One model of two: an output of the first becomes an input of the second. The first keeps the names of its
 * inputs, the second all of its names, and its metadata; other outputs of the first are dropped.
 * @throws RingtrueError `models/bad-file` if the output or the input is not there, or two inputs share a name
 */
export function joinModels(
  first: Uint8Array,
  second: Uint8Array,
  { output, input }: { readonly output: string; readonly input: string },
): Uint8Array {
  const [head, tail] = [readProto(first), readProto(second)];
  const [before, after] = [graphOf(head), graphOf(tail)];
  if (!before.output.some(({ name }) => name === output))
    throw new RingtrueError('models/bad-file', `the first model has no output ${output}`);
  if (!after.input.some(({ name }) => name === input))
    throw new RingtrueError('models/bad-file', `the second model has no input ${input}`);
  const kept = new Set(before.input.map(({ name }) => name));
  renameGraph(before, (name) => {
    if (name === output) return input;
    return kept.has(name) ? name : `${FIRST}${name}`;
  });
  const rest = after.input.filter(({ name }) => name !== input);
  const twice = rest.find(({ name }) => kept.has(name));
  if (twice !== undefined)
    throw new RingtrueError('models/bad-file', `both models have an input ${twice.name}`);
  for (const node of before.node) node.name = `${FIRST}${node.name}`;
  after.input = [...before.input, ...rest];
  after.node = [...before.node, ...after.node];
  after.initializer = [...before.initializer, ...after.initializer];
  after.valueInfo = [...before.valueInfo, ...after.valueInfo];
  for (const { domain, version } of head.opsetImport) {
    const same = tail.opsetImport.find((other) => other.domain === domain);
    if (same === undefined)
      tail.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version }));
    else if (version > same.version) same.version = version;
  }
  return toBinary(ModelProtoSchema, tail);
}

function readProto(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `not an ONNX file: ${String(error)}`, {
      cause: error,
    });
  }
}

function graphOf({ graph }: ModelProto): GraphProto {
  if (graph === undefined) throw new RingtrueError('models/bad-file', 'it holds no graph');
  return graph;
}

/** Renames values of a graph and of the graphs inside its nodes; an empty name stays: it stands for nothing. */
function renameGraph(graph: GraphProto, rename: (name: string) => string): void {
  const renamed = (name: string): string => (name === '' ? '' : rename(name));
  for (const list of [graph.input, graph.output, graph.valueInfo, graph.initializer])
    for (const entry of list) entry.name = renamed(entry.name ?? '');
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    for (const { g, graphs } of node.attribute)
      for (const body of [...(g === undefined ? [] : [g]), ...graphs]) renameGraph(body, rename);
  }
}
