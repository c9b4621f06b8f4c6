import { describe, expect, test } from 'vitest';
import { exampleGraphs } from '../../test/helpers/example-graphs.ts';
import { createGraph, type GraphBuilder } from './build.ts';
import { checkGraph, type FindingKind } from './check.ts';
import { type ReadGraph, type ReadModel, readModel } from './read.ts';

/** y = relu(x · w) */
function sound(): GraphBuilder {
  const graph = createGraph({ name: 'sound' });
  graph.input('x', ['n', 2]);
  graph.initialiser('w', [2, 1], Float32Array.of(1, 2));
  const product = graph.node('MatMul', ['x', 'w'], { name: 'product', dims: ['n', 1] });
  graph.output(graph.node('Relu', [product], { name: 'y' }), ['n', 1]);
  return graph;
}

/** The sound model with something changed in its graph. */
function broken(change: (graph: ReadGraph) => Partial<ReadGraph>): ReadModel {
  const model = readModel(sound().bytes());
  return { ...model, graph: { ...model.graph, ...change(model.graph) } };
}

function kinds(model: ReadModel | GraphBuilder): [FindingKind, string][] {
  return checkGraph(model).map(({ kind, name }) => [kind, name]);
}

test('nothing is wrong with a sound graph, as builder, bytes and data', () => {
  expect(checkGraph(sound())).toEqual([]);
  expect(checkGraph(sound().bytes())).toEqual([]);
  expect(checkGraph(readModel(sound().bytes()))).toEqual([]);
});

test.each(Object.entries(exampleGraphs()))(
  'nothing is wrong with the example %s',
  (_, { graph }) => {
    expect(checkGraph(graph)).toEqual([]);
  },
);

describe('what is wrong is found', () => {
  test('values used before they are made, or never made', () => {
    expect(kinds(broken(({ nodes }) => ({ nodes: nodes.toReversed() })))).toEqual([
      ['undefined-value', 'product'],
      ['dead-node', 'product'],
      ['unused-input', 'x'],
      ['unused-constant', 'w'],
    ]);
    expect(kinds(broken(({ initialisers }) => ({ initialisers: initialisers.slice(1) })))).toEqual([
      ['undefined-value', 'w'],
    ]);
  });

  test('values made twice', () => {
    const twice = broken(({ nodes }) => ({
      nodes: [...nodes, { ...nodes[1]!, inputs: ['x'], name: 'again' }],
    }));
    expect(kinds(twice)).toContainEqual(['redefined-value', 'y']);
    const inputs = broken((graph) => ({ inputs: [...graph.inputs, graph.inputs[0]!] }));
    expect(kinds(inputs)).toEqual([['redefined-value', 'x']]);
  });

  test('outputs that nothing makes, or twice', () => {
    const dims = ['n', 1];
    const none = broken(({ outputs }) => ({
      outputs: [...outputs, { name: 'z', type: 'float32', dims }],
    }));
    expect(kinds(none)).toEqual([['output', 'z']]);
    expect(kinds(broken(({ outputs }) => ({ outputs: [...outputs, ...outputs] })))).toEqual([
      ['output', 'y'],
    ]);
  });

  test('types and dims that are not known', () => {
    const inputs = [{ name: 'x', type: 'unknown', dims: ['n', 2] }];
    expect(kinds(broken(() => ({ inputs })))).toEqual([['untyped-value', 'x']]);
    const outputs = [{ name: 'y', type: 'float32' }];
    expect(kinds(broken(() => ({ outputs })))).toEqual([['untyped-value', 'y']]);
    const infos = [{ name: 'product', type: 'float32', dims: [-1, 1] }];
    expect(kinds(broken(() => ({ infos })))).toEqual([['untyped-value', 'product']]);
    const stray = [{ name: 'gone', type: 'float32', dims: [1] }];
    expect(kinds(broken(() => ({ infos: stray })))).toEqual([['stray-info', 'gone']]);
  });

  test('constants of the wrong size or type', () => {
    const constant = { name: 'w', type: 'float32', dims: [2, 1] };
    const give = (more: object) =>
      kinds(broken(() => ({ initialisers: [{ ...constant, ...more }] })));
    expect(give({ data: new Float32Array(3) })).toEqual([['constant', 'w']]);
    expect(give({ data: new Int32Array(2) })).toEqual([['constant', 'w']]);
    expect(give({})).toEqual([['constant', 'w']]);
    expect(give({ type: 'string' })).toEqual([['constant', 'w']]);
    expect(give({ data: new Float32Array(2) })).toEqual([]);
  });

  test('operator sets, operators, arities and attributes', () => {
    const model = readModel(sound().bytes());
    expect(kinds({ ...model, opsets: { '': 9 } })).toEqual([['opset', '']]);
    const make = (operator: string, inputs: string[], attributes: object = {}) => {
      const graph = createGraph({ name: 'one' });
      graph.input('x', [2]);
      graph.output(graph.node(operator, inputs, { name: 'y', ...attributes }), [2]);
      return graph;
    };
    expect(kinds(make('Frobnicate', ['x']))).toEqual([['unknown-operator', 'y']]);
    expect(kinds(make('FusedMatMul', ['x', 'x']))).toEqual([['unknown-operator', 'y']]);
    expect(kinds(make('Relu', ['x', 'x']))).toEqual([['arity', 'y']]);
    expect(kinds(make('Concat', ['x']))).toEqual([['attribute', 'y']]);
    expect(kinds(make('Relu', ['x'], { attributes: { alpha: 1 } }))).toEqual([['attribute', 'y']]);
    expect(kinds(make('Elu', ['x'], { attributes: { alpha: 1 } }))).toEqual([['attribute', 'y']]);
    expect(kinds(make('Elu', ['x'], { attributes: { alpha: { float: 1 } } }))).toEqual([]);
    const own = readModel(make('FusedMatMul', ['x', 'x'], { domain: 'com.microsoft' }).bytes());
    expect(kinds(own)).toEqual([]);
    expect(kinds({ ...own, opsets: { '': 21 } })).toEqual([['opset', 'y']]);
  });

  test('inputs, constants and nodes that nobody needs', () => {
    const graph = sound();
    graph.input('spare', [1]);
    graph.initialiser('two', [], Float32Array.of(2));
    const first = graph.node('Mul', ['x', 'two'], { name: 'first' });
    graph.node('Neg', [first], { name: 'second' });
    expect(kinds(graph)).toEqual([
      ['dead-node', 'first'],
      ['dead-node', 'second'],
      ['unused-input', 'spare'],
      ['unused-constant', 'two'],
    ]);
  });

  test('bodies: what is wrong inside, what they use from outside, what they must take', () => {
    const { graph } = exampleGraphs().loop!;
    const model = readModel(graph.bytes());
    const [node] = model.graph.nodes;
    const body = node!.attributes.body!;
    if (body.kind !== 'graph') throw new Error('the loop has a body');
    const inner = (change: Partial<ReadGraph>): ReadModel => ({
      ...model,
      graph: {
        ...model.graph,
        nodes: [
          {
            ...node!,
            attributes: { body: { kind: 'graph', value: { ...body.value, ...change } } },
          },
        ],
      },
    });
    const [gather, ...rest] = body.value.nodes;
    expect(checkGraph(inner({}))).toEqual([]);
    expect(
      checkGraph(inner({ nodes: [{ ...gather!, inputs: ['none', 'step'] }, ...rest] })),
    ).toEqual([
      {
        kind: 'undefined-value',
        graph: 'body',
        name: 'none',
        message: `Gather ${gather!.name} reads none, which nothing before it makes`,
      },
      { kind: 'unused-input', graph: 'loop', name: 'x', message: 'nothing reads the input x' },
    ]);
    const hiding = inner({ nodes: [...body.value.nodes, { ...gather!, outputs: ['w'] }] });
    expect(kinds(hiding)).toContainEqual(['redefined-value', 'w']);
  });
});
