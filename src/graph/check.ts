/**
 * A checker of ONNX graphs: everything that can be wrong without running or typing them.
 * @module
 */

import { type GraphBuilder, LATER_OPERATORS, OPSET } from './build.ts';
import { ELEMENT_BYTES, elementType, isElementType } from './elements.ts';
import { OPERATORS } from './operators.ts';
import {
  type ReadConstant,
  type ReadGraph,
  type ReadModel,
  type ReadNode,
  type ReadValue,
  readModel,
} from './read.ts';

/** What can be wrong. */
export type FindingKind =
  /** The model does not say its version of an operator set, or not the one that we write. */
  | 'opset'
  /** A node's operator is not in our table, or its domain is not. */
  | 'unknown-operator'
  /** Too few or too many inputs or outputs. */
  | 'arity'
  /** An attribute that the operator does not have, of the wrong kind, or missing. */
  | 'attribute'
  /** A value is used that nothing before it makes. */
  | 'undefined-value'
  /** A value is made twice, or one of the graph around it is hidden. */
  | 'redefined-value'
  /** An input, output or described value has no type or no dims. */
  | 'untyped-value'
  /** Data of a constant does not fill its dims or is of another type. */
  | 'constant'
  /** An output of the graph is listed twice or made by nothing. */
  | 'output'
  /** Something is described that does not exist. */
  | 'stray-info'
  /** An input of the model that no node reads: runtimes refuse it or ask for it in vain. */
  | 'unused-input'
  /** A constant that no node reads. */
  | 'unused-constant'
  /** A node none of whose outputs leads to an output of the graph. */
  | 'dead-node';

/** Something wrong with a graph. */
export interface Finding {
  /** What is wrong. */
  readonly kind: FindingKind;
  /** Name of the graph or body. */
  readonly graph: string;
  /** The value or node it is about. */
  readonly name: string;
  /** A sentence. */
  readonly message: string;
}

/**
 * Lists what is wrong with a model; empty for a sound one. Shapes and types of results are not inferred:
 * onnxruntime does that when it loads the model.
 * @param model bytes of an .onnx file, its builder, or what was read of it
 * @throws RingtrueError `models/bad-file` where the bytes cannot be read at all
 */
export function checkGraph(model: Uint8Array | GraphBuilder | ReadModel): Finding[] {
  const read = toModel(model);
  const findings: Finding[] = [];
  const known = [OPSET, ...Object.values(LATER_OPERATORS)];
  if (!known.includes(read.opsets[''] ?? 0)) {
    findings.push({
      kind: 'opset',
      graph: read.graph.name,
      name: '',
      message: `the standard operator set is ${read.opsets[''] ?? 'missing'}, expected ${known.join(' or ')}`,
    });
  }
  checkBody(read.graph, { opsets: read.opsets, outer: new Set(), body: false, findings });
  return findings;
}

function toModel(model: Uint8Array | GraphBuilder | ReadModel): ReadModel {
  if (model instanceof Uint8Array) return readModel(model);
  return 'bytes' in model ? readModel(model.bytes()) : model;
}

/** What the check of a body needs to know of what is around it. */
interface Surroundings {
  readonly opsets: ReadModel['opsets'];
  /** Values of the graphs around it that exist where its node stands. */
  readonly outer: ReadonlySet<string>;
  /** Bodies have to take what their node hands them, used or not. */
  readonly body: boolean;
  readonly findings: Finding[];
}

function checkBody(graph: ReadGraph, { opsets, outer, body, findings }: Surroundings): void {
  const find = (kind: FindingKind, name: string, message: string): void => {
    findings.push({ kind, graph: graph.name, name, message });
  };
  const defined = new Set<string>();
  const define = (name: string): void => {
    if (defined.has(name) || outer.has(name))
      find('redefined-value', name, `${name} is made twice`);
    defined.add(name);
  };
  for (const input of graph.inputs) {
    define(input.name);
    checkTyped(input, find);
  }
  for (const constant of graph.initialisers) {
    // A constant of an input's name is that input's default: allowed, and not a second value.
    if (!graph.inputs.some(({ name }) => name === constant.name)) define(constant.name);
    checkConstant(constant, find);
  }
  for (const node of graph.nodes) {
    checkNode(node, opsets, find);
    for (const input of node.inputs) {
      if (input !== '' && !defined.has(input) && !outer.has(input)) {
        find(
          'undefined-value',
          input,
          `${label(node)} reads ${input}, which nothing before it makes`,
        );
      }
    }
    for (const inner of bodiesOf(node)) {
      checkBody(inner, { opsets, outer: new Set([...outer, ...defined]), body: true, findings });
    }
    for (const output of node.outputs) if (output !== '') define(output);
  }
  const outputs = new Set<string>();
  for (const output of graph.outputs) {
    if (!defined.has(output.name) && !outer.has(output.name)) {
      find('output', output.name, `nothing makes the output ${output.name}`);
    }
    if (outputs.has(output.name)) find('output', output.name, `${output.name} is an output twice`);
    outputs.add(output.name);
    checkTyped(output, find);
  }
  for (const info of graph.infos) {
    if (!defined.has(info.name)) {
      find('stray-info', info.name, `${info.name} is described but does not exist`);
    }
    checkTyped(info, find);
  }
  checkUses(graph, body, find);
}

type Find = (kind: FindingKind, name: string, message: string) => void;

function checkTyped({ name, type, dims }: ReadValue, find: Find): void {
  if (!isElementType(type)) find('untyped-value', name, `${name} has the type ${type}`);
  else if (dims === undefined) find('untyped-value', name, `${name} has no dims`);
  else if (dims.some((axis) => typeof axis === 'number' && !(axis >= 0))) {
    find('untyped-value', name, `${name} has the dims [${dims.join(', ')}]`);
  }
}

function checkConstant({ name, type, dims, data }: ReadConstant, find: Find): void {
  if (!isElementType(type) || data === undefined) {
    find('constant', name, `${name} has no data of a type that we hold, but ${type}`);
    return;
  }
  const size = dims.reduce((product, dim) => product * dim, 1);
  const held = type === 'bool' ? 'uint8' : type;
  if (elementType(data) !== held || data.BYTES_PER_ELEMENT !== ELEMENT_BYTES[type]) {
    find('constant', name, `${name} is said to be ${type} but holds ${elementType(data)}`);
  }
  if (data.length !== size) {
    find('constant', name, `${name} holds ${data.length} values, its dims need ${size}`);
  }
}

function checkNode(node: ReadNode, opsets: ReadModel['opsets'], find: Find): void {
  const where = label(node);
  if (opsets[node.domain] === undefined) {
    find('opset', node.name, `${where}: the model does not import the domain ${node.domain}`);
  }
  const spec = OPERATORS.get(operatorName(node));
  if (spec === undefined) {
    find('unknown-operator', node.name, `${where}: the operator is not known`);
    return;
  }
  for (const [what, [least, most], count] of [
    ['inputs', spec.inputs, node.inputs.length],
    ['outputs', spec.outputs, node.outputs.length],
  ] as const) {
    if (count < least || count > most) {
      find('arity', node.name, `${where} has ${count} ${what}, expected ${least} to ${most}`);
    }
  }
  for (const [name, { kind }] of Object.entries(node.attributes)) {
    const expected = spec.attributes.get(name);
    if (expected === undefined) find('attribute', node.name, `${where} has no attribute ${name}`);
    else if (expected !== kind) {
      find('attribute', node.name, `${where}: attribute ${name} is ${kind}, expected ${expected}`);
    }
  }
  for (const name of spec.required) {
    if (node.attributes[name] === undefined) {
      find('attribute', node.name, `${where} lacks the attribute ${name}`);
    }
  }
}

function operatorName({ domain, operator }: ReadNode): string {
  return domain === '' ? operator : `${domain}.${operator}`;
}

function label(node: ReadNode): string {
  return `${operatorName(node)} ${node.name || node.outputs[0] || ''}`.trim();
}

function bodiesOf(node: ReadNode): ReadGraph[] {
  return Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? [attribute.value] : [],
  );
}

/** Walks backwards from the outputs: what is not reached is of no use. */
function checkUses(graph: ReadGraph, body: boolean, find: Find): void {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const dead: ReadNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name))) {
      dead.unshift(node);
      continue;
    }
    for (const name of node.inputs) wanted.add(name);
    for (const inner of bodiesOf(node)) for (const name of freeValues(inner)) wanted.add(name);
  }
  for (const node of dead) {
    find('dead-node', node.name, `nothing that ${label(node)} makes is used`);
  }
  const overridable = new Set(graph.initialisers.map(({ name }) => name));
  for (const { name } of body ? [] : graph.inputs) {
    if (!wanted.has(name) && !overridable.has(name)) {
      find('unused-input', name, `nothing reads the input ${name}`);
    }
  }
  for (const { name } of graph.initialisers) {
    if (!wanted.has(name)) find('unused-constant', name, `nothing reads the constant ${name}`);
  }
}

/** Values of the graphs around it that a body reads. */
function freeValues(graph: ReadGraph): Set<string> {
  const own = new Set([...graph.inputs, ...graph.initialisers].map(({ name }) => name));
  const free = new Set<string>();
  const read = (name: string): void => {
    if (!own.has(name)) free.add(name);
  };
  for (const node of graph.nodes) {
    for (const name of node.inputs) read(name);
    for (const inner of bodiesOf(node)) for (const name of freeValues(inner)) read(name);
    for (const name of node.outputs) own.add(name);
  }
  for (const { name } of graph.outputs) read(name);
  return free;
}
