import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElementType } from './elements.ts';
import { type NamedTensor, readSafetensors, writeSafetensors } from './safetensors.ts';

/** A file put together by hand from the description of the format. */
function file(header: string, data: readonly number[] = [], length = header.length): Uint8Array {
  const text = new TextEncoder().encode(header);
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length), true);
  return Uint8Array.of(...prefix, ...text, ...data);
}

const ONE = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
/** 1 and -2 in IEEE single precision, little-endian. */
const ONE_DATA = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];

describe('files made by hand', () => {
  test('one tensor', () => {
    expect(readSafetensors(file(ONE, ONE_DATA))).toEqual({
      tensors: { a: { dims: [2], data: Float32Array.of(1, -2) } },
      metadata: {},
    });
  });

  test('every type, spaces after the header, metadata, a number, an empty tensor, any order', () => {
    const entries = [
      '"__metadata__":{"format":"pt","note":"é"}',
      '"bool":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}',
      '"u8":{"dtype":"U8","shape":[1,1],"data_offsets":[2,3]}',
      '"i8":{"dtype":"I8","shape":[1],"data_offsets":[3,4]}',
      '"i64":{"dtype":"I64","shape":[],"data_offsets":[22,30]}',
      '"f16":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}',
      '"f64":{"dtype":"F64","shape":[1],"data_offsets":[6,14]}',
      '"i32":{"dtype":"I32","shape":[1],"data_offsets":[14,18]}',
      '"u32":{"dtype":"U32","shape":[1],"data_offsets":[18,22]}',
      '"u64":{"dtype":"U64","shape":[1],"data_offsets":[30,38]}',
      '"none":{"dtype":"F32","shape":[3,0],"data_offsets":[38,38]}',
    ];
    const data = [
      ...[1, 0],
      ...[200],
      ...[0xff],
      ...[0x00, 0x3e],
      ...[0, 0, 0, 0, 0, 0, 0xf8, 0x3f],
      ...[0xfe, 0xff, 0xff, 0xff],
      ...[0, 0, 0, 0x80],
      ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      ...[1, 0, 0, 0, 0, 0, 0, 0x80],
    ];
    const header = `{${entries.join(',')}}   `;
    const length = new TextEncoder().encode(header).length;
    const { tensors, metadata } = readSafetensors(file(header, data, length));
    expect(metadata).toEqual({ format: 'pt', note: 'é' });
    expect(tensors).toEqual({
      bool: { dims: [2], data: Uint8Array.of(1, 0), type: 'bool' },
      u8: { dims: [1, 1], data: Uint8Array.of(200) },
      i8: { dims: [1], data: Int8Array.of(-1) },
      i64: { dims: [], data: BigInt64Array.of(-1n) },
      f16: { dims: [1], data: Uint16Array.of(0x3e00) },
      f64: { dims: [1], data: Float64Array.of(1.5) },
      i32: { dims: [1], data: Int32Array.of(-2) },
      u32: { dims: [1], data: Uint32Array.of(2 ** 31) },
      u64: { dims: [1], data: BigUint64Array.of(2n ** 63n + 1n) },
      none: { dims: [3, 0], data: new Float32Array(0) },
    });
  });

  test('a file without tensors', () => {
    expect(readSafetensors(file('{}'))).toEqual({ tensors: {}, metadata: {} });
  });

  test('what is written', () => {
    const bytes = writeSafetensors({
      tensors: { a: { dims: [2], data: Float32Array.of(1, -2) } },
      metadata: {},
    });
    // 54 letters of header, two spaces that make 56.
    expect(bytes).toEqual(file(`${ONE}  `, ONE_DATA));
  });

  test('larger elements first, then by name, whatever the order they are given in', () => {
    const b = { dims: [1], data: Uint8Array.of(7) };
    const a = { dims: [1], data: Uint8Array.of(1), type: 'bool' as const };
    const c = { dims: [], data: Float64Array.of(0) };
    const metadata = { x: 'y' };
    const first = writeSafetensors({ tensors: { b, a, c }, metadata });
    expect(writeSafetensors({ tensors: { c, b, a }, metadata })).toEqual(first);
    const header =
      '{"__metadata__":{"x":"y"},"c":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
      '"a":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]},' +
      '"b":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect(first).toEqual(file(padded, [0, 0, 0, 0, 0, 0, 0, 0, 1, 7]));
  });
});

/** Bits of any tensor: NaN and signed zeros have to survive too. */
const tensor: fc.Arbitrary<NamedTensor> = fc
  .record({
    dims: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
    type: fc.constantFrom<ElementType>(
      ...(['float32', 'float64', 'float16', 'int64', 'int32', 'int8'] as const),
      ...(['uint64', 'uint32', 'uint8', 'bool'] as const),
    ),
    fill: fc.infiniteStream(fc.nat({ max: 255 })),
  })
  .map(({ dims, type, fill }) => {
    const arrays = {
      float32: Float32Array,
      float64: Float64Array,
      float16: Uint16Array,
      int64: BigInt64Array,
      int32: Int32Array,
      int8: Int8Array,
      uint64: BigUint64Array,
      uint32: Uint32Array,
      uint8: Uint8Array,
      bool: Uint8Array,
    };
    const data = new arrays[type](dims.reduce((product, dim) => product * dim, 1));
    const bytes = new Uint8Array(data.buffer);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = fill.next().value;
    return { dims, data, ...(type === 'bool' ? { type } : {}) };
  });

test('what was written is what is read, bit for bit', () => {
  const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__');
  const files = fc.record({
    tensors: fc.dictionary(name, tensor, { noNullPrototype: true }),
    metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  });
  fc.assert(
    fc.property(files, (content) => {
      const bytes = writeSafetensors(content);
      const read = readSafetensors(bytes);
      expect(read.metadata).toEqual(content.metadata);
      expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(content.tensors).sort());
      for (const [key, { dims, data, type }] of Object.entries(content.tensors)) {
        const back = read.tensors[key]!;
        expect([back.dims, back.type, back.data.constructor]).toEqual([
          dims,
          type,
          data.constructor,
        ]);
        expect(new Uint8Array(back.data.buffer)).toEqual(new Uint8Array(data.buffer));
      }
      expect(writeSafetensors(read)).toEqual(bytes);
      // As a part of larger memory too.
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      expect(writeSafetensors(readSafetensors(shifted.subarray(3)))).toEqual(bytes);
    }),
    { seed: 1 },
  );
});

test('names that objects treat in their own way', () => {
  const tensors = Object.fromEntries([['__proto__', { dims: [1], data: Float32Array.of(5) }]]);
  const metadata = Object.fromEntries([['__proto__', 'told']]);
  const read = readSafetensors(writeSafetensors({ tensors, metadata }));
  expect(Object.entries(read.tensors)).toEqual(Object.entries(tensors));
  expect(Object.entries(read.metadata)).toEqual(Object.entries(metadata));
});

const entry = (more: object): string =>
  JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more } });

test.each<[string, Uint8Array, string]>([
  ['nothing', new Uint8Array(0), 'only 0 bytes'],
  ['too short for a length', new Uint8Array(7), 'only 7 bytes'],
  ['a header longer than the file', file('{}', [], 3), 'said to have 3 bytes'],
  ['a header longer than any', file('{}', [], 2 ** 53), 'said to have'],
  ['a header that begins otherwise', file(' {}'), 'does not begin with {'],
  ['a list', file('[]'), 'does not begin with {'],
  ['no header', file(''), 'does not begin with {'],
  ['broken JSON', file('{"a":'), 'no JSON'],
  ['bytes that are no UTF-8', file('{"', [0xff, 0xfe], 4), 'no JSON'],
  ['an entry that is no object', file('{"a":1}'), 'tensor a'],
  ['an unknown key', file(entry({ more: 1 }), ONE_DATA), 'tensor a'],
  ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', ONE_DATA), 'shape'],
  ['a type that nobody knows', file(entry({ dtype: 'F8' }), ONE_DATA), 'F8'],
  ['a type that we do not hold', file(entry({ dtype: 'BF16', shape: [4] }), ONE_DATA), 'BF16'],
  ['a negative length', file(entry({ shape: [-2] }), ONE_DATA), 'shape'],
  ['half a length', file(entry({ shape: [0.5] }), ONE_DATA), 'shape'],
  ['a shape beyond all numbers', file(entry({ shape: [2 ** 40, 2 ** 40] }), ONE_DATA), 'needs'],
  ['a shape that the offsets do not fit', file(entry({ shape: [3] }), ONE_DATA), 'needs 12 bytes'],
  ['offsets that run backwards', file(entry({ data_offsets: [8, 0] }), ONE_DATA), 'needs 8 bytes'],
  ['offsets outside', file(entry({}), ONE_DATA.slice(4)), 'need 8 bytes, it has 4'],
  ['bytes that belong to nobody at the end', file(entry({}), [...ONE_DATA, 0]), 'it has 9'],
  [
    'bytes that belong to nobody in front',
    file(entry({ data_offsets: [4, 12] }), [0, 0, 0, 0, ...ONE_DATA]),
    'leaves a hole',
  ],
  [
    'tensors that overlap',
    file(
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      ONE_DATA,
    ),
    'tensor b overlaps',
  ],
  ['metadata that is no text', file('{"__metadata__":{"a":1}}'), '__metadata__'],
])('a damaged file: %s', (_, bytes, message) => {
  expect(() => readSafetensors(bytes)).toThrow(
    expect.objectContaining({
      code: 'models/bad-file',
      message: expect.stringContaining(message),
    }),
  );
});

test('what cannot be written', () => {
  const data = new Float32Array(2);
  const write = (name: string, more: NamedTensor) => () =>
    writeSafetensors({ tensors: { [name]: more }, metadata: {} });
  expect(write('a', { dims: [3], data })).toThrow('internal: a has 2 values');
  expect(write('a', { dims: [2], data, type: 'float64' })).toThrow('internal: a has 2 values');
  expect(write('__metadata__', { dims: [2], data })).toThrow('internal: no tensor');
});
