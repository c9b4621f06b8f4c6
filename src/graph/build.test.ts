import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { expect, test } from 'vitest';
import { createGraph, OPSET } from './build.ts';

test('a model names its versions, its values, its attributes and its metadata', () => {
  const graph = createGraph({ name: 'tiny' });
  const x = graph.input('x', ['clips', 4]);
  const scale = graph.initialiser('scale', [1], Float32Array.of(0.5));
  const y = graph.node('Mul', [x, scale]);
  graph.output(graph.node('Softmax', [y], { attributes: { axis: -1 }, name: 'p' }), ['clips', 4]);
  graph.node('LeakyRelu', [y], { attributes: { alpha: { float: 0.25 } } });
  graph.node('Transpose', [y], { attributes: { perm: [1, 0] } });
  graph.metadata('kind', 'test');
  const model = fromBinary(ModelProtoSchema, graph.bytes());
  expect(model.irVersion).toBe(10n);
  expect(model.opsetImport[0]?.version).toBe(BigInt(OPSET));
  expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([['kind', 'test']]);
  expect(model.graph?.node.map(({ opType, output }) => [opType, ...output])).toEqual([
    ['Mul', 'mul_0'],
    ['Softmax', 'p'],
    ['LeakyRelu', 'leakyrelu_2'],
    ['Transpose', 'transpose_3'],
  ]);
  expect(model.graph?.node[1]?.attribute[0]?.i).toBe(-1n);
  expect(model.graph?.node[2]?.attribute[0]?.f).toBe(0.25);
  expect(model.graph?.node[3]?.attribute[0]?.ints).toEqual([1n, 0n]);
  // 0.5 in IEEE single precision, little-endian.
  expect(model.graph?.initializer[0]?.rawData).toEqual(Uint8Array.of(0, 0, 0, 0x3f));
});

test('mistakes in building are told at once', () => {
  const graph = createGraph({ name: 'tiny' });
  graph.input('x', [1]);
  expect(() => graph.input('x', [1])).toThrow('already has a value x');
  expect(() => graph.node('Neg', ['y'])).toThrow('has no value y');
  expect(() => graph.output('y', [1])).toThrow('has no value y');
  expect(() => graph.initialiser('c', [2, 2], new Float32Array(3))).toThrow('expected 4');
});
