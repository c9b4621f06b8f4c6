/**
 * ONNX models as text that a person can read and a test can compare: one node a line.
 * @module
 */

import type { GraphBuilder } from './build.ts';
import { type ConstantData, numberFromHalf } from './elements.ts';
import {
  type ReadAttribute,
  type ReadConstant,
  type ReadGraph,
  type ReadNode,
  type ReadValue,
  readModel,
  typeName,
} from './read.ts';

/** A constant with up to so many elements is written out. */
const WHOLE = 8;
/** Of a larger one so many are. */
const FIRST = 4;
/** Attributes whose integers stand for element types. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set(['to', 'dtype', 'output_dtype']);

/**
 * A model as text:
 *
 * ```
 * graph small (opset 21)
 *   input %x : float32[2, "columns"]
 *   constant %a : float32[2, 2] = [1, 2, 3, 4]
 *   %y : float32[2, "columns"] = MatMul(%a, %x)
 *   output %y : float32[2, "columns"]
 * ```
 *
 * Bodies of nodes are indented below them, large constants summarised (first elements, number, range).
 * @param model bytes of an .onnx file, or its builder
 * @throws RingtrueError `models/bad-file`
 */
export function dumpGraph(model: Uint8Array | GraphBuilder): string {
  const { opsets, metadata, graph } = readModel(
    model instanceof Uint8Array ? model : model.bytes(),
  );
  const versions = Object.entries(opsets).map(
    ([domain, version]) => `${domain === '' ? 'opset' : domain} ${version}`,
  );
  return [
    `graph ${graph.name} (${versions.join(', ')})`,
    ...Object.entries(metadata).map(
      ([key, value]) => `  metadata ${key} = ${JSON.stringify(value)}`,
    ),
    ...dumpBody(graph, '  '),
    '',
  ].join('\n');
}

function dumpBody(graph: ReadGraph, indent: string): string[] {
  const told = new Map(
    [...graph.infos, ...graph.outputs].map((value) => [value.name, describe(value)]),
  );
  return [
    ...graph.inputs.map((value) => `input %${value.name} : ${describe(value)}`),
    ...graph.initialisers.map((value) => `constant %${value.name} : ${dumpConstant(value)}`),
    ...graph.nodes.flatMap((node) => dumpNode(node, told)),
    ...graph.outputs.map((value) => `output %${value.name} : ${describe(value)}`),
  ].map((line) => `${indent}${line}`);
}

function describe({ type, dims }: ReadValue | ReadConstant): string {
  if (dims === undefined) return type;
  return `${type}[${dims.map((axis) => (axis === '?' ? axis : JSON.stringify(axis))).join(', ')}]`;
}

function dumpNode(node: ReadNode, told: ReadonlyMap<string, string>): string[] {
  const outputs = node.outputs.map((name) => {
    const type = told.get(name);
    return type === undefined ? reference(name) : `${reference(name)} : ${type}`;
  });
  const operator = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
  const attributes = Object.entries(node.attributes).map(
    ([name, value]) =>
      `${name}=${TYPE_ATTRIBUTES.has(name) && value.kind === 'int' ? typeName(value.value) : dumpAttribute(value)}`,
  );
  const bodies = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph'
      ? [`  graph ${attribute.value.name}`, ...dumpBody(attribute.value, '    ')]
      : [],
  );
  return [
    `${outputs.join(', ')} = ${operator}(${node.inputs.map(reference).join(', ')})` +
      (attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`),
    ...bodies,
  ];
}

function reference(name: string): string {
  return name === '' ? '_' : `%${name}`;
}

function dumpAttribute(attribute: ReadAttribute): string {
  switch (attribute.kind) {
    case 'int':
      return String(attribute.value);
    case 'float':
      return floatText(attribute.value);
    case 'string':
      return JSON.stringify(attribute.value);
    case 'ints':
      return `[${attribute.value.join(', ')}]`;
    case 'floats':
      return `[${attribute.value.map(floatText).join(', ')}]`;
    case 'strings':
      return `[${attribute.value.map((part) => JSON.stringify(part)).join(', ')}]`;
    case 'graph':
      return attribute.value.name;
    case 'tensor':
      return dumpConstant(attribute.value);
    case 'other':
      return '?';
  }
}

/** With its point, so that floats are told from integers; seven digits are what float32 holds. */
function floatText(value: number): string {
  const text = String(Number(value.toPrecision(7)));
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function dumpConstant(constant: ReadConstant): string {
  const { data } = constant;
  const head = describe(constant);
  if (data === undefined) return `${head} = ?`;
  const show = (i: number): string => elementText(constant, data, i);
  const firsts = Array.from({ length: data.length <= WHOLE ? data.length : FIRST }, (_, i) =>
    show(i),
  );
  if (data.length <= WHOLE) {
    return `${head} = ${constant.dims.length === 0 ? firsts.join() : `[${firsts.join(', ')}]`}`;
  }
  let [low, high] = [0, 0];
  const value = (i: number): number => elementNumber(constant, data, i);
  for (let i = 1; i < data.length; i += 1) {
    if (value(i) < value(low)) low = i;
    if (value(i) > value(high)) high = i;
  }
  return `${head} = [${firsts.join(', ')}, … ${data.length} from ${show(low)} to ${show(high)}]`;
}

function elementNumber({ type }: ReadConstant, data: ConstantData, i: number): number {
  const value = Number(data[i]);
  return type === 'float16' ? numberFromHalf(value) : value;
}

function elementText(constant: ReadConstant, data: ConstantData, i: number): string {
  const value = data[i]!;
  // Integers of 64 bits are shown as they are.
  if (typeof value === 'bigint') return String(value);
  return String(Number(elementNumber(constant, data, i).toPrecision(7)));
}
