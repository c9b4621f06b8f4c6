import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { ModelProtoSchema, TensorProto_DataLocation, TensorProto_DataType } from 'onnx-buf';
import { expect, test } from 'vitest';
import { type ConstantData, createGraph, type ElementType } from './build.ts';
import { readModel } from './read.ts';

test('what was built is what is read', () => {
  const graph = createGraph({ name: 'net' });
  graph.metadata('kind', 'test');
  graph.input('x', ['n', 3], 'float16');
  graph.initialiser('flags', [2], Uint8Array.of(1, 0), 'bool');
  const body = graph.subgraph('then');
  body.output(body.node('Cast', ['x'], { name: 'inner', attributes: { to: 1 } }), ['n', 3]);
  graph.nodes('If', ['flags', ''], {
    outputs: 2,
    name: 'y',
    domain: 'com.microsoft',
    attributes: {
      i: -7,
      f: { float: 0.5 },
      s: 'text',
      is: [1, -2],
      fs: { floats: [0.25] },
      ss: { strings: ['a', 'b'] },
      g: { graph: body },
    },
    dims: ['n', 3],
  });
  graph.output('y', ['n', 3]);
  const model = readModel(graph.bytes());
  expect(model).toMatchObject({
    irVersion: 10,
    producer: 'ringtrue',
    opsets: { '': 21, 'com.microsoft': 1 },
    metadata: { kind: 'test' },
  });
  expect(model.graph.inputs).toEqual([{ name: 'x', type: 'float16', dims: ['n', 3] }]);
  expect(model.graph.outputs).toEqual([{ name: 'y', type: 'float32', dims: ['n', 3] }]);
  expect(model.graph.infos).toEqual([{ name: 'y', type: 'float32', dims: ['n', 3] }]);
  expect(model.graph.initialisers).toEqual([
    { name: 'flags', type: 'bool', dims: [2], data: Uint8Array.of(1, 0) },
  ]);
  const [node] = model.graph.nodes;
  expect(node).toMatchObject({
    name: 'y',
    operator: 'If',
    domain: 'com.microsoft',
    inputs: ['flags', ''],
    outputs: ['y', 'y_1'],
    attributes: {
      i: { kind: 'int', value: -7 },
      f: { kind: 'float', value: 0.5 },
      s: { kind: 'string', value: 'text' },
      is: { kind: 'ints', value: [1, -2] },
      fs: { kind: 'floats', value: [0.25] },
      ss: { kind: 'strings', value: ['a', 'b'] },
      g: { kind: 'graph', value: { name: 'then', nodes: [{ operator: 'Cast' }] } },
    },
  });
});

/** Any constant of any type. */
const constant: fc.Arbitrary<{ type: ElementType; data: ConstantData }> = fc.oneof(
  fc.float32Array().map((data) => ({ type: 'float32' as const, data })),
  fc.float64Array().map((data) => ({ type: 'float64' as const, data })),
  fc.uint16Array().map((data) => ({ type: 'float16' as const, data })),
  fc.bigInt64Array().map((data) => ({ type: 'int64' as const, data })),
  fc.bigUint64Array().map((data) => ({ type: 'uint64' as const, data })),
  fc.int32Array().map((data) => ({ type: 'int32' as const, data })),
  fc.uint32Array().map((data) => ({ type: 'uint32' as const, data })),
  fc.int8Array().map((data) => ({ type: 'int8' as const, data })),
  fc.uint8Array().map((data) => ({ type: 'uint8' as const, data })),
  fc.uint8Array({ max: 1 }).map((data) => ({ type: 'bool' as const, data })),
);

test('constants of any type come back bit for bit', () => {
  fc.assert(
    fc.property(constant, ({ type, data }) => {
      const graph = createGraph({ name: 'c' });
      graph.initialiser('c', [data.length], data, type);
      const [read] = readModel(graph.bytes()).graph.initialisers;
      expect(read).toEqual({ name: 'c', type, dims: [data.length], data });
    }),
    { seed: 1 },
  );
});

/** A model with one constant, written field by field. */
function withConstant(tensor: object): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { graph: { initializer: [{ name: 'c', ...tensor }] } }),
  );
}

test('constants that are not raw bytes but lists of numbers', () => {
  const read = (tensor: object) => readModel(withConstant(tensor)).graph.initialisers[0]?.data;
  const { FLOAT, DOUBLE, INT64, UINT64, UINT32, INT32, FLOAT16, INT8, UINT8, BOOL } =
    TensorProto_DataType;
  const dims = [2n];
  expect(read({ dims, dataType: FLOAT, floatData: [1, 0.5] })).toEqual(Float32Array.of(1, 0.5));
  expect(read({ dims, dataType: DOUBLE, doubleData: [1, 0.1] })).toEqual(Float64Array.of(1, 0.1));
  expect(read({ dims, dataType: INT64, int64Data: [1n, -2n] })).toEqual(BigInt64Array.of(1n, -2n));
  expect(read({ dims, dataType: UINT64, uint64Data: [1n, 2n] })).toEqual(BigUint64Array.of(1n, 2n));
  expect(read({ dims, dataType: UINT32, uint64Data: [1n, 2n] })).toEqual(Uint32Array.of(1, 2));
  expect(read({ dims, dataType: INT32, int32Data: [1, -2] })).toEqual(Int32Array.of(1, -2));
  expect(read({ dims, dataType: FLOAT16, int32Data: [15360, 1] })).toEqual(
    Uint16Array.of(15360, 1),
  );
  expect(read({ dims, dataType: INT8, int32Data: [1, -2] })).toEqual(Int8Array.of(1, -2));
  expect(read({ dims, dataType: UINT8, int32Data: [1, 200] })).toEqual(Uint8Array.of(1, 200));
  expect(read({ dims, dataType: BOOL, int32Data: [1, 0] })).toEqual(Uint8Array.of(1, 0));
});

test('constants that we do not hold are named and have no data', () => {
  const read = (tensor: object) => readModel(withConstant(tensor)).graph.initialisers[0];
  const { STRING, BFLOAT16, FLOAT } = TensorProto_DataType;
  expect(read({ dims: [1n], dataType: STRING, stringData: [Uint8Array.of(97)] })).toEqual({
    name: 'c',
    type: 'string',
    dims: [1],
  });
  expect(read({ dims: [1n], dataType: BFLOAT16 })).toMatchObject({ type: 'bfloat16' });
  const dataLocation = TensorProto_DataLocation.EXTERNAL;
  expect(read({ dims: [1n], dataType: FLOAT, dataLocation })).toEqual({
    name: 'c',
    type: 'float32',
    dims: [1],
  });
});

test('damaged files are models/bad-file', () => {
  const bad = (bytes: Uint8Array) =>
    expect(() => readModel(bytes)).toThrow(expect.objectContaining({ code: 'models/bad-file' }));
  bad(Uint8Array.of(1, 2, 3, 4));
  bad(new Uint8Array(0));
  const dataType = TensorProto_DataType.FLOAT;
  bad(withConstant({ dims: [2n], dataType, rawData: new Uint8Array(4) }));
  bad(withConstant({ dims: [1n], dataType, rawData: new Uint8Array(5) }));
  bad(withConstant({ dims: [-1n], dataType, rawData: new Uint8Array(4) }));
  bad(withConstant({ dims: [3n], dataType, floatData: [1] }));
  const graph = createGraph({ name: 'cut' });
  graph.initialiser('c', [4], new Float32Array(4));
  const whole = graph.bytes();
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const damaged = whole.slice();
      damaged[at] = byte;
      try {
        readModel(damaged);
      } catch (error) {
        expect(error).toMatchObject({ code: 'models/bad-file' });
      }
    }),
    { seed: 1 },
  );
});
