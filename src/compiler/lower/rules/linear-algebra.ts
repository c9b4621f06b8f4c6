/**
 * Factorisations and triangular systems, one row or column a step of a loop, batched.
 *
 * Each computes what jax-js computes in the same order of steps; sums inside a step are ONNX Runtime's. What
 * a step must not touch is kept by Where, so that NaN and infinity stay where jax-js has them.
 * @module
 */

import type { GraphBuilder, ValueName } from '../../../graph/build.ts';
import { type DType, sizeOf } from '../../arrays.ts';
import { type Emitter, STORAGE } from '../emitter.ts';
import { loop } from '../loop.ts';
import { denseView, type Rule } from '../rule.ts';
import type { View } from '../view.ts';
import { cast, castView } from './elementwise.ts';
import { emptyView } from './shape.ts';

/** Half precision is computed in single. */
const computeType = (dtype: DType): DType => (dtype === 'float16' ? 'float32' : dtype);

/** The last two axes as matrices, `[batch, rows, columns]`. */
function matrices(emitter: Emitter, view: View): ValueName {
  const axes = view.dims.map((_, axis) => axis);
  return emitter.arrange(view, [axes.slice(0, -2), [axes.at(-2)!], [axes.at(-1)!]], {
    expand: true,
  });
}

/** A dense result of the compute type as view of an output. */
function result(
  emitter: Emitter,
  name: ValueName,
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType },
): View {
  const dims = [sizeOf(shape.slice(0, -2)), ...shape.slice(-2)];
  const view = denseView(name, dims, computeType(dtype));
  return castView(emitter, emitter.reshape(view, shape), dtype);
}

/** Writes nodes of a body. */
function writer(graph: GraphBuilder): {
  node: (operator: string, ...inputs: ValueName[]) => ValueName;
  at: (array: ValueName, index: ValueName, axis: number) => ValueName;
} {
  return {
    node: (operator, ...inputs) => graph.node(operator, inputs),
    at: (array, index, axis) => graph.node('Gather', [array, index], { attributes: { axis } }),
  };
}

/** A number of steps. */
function count(emitter: Emitter, steps: number): ValueName {
  return emitter.constant([], BigInt64Array.of(BigInt(steps)));
}

/** 0, 1, …, as int64, in a shape with one long axis. */
function counting(emitter: Emitter, dims: readonly number[]): ValueName {
  return emitter.constant(
    dims,
    BigInt64Array.from({ length: sizeOf(dims) }, (_, i) => BigInt(i)),
  );
}

/** Upper triangular A of `A Xᵀ = Bᵀ`: the unknowns from the last to the first. */
export const triangularSolve: Rule<'triangular_solve'> = (emitter, { params, outputs }, [a, b]) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0)) return [emptyView(emitter, shape, dtype)];
  const type = computeType(dtype);
  const [m, n] = shape.slice(-2) as [number, number];
  const dims = [sizeOf(shape.slice(0, -2)), m, n];
  const left = matrices(emitter, castView(emitter, a!, type));
  const right = matrices(emitter, castView(emitter, b!, type));
  const columns = counting(emitter, [n]);
  const lastIndex = emitter.constant([], BigInt64Array.of(BigInt(n - 1)));
  const zero = emitter.scalar(0, type);
  const start = emitter.node('Expand', [zero, emitter.ints(dims)]);
  const lastAxis = emitter.ints([-1]);
  const middleAxis = emitter.ints([1]);
  const [x] = loop(emitter.graph, [{ start, dims, type: STORAGE[type] }], {
    steps: count(emitter, n),
    body({ graph, step, values: [known] }) {
      const { node, at } = writer(graph);
      const i = node('Sub', lastIndex, step);
      const row = at(left, i, 1);
      const after = node('Where', node('Greater', columns, i), row, zero);
      // [batch, m, n] × [batch, n, 1].
      const sum = node('MatMul', known!, node('Unsqueeze', after, lastAxis));
      const rest = node('Sub', node('Unsqueeze', at(right, i, 2), lastAxis), sum);
      const diagonal = node('Unsqueeze', node('Unsqueeze', at(row, i, 1), middleAxis), lastAxis);
      const unknown = params.unitDiagonal ? rest : node('Div', rest, diagonal);
      return { values: [node('Where', node('Equal', columns, i), unknown, known!)] };
    },
  });
  return [result(emitter, x!, { shape, dtype })];
};

/** Lower triangular L with A = L Lᵀ from the lower triangle of A, column by column. */
export const cholesky: Rule<'cholesky'> = (emitter, { outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0)) return [emptyView(emitter, shape, dtype)];
  const type = computeType(dtype);
  const n = shape.at(-1)!;
  const dims = [sizeOf(shape.slice(0, -2)), n, n];
  const a = matrices(emitter, castView(emitter, view!, type));
  const rows = counting(emitter, [n]);
  const columns = counting(emitter, [n]);
  const zero = emitter.scalar(0, type);
  const start = emitter.node('Expand', [zero, emitter.ints(dims)]);
  const lastAxis = emitter.ints([-1]);
  const middleAxis = emitter.ints([1]);
  const carried = [start, a].map((name) => ({ start: name, dims, type: STORAGE[type] }));
  const [lower] = loop(emitter.graph, carried, {
    steps: count(emitter, n),
    body({ graph, step, values: [factor, rest] }) {
      const { node, at } = writer(graph);
      const column = at(rest!, step, 2);
      const root = node('Sqrt', node('Unsqueeze', at(column, step, 1), lastAxis));
      const below = node('Where', node('Greater', rows, step), node('Div', column, root), zero);
      const l = node('Where', node('Equal', rows, step), root, below);
      const upright = node('Unsqueeze', l, lastAxis);
      const next = node('Where', node('Equal', columns, step), upright, factor!);
      const product = node('Mul', upright, node('Unsqueeze', l, middleAxis));
      return { values: [next, node('Sub', rest!, product)] };
    },
  });
  return [result(emitter, lower!, { shape, dtype })];
};

/** L and U in one matrix with row exchanges and the resulting order of rows. */
export const lu: Rule<'lu'> = (emitter, { outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  const [m, n] = shape.slice(-2) as [number, number];
  const steps = Math.min(m, n);
  const batch = sizeOf(shape.slice(0, -2));
  if (batch * steps === 0) {
    // Nothing is exchanged.
    const order = emitter.constant(
      [m],
      Int32Array.from({ length: m }, (_, i) => i),
    );
    const [, pivots, rows] = outputs;
    const axes = rows!.shape.map((size, axis) => ({
      size,
      stride: axis === rows!.shape.length - 1 && size > 1 ? 1 : 0,
    }));
    const order32 = { base: { name: order, dims: [m], dtype: 'int32' as const }, dims: axes };
    return [
      emptyView(emitter, shape, dtype),
      emptyView(emitter, pivots!.shape, 'int32'),
      batch * m === 0 ? emptyView(emitter, rows!.shape, 'int32') : order32,
    ];
  }
  const type = computeType(dtype);
  const dims = [batch, m, n];
  const a = matrices(emitter, castView(emitter, view!, type));
  const rows = counting(emitter, [m]);
  const columns = counting(emitter, [n]);
  const places = counting(emitter, [steps]);
  const number = (value: number): ValueName => emitter.scalar(value, type);
  const [zero, excluded, worse, first] = [
    number(0),
    number(-2),
    number(-1),
    number(Number.POSITIVE_INFINITY),
  ];
  const lastAxis = emitter.ints([-1]);
  const middleAxis = emitter.ints([1]);
  const all = emitter.ints(dims);
  const start = (value: ValueName, size: number): ValueName =>
    emitter.node('Expand', [value, emitter.ints([batch, size])]);
  const carried = [
    { start: a, dims, type: STORAGE[type] },
    {
      start: start(emitter.constant([], BigInt64Array.of(0n)), steps),
      dims: [batch, steps],
      type: 'int64' as const,
    },
    { start: start(rows, m), dims: [batch, m], type: 'int64' as const },
  ];
  const [factors, pivots, order] = loop(emitter.graph, carried, {
    steps: count(emitter, steps),
    body({ graph, step, values: [given, exchanges, permutation] }) {
      const { node, at } = writer(graph);
      const elements = (array: ValueName, index: ValueName): ValueName =>
        graph.node('GatherElements', [array, index], { attributes: { axis: 1 } });
      const column = at(given!, step, 2);
      // The first of the largest; NaN wins only where it lies on the diagonal.
      const isHere = node('Equal', rows, step);
      const sizes = node(
        'Where',
        node('IsNaN', column),
        node('Where', isHere, first, worse),
        node('Abs', column),
      );
      const keys = node('Where', node('Less', rows, step), excluded, sizes);
      const pivot = graph.node('ArgMax', [keys], { attributes: { axis: 1, keepdims: 1 } });
      const isPivot = node('Equal', rows, pivot);
      const source = node('Where', isHere, pivot, node('Where', isPivot, step, rows));
      const exchanged = elements(given!, node('Expand', node('Unsqueeze', source, lastAxis), all));
      const row = node('Unsqueeze', at(exchanged, step, 1), middleAxis);
      const newColumn = graph.node('Gather', [exchanged, step], { attributes: { axis: 2 } });
      const diagonal = node('Unsqueeze', at(newColumn, step, 1), lastAxis);
      const isBelow = node(
        'And',
        node('Greater', rows, step),
        node('Not', node('Equal', diagonal, zero)),
      );
      const factor = node('Unsqueeze', node('Div', newColumn, diagonal), lastAxis);
      const rowMask = node('Unsqueeze', isBelow, lastAxis);
      const updated = node('Sub', exchanged, node('Mul', factor, row));
      const isRight = node('Greater', columns, step);
      const isColumn = node('Equal', columns, step);
      const inner = node('Where', node('And', rowMask, isRight), updated, exchanged);
      const next = node('Where', node('And', rowMask, isColumn), factor, inner);
      return {
        values: [
          next,
          node('Where', node('Equal', places, step), pivot, exchanges!),
          elements(permutation!, source),
        ],
      };
    },
  });
  const integers = (name: ValueName, output: { readonly shape: readonly number[] }): View => {
    const size = output.shape.at(-1)!;
    const view = denseView(cast(emitter, name, 'int32'), [batch, size], 'int32');
    return emitter.reshape(view, output.shape);
  };
  return [
    result(emitter, factors!, { shape, dtype }),
    integers(pivots!, outputs[1]!),
    integers(order!, outputs[2]!),
  ];
};

/**
 * Cyclic Jacobi rotations of symmetric matrices given by their lower triangles, until every element off the
 * diagonal of a matrix is at most `tolerance` times its largest (at least 1): jax-js's routine, rotation by
 * rotation.
 */
export const jacobiEigh: Rule<'jacobi_eigh'> = (emitter, { params, outputs }, [view]) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0))
    return [emptyView(emitter, shape, dtype), emptyView(emitter, shape, dtype)];
  const type = computeType(dtype);
  const n = shape.at(-1)!;
  const batch = sizeOf(shape.slice(0, -2));
  const dims = [batch, n, n];
  const outer = emitter.node.bind(emitter);
  const constant = (at: (row: number, column: number) => boolean): ValueName =>
    emitter.constant(
      [n, n],
      Uint8Array.from({ length: n * n }, (_, i) => Number(at(Math.floor(i / n), i % n))),
      'bool',
    );
  const isLower = constant((row, column) => row > column);
  const isLowerOrDiagonal = constant((row, column) => row >= column);
  const number = (value: number): ValueName => emitter.scalar(value, type);
  const [zero, one, two] = [number(0), number(1), number(2)];
  const minusOne = number(-1);
  const rows = counting(emitter, [n, 1]);
  const columns = counting(emitter, [n]);
  const [lastAxis, middleAxis, bothAxes] = [
    emitter.ints([-1]),
    emitter.ints([1]),
    emitter.ints([1, 2]),
  ];
  const pairs: [number, number][] = [];
  for (let p = 0; p < n - 1; p += 1) for (let q = p + 1; q < n; q += 1) pairs.push([p, q]);
  const list = (which: 0 | 1): ValueName =>
    emitter.constant(
      [pairs.length],
      BigInt64Array.from(pairs, (pair) => BigInt(pair[which])),
    );
  const rotations = count(emitter, pairs.length);
  const [firsts, seconds] = [list(0), list(1)];

  const given = outer('Where', [
    isLowerOrDiagonal,
    matrices(emitter, castView(emitter, view!, type)),
    zero,
  ]);
  const mirrored = outer('Where', [
    isLowerOrDiagonal,
    given,
    outer('Transpose', [given], { attributes: { perm: [0, 2, 1] } }),
  ]);
  const identity = outer('Expand', [
    emitter.constant(
      [n, n],
      type === 'float64'
        ? Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))
        : Float32Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
    ),
    emitter.ints(dims),
  ]);
  type Write = (operator: string, inputs: ValueName[], keepdims?: boolean) => ValueName;
  const write =
    (graph: GraphBuilder): Write =>
    (operator, inputs, keepdims) =>
      graph.node(operator, inputs, keepdims ? { attributes: { keepdims: 1 } } : {});
  const offDiagonal = (node: Write, a: ValueName): ValueName =>
    node('ReduceMax', [node('Where', [isLower, node('Abs', [a]), zero]), bothAxes], true);
  const top = write(emitter.graph);
  const largest = top('Max', [top('ReduceMax', [top('Abs', [given]), bothAxes], true), one]);
  const threshold = top('Mul', [number(params.tolerance), largest]);
  // [batch, 1, 1]: the matrices that still need a sweep.
  const active = (node: Write, a: ValueName): ValueName =>
    node('Greater', [offDiagonal(node, a), threshold]);
  const boolOf = (graph: GraphBuilder, isActive: ValueName): ValueName =>
    graph.node(
      'Cast',
      [
        graph.node('ReduceMax', [graph.node('Cast', [isActive], { attributes: { to: 6 } })], {
          attributes: { keepdims: 0 },
        }),
      ],
      { attributes: { to: 9 } },
    );

  const rotate = (
    graph: GraphBuilder,
    { a, v, step, isActive }: { a: ValueName; v: ValueName; step: ValueName; isActive: ValueName },
  ): ValueName[] => {
    const { node, at } = writer(graph);
    const p = at(firsts, step, 0);
    const q = at(seconds, step, 0);
    const up = (name: ValueName): ValueName => node('Unsqueeze', name, lastAxis);
    const columnP = up(at(a, p, 2));
    const columnQ = up(at(a, q, 2));
    const pick = (column: ValueName, index: ValueName): ValueName =>
      node('Unsqueeze', at(column, index, 1), middleAxis);
    const app = pick(columnP, p);
    const aqq = pick(columnQ, q);
    const apq = pick(columnP, q);
    const isOn = node('And', isActive, node('Not', node('Equal', apq, zero)));
    const tau = node('Div', node('Sub', aqq, app), node('Mul', two, apq));
    const sign = node('Where', node('GreaterOrEqual', tau, zero), one, minusOne);
    const t = node(
      'Div',
      sign,
      node('Add', node('Abs', tau), node('Sqrt', node('Add', node('Mul', tau, tau), one))),
    );
    const c = node('Div', one, node('Sqrt', node('Add', node('Mul', t, t), one)));
    const s = node('Mul', t, c);
    const turned = (x: ValueName, y: ValueName): [ValueName, ValueName] => [
      node('Sub', node('Mul', c, x), node('Mul', s, y)),
      node('Add', node('Mul', s, x), node('Mul', c, y)),
    ];
    const [cc, ss] = [node('Mul', c, c), node('Mul', s, s)];
    const cross = node('Mul', node('Mul', node('Mul', two, s), c), apq);
    const newP = node('Add', node('Sub', node('Mul', cc, app), cross), node('Mul', ss, aqq));
    const newQ = node('Add', node('Add', node('Mul', ss, app), cross), node('Mul', cc, aqq));
    const [isRowP, isRowQ] = [node('Equal', rows, p), node('Equal', rows, q)];
    const [isColumnP, isColumnQ] = [node('Equal', columns, p), node('Equal', columns, q)];
    const [turnedP, turnedQ] = turned(columnP, columnQ);
    const nextP = node('Where', isRowP, newP, node('Where', isRowQ, zero, turnedP));
    const nextQ = node('Where', isRowQ, newQ, node('Where', isRowP, zero, turnedQ));
    const across = (name: ValueName): ValueName =>
      graph.node('Transpose', [name], { attributes: { perm: [0, 2, 1] } });
    const inRows = node('Where', isRowP, across(nextP), node('Where', isRowQ, across(nextQ), a));
    const inColumns = node('Where', isColumnP, nextP, node('Where', isColumnQ, nextQ, inRows));
    const [vectorP, vectorQ] = turned(up(at(v, p, 2)), up(at(v, q, 2)));
    const vectors = node('Where', isColumnP, vectorP, node('Where', isColumnQ, vectorQ, v));
    return [node('Where', isOn, inColumns, a), node('Where', isOn, vectors, v)];
  };

  const states = [mirrored, identity].map((start) => ({ start, dims, type: STORAGE[type] }));
  const [diagonalised, vectors] =
    pairs.length === 0
      ? [mirrored, identity]
      : loop(emitter.graph, states, {
          steps: count(emitter, params.maxSweeps),
          isOn: boolOf(emitter.graph, active(top, mirrored)),
          body({ graph, values }) {
            const isActive = active(write(graph), values[0]!);
            const swept = loop(
              graph,
              values.map((start) => ({ start, dims, type: STORAGE[type] })),
              {
                steps: rotations,
                body: ({ graph: inner, step, values: [a, v] }) => ({
                  values: rotate(inner, { a: a!, v: v!, step, isActive }),
                }),
              },
            );
            return { values: swept, isOn: boolOf(graph, active(write(graph), swept[0]!)) };
          },
        });
  const lower = outer('Where', [isLowerOrDiagonal, diagonalised!, zero]);
  return [result(emitter, lower, { shape, dtype }), result(emitter, vectors!, { shape, dtype })];
};
