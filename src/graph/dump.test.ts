import { expect, test } from 'vitest';
import { exampleGraphs } from '../../test/helpers/example-graphs.ts';
import { createGraph } from './build.ts';
import { dumpGraph } from './dump.ts';

test('a graph with every kind of constant and attribute', () => {
  const graph = createGraph({ name: 'all' });
  graph.metadata('note', 'a "quoted" text');
  const x = graph.input('x', ['batch', 4]);
  graph.initialiser('scalar', [], Float32Array.of(0.05));
  graph.initialiser('half', [2], Uint16Array.of(0x3e00, 0xc000));
  graph.initialiser('long', [1], BigInt64Array.of(-(2n ** 63n)));
  graph.initialiser('flags', [2], Uint8Array.of(1, 0), 'bool');
  graph.initialiser('none', [0, 3], new Float32Array(0));
  graph.initialiser(
    'many',
    [3, 4],
    Float32Array.from({ length: 12 }, (_, i) => (i - 3) / 7),
  );
  graph.node('LeakyRelu', [x], { attributes: { alpha: { float: 1 } }, name: 'y' });
  graph.node('Op', ['y', '', x], {
    domain: 'com.microsoft',
    attributes: {
      one: 1,
      two: 'b',
      three: [1, 2],
      four: { floats: [0.5, 2] },
      five: { strings: ['c'] },
    },
    dims: ['batch', 2],
    type: 'int32',
    name: 'z',
  });
  graph.output('z', ['batch', 2], 'int32');
  expect(dumpGraph(graph)).toMatchInlineSnapshot(`
    "graph all (opset 21, com.microsoft 1)
      metadata note = "a \\"quoted\\" text"
      input %x : float32["batch", 4]
      constant %scalar : float32[] = 0.05
      constant %half : float16[2] = [1.5, -2]
      constant %long : int64[1] = [-9223372036854775808]
      constant %flags : bool[2] = [1, 0]
      constant %none : float32[0, 3] = []
      constant %many : float32[3, 4] = [-0.4285714, -0.2857143, -0.1428571, 0, … 12 from -0.4285714 to 1.142857]
      %y = LeakyRelu(%x) {alpha=1.0}
      %z : int32["batch", 2] = com.microsoft.Op(%y, _, %x) {one=1, two="b", three=[1, 2], four=[0.5, 2.0], five=["c"]}
      output %z : int32["batch", 2]
    "
  `);
});

test('the dump of the bytes is the dump of the builder', () => {
  const { graph } = exampleGraphs().loop!;
  expect(dumpGraph(graph.bytes())).toBe(dumpGraph(graph));
});

test('a loop with its body', () => {
  expect(dumpGraph(exampleGraphs().loop!.graph)).toMatchInlineSnapshot(`
    "graph loop (opset 21)
      input %x : float32[6, 3, 8]
      input %start : float32[3, 8]
      constant %w : float32[8, 8] = [0.4867566, -0.6222141, -0.1912738, 0.0670461, … 64 from -0.6222141 to 1.139255]
      constant %steps : int64[] = 6
      %last : float32[3, 8], %last_1 : float32[6, 3, 8] = Loop(%steps, _, %start) {body=body}
        graph body
          input %step : int64[]
          input %going : bool[]
          input %h : float32[3, 8]
          %gather_0 = Gather(%x, %step) {axis=0}
          %matmul_1 = MatMul(%h, %w)
          %add_2 = Add(%matmul_1, %gather_0)
          %tanh_3 : float32[3, 8] = Tanh(%add_2)
          %identity_4 : bool[] = Identity(%going)
          %identity_5 : float32[3, 8] = Identity(%tanh_3)
          output %identity_4 : bool[]
          output %tanh_3 : float32[3, 8]
          output %identity_5 : float32[3, 8]
      output %last : float32[3, 8]
      output %last_1 : float32[6, 3, 8]
    "
  `);
});

test('a training step', () => {
  expect(dumpGraph(exampleGraphs()['training-step']!.graph)).toMatchInlineSnapshot(`
    "graph training-step (opset 21, com.microsoft 1)
      input %w1 : float32[6, 10]
      input %w2 : float32[10, 2]
      input %x : float32[8, 6]
      input %target : float32[8, 2]
      constant %zero : float32[] = 0
      constant %rate : float32[] = 0.05
      %matmul_0 = MatMul(%x, %w1)
      %relu_1 = Relu(%matmul_0)
      %matmul_2 = MatMul(%relu_1, %w2)
      %sub_3 = Sub(%matmul_2, %target)
      %fusedmatmul_4 = com.microsoft.FusedMatMul(%relu_1, %sub_3) {transA=1}
      %fusedmatmul_5 = com.microsoft.FusedMatMul(%sub_3, %w2) {transB=1}
      %greater_6 = Greater(%relu_1, %zero)
      %cast_7 = Cast(%greater_6) {to=float32}
      %mul_8 = Mul(%fusedmatmul_5, %cast_7)
      %fusedmatmul_9 = com.microsoft.FusedMatMul(%x, %mul_8) {transA=1}
      %mul_10 = Mul(%fusedmatmul_9, %rate)
      %w1.next : float32[6, 10] = Sub(%w1, %mul_10)
      %mul_12 = Mul(%fusedmatmul_4, %rate)
      %w2.next : float32[10, 2] = Sub(%w2, %mul_12)
      %mul_14 = Mul(%sub_3, %sub_3)
      %loss : float32[] = ReduceMean(%mul_14) {keepdims=0}
      output %w1.next : float32[6, 10]
      output %w2.next : float32[10, 2]
      output %loss : float32[]
    "
  `);
});
