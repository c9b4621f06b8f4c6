/**
 * Graphs with feeds that show the operations that trained models use, small enough for every engine.
 * @module
 */

import { createRng } from '../../src/core/rng.ts';
import { createGraph, type GraphBuilder } from '../../src/graph/build.ts';
import type { Tensor } from '../../src/runtime/backend.ts';

/** A graph and something to feed it. */
export interface ExampleGraph {
  readonly graph: GraphBuilder;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

function normal(
  label: string,
  dims: readonly number[],
  scale = 1,
): Tensor & { data: Float32Array } {
  const rng = createRng('example-graphs').split(label);
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dims, data: Float32Array.from({ length: size }, () => scale * rng.normal()) };
}

function constant(graph: GraphBuilder, name: string, dims: readonly number[], scale = 1): string {
  return graph.initialiser(name, dims, normal(name, dims, scale).data);
}

function convolution(): ExampleGraph {
  const graph = createGraph({ name: 'convolution' });
  const x = graph.input('x', ['batch', 3, 9, 11]);
  const attributes = {
    strides: [2, 1],
    pads: [1, 0, 1, 2],
    dilations: [1, 2],
    kernel_shape: [3, 3],
  };
  const conv = graph.node(
    'Conv',
    [x, constant(graph, 'w', [8, 3, 3, 3]), constant(graph, 'b', [8])],
    {
      attributes,
      dims: ['batch', 8, 5, 9],
    },
  );
  const active = graph.node('Relu', [conv], { dims: ['batch', 8, 5, 9] });
  const grouped = graph.node('Conv', [active, constant(graph, 'g', [8, 2, 1, 1])], {
    attributes: { group: 4 },
  });
  const back = graph.node('ConvTranspose', [grouped, constant(graph, 't', [8, 2, 3, 3])], {
    attributes: { strides: [2, 2], output_padding: [1, 0], pads: [1, 1, 1, 1] },
    name: 'y',
  });
  graph.output(back, ['batch', 2, 10, 17]);
  return { graph, feeds: { x: normal('x', [2, 3, 9, 11]) } };
}

function products(): ExampleGraph {
  const graph = createGraph({ name: 'products' });
  const a = graph.input('a', ['batch', 5, 16]);
  const b = graph.input('b', ['batch', 7, 16]);
  const plain = graph.node('MatMul', [a, constant(graph, 'w', [16, 12])], { name: 'plain' });
  graph.output(plain, ['batch', 5, 12]);
  const fused = graph.node('FusedMatMul', [a, b], {
    name: 'fused',
    domain: 'com.microsoft',
    attributes: { transB: 1, alpha: { float: 0.25 } },
    dims: ['batch', 5, 7],
  });
  graph.output(fused, ['batch', 5, 7]);
  const flat = graph.node('Reshape', [
    a,
    graph.initialiser('rows', [2], BigInt64Array.of(-1n, 16n)),
  ]);
  graph.output(
    graph.node('Gemm', [flat, constant(graph, 'g', [4, 16]), constant(graph, 'c', [4])], {
      name: 'gemm',
      attributes: { transB: 1, beta: { float: 2 } },
    }),
    ['rows', 4],
  );
  return { graph, feeds: { a: normal('a', [3, 5, 16]), b: normal('b', [3, 7, 16]) } };
}

function normalisation(): ExampleGraph {
  const graph = createGraph({ name: 'normalisation' });
  const x = graph.input('x', [4, 6, 32]);
  const [y, mean, deviation] = graph.nodes(
    'LayerNormalization',
    [x, constant(graph, 'scale', [32]), constant(graph, 'bias', [32])],
    { outputs: 3, name: 'y', attributes: { axis: -1, epsilon: { float: 1e-5 } } },
  );
  graph.output(y!, [4, 6, 32]);
  graph.output(mean!, [4, 6, 1]);
  graph.output(deviation!, [4, 6, 1]);
  graph.output(graph.node('Softmax', [y!], { name: 'p', attributes: { axis: 1 } }), [4, 6, 32]);
  graph.output(graph.node('LogSoftmax', [x], { name: 'lp', attributes: { axis: -1 } }), [4, 6, 32]);
  graph.output(graph.node('Erf', [x], { name: 'erf' }), [4, 6, 32]);
  return { graph, feeds: { x: normal('x', [4, 6, 32], 3) } };
}

function indexing(): ExampleGraph {
  const graph = createGraph({ name: 'indexing' });
  const table = graph.input('table', [10, 4]);
  const rows = graph.input('rows', ['n'], 'int64');
  const picked = graph.node('Gather', [table, rows], { name: 'picked', attributes: { axis: 0 } });
  graph.output(picked, ['n', 4]);
  const updates = graph.node('Mul', [picked, picked]);
  const column = graph.node(
    'Unsqueeze',
    [rows, graph.initialiser('one', [1], BigInt64Array.of(1n))],
    {
      type: 'int64',
      dims: ['n', 1],
    },
  );
  graph.output(
    graph.node('ScatterND', [table, column, updates], {
      name: 'scattered',
      attributes: { reduction: 'add' },
    }),
    [10, 4],
  );
  const [values, indices] = graph.nodes(
    'TopK',
    [table, graph.initialiser('k', [1], BigInt64Array.of(3n))],
    { outputs: 2, name: 'top', attributes: { axis: 0, largest: 0 } },
  );
  graph.output(values!, [3, 4]);
  graph.output(indices!, [3, 4], 'int64');
  const feeds = {
    table: normal('table', [10, 4]),
    rows: { dims: [5], data: BigInt64Array.of(3n, 0n, 9n, 3n, -1n) },
  };
  return { graph, feeds };
}

/** h ← tanh(h·w + x_t) over the steps of x, with every h as an output: a recurrent layer. */
function loop(): ExampleGraph {
  const graph = createGraph({ name: 'loop' });
  const x = graph.input('x', [6, 3, 8]);
  const start = graph.input('start', [3, 8]);
  const w = constant(graph, 'w', [8, 8], 0.4);
  const steps = graph.initialiser('steps', [], BigInt64Array.of(6n));
  const body = graph.subgraph('body');
  const step = body.input('step', [], 'int64');
  const going = body.input('going', [], 'bool');
  const h = body.input('h', [3, 8]);
  const now = body.node('Gather', [x, step], { attributes: { axis: 0 } });
  const carried = body.node('MatMul', [h, w]);
  const next = body.node('Tanh', [body.node('Add', [carried, now])]);
  body.output(body.node('Identity', [going], { type: 'bool', dims: [] }), [], 'bool');
  body.output(next, [3, 8]);
  body.output(body.node('Identity', [next]), [3, 8]);
  const [last, all] = graph.nodes('Loop', [steps, '', start], {
    outputs: 2,
    name: 'last',
    attributes: { body: { graph: body } },
  });
  graph.output(last!, [3, 8]);
  graph.output(all!, [6, 3, 8]);
  return { graph, feeds: { x: normal('x', [6, 3, 8]), start: normal('start', [3, 8]) } };
}

function wholeNumbers(): ExampleGraph {
  const graph = createGraph({ name: 'whole-numbers' });
  const a = graph.input('a', ['n'], 'int32');
  const b = graph.input('b', ['n'], 'int32');
  const mask = graph.input('mask', ['n'], 'bool');
  const less = graph.node('Less', [a, b], { type: 'bool', dims: ['n'] });
  const both = graph.node('And', [less, mask], { name: 'both', type: 'bool', dims: ['n'] });
  graph.output(both, ['n'], 'bool');
  graph.output(graph.node('Where', [both, a, b], { name: 'chosen' }), ['n'], 'int32');
  const bits = graph.node('Cast', [a], { attributes: { to: 12 }, type: 'uint32', dims: ['n'] });
  const shift = graph.initialiser('shift', [], Uint32Array.of(5));
  const shifted = graph.node('BitShift', [bits, shift], { attributes: { direction: 'RIGHT' } });
  graph.output(graph.node('BitwiseXor', [bits, shifted], { name: 'mixed' }), ['n'], 'uint32');
  const feeds: Record<string, Tensor> = {
    a: { dims: [4], data: Int32Array.of(1, -2, 300, 2 ** 31 - 1) },
    b: { dims: [4], data: Int32Array.of(2, -3, 301, -(2 ** 31)) },
    mask: { dims: [4], data: Uint8Array.of(1, 1, 0, 1), type: 'bool' },
  };
  return { graph, feeds };
}

/** One step of gradient descent on a two-layer network with squared error, gradients by hand. */
function trainingStep(): ExampleGraph {
  const graph = createGraph({ name: 'training-step' });
  const w1 = graph.input('w1', [6, 10]);
  const w2 = graph.input('w2', [10, 2]);
  const x = graph.input('x', [8, 6]);
  const target = graph.input('target', [8, 2]);
  const h = graph.node('Relu', [graph.node('MatMul', [x, w1])]);
  const error = graph.node('Sub', [graph.node('MatMul', [h, w2]), target]);
  const domain = 'com.microsoft';
  const dw2 = graph.node('FusedMatMul', [h, error], { domain, attributes: { transA: 1 } });
  const dh = graph.node('FusedMatMul', [error, w2], { domain, attributes: { transB: 1 } });
  const zero = graph.initialiser('zero', [], Float32Array.of(0));
  const positive = graph.node('Cast', [graph.node('Greater', [h, zero])], {
    attributes: { to: 1 },
  });
  const dz = graph.node('Mul', [dh, positive]);
  const dw1 = graph.node('FusedMatMul', [x, dz], { domain, attributes: { transA: 1 } });
  const rate = graph.initialiser('rate', [], Float32Array.of(0.05));
  for (const [weights, gradient, name, dims] of [
    [w1, dw1, 'w1.next', [6, 10]],
    [w2, dw2, 'w2.next', [10, 2]],
  ] as const) {
    const step = graph.node('Mul', [gradient, rate]);
    graph.output(graph.node('Sub', [weights, step], { name }), dims);
  }
  const squares = graph.node('Mul', [error, error]);
  const loss = graph.node('ReduceMean', [squares], { name: 'loss', attributes: { keepdims: 0 } });
  graph.output(loss, []);
  const feeds = {
    w1: normal('w1', [6, 10], 0.4),
    w2: normal('w2', [10, 2], 0.3),
    x: normal('x', [8, 6]),
    target: normal('target', [8, 2]),
  };
  return { graph, feeds };
}

/** Every example, by name. */
export function exampleGraphs(): Readonly<Record<string, ExampleGraph>> {
  return {
    convolution: convolution(),
    products: products(),
    normalisation: normalisation(),
    indexing: indexing(),
    loop: loop(),
    'whole-numbers': wholeNumbers(),
    'training-step': trainingStep(),
  };
}

/**
 * How far two engines may differ in one number, relative to the largest number of that output: float32
 * sums of up to a hundred terms in another order, and other polynomials for exp, tanh and erf. The largest
 * that was seen is 4.2e-7, WebGPU's own kernels included; other processors add in yet another order.
 */
export const ENGINE_TOLERANCE = 2e-6;

/** Largest difference, relative to the largest expected number; infinite where shapes, types or whole numbers differ. */
export function engineDifference(expected: Tensor, found: Tensor): number {
  if (
    expected.data.constructor !== found.data.constructor ||
    expected.type !== found.type ||
    expected.dims.join() !== found.dims.join() ||
    expected.data.length !== found.data.length
  ) {
    return Number.POSITIVE_INFINITY;
  }
  if (!(expected.data instanceof Float32Array)) {
    return expected.data.every((value: number | bigint, i: number) => value === found.data[i])
      ? 0
      : Number.POSITIVE_INFINITY;
  }
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.data.length; i += 1) {
    largest = Math.max(largest, Math.abs(Number(expected.data[i])));
    difference = Math.max(difference, Math.abs(Number(expected.data[i]) - Number(found.data[i])));
  }
  return difference === 0 ? 0 : difference / largest;
}
