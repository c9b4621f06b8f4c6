import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytesFromElements,
  type ElementType,
  elementsFromBytes,
  elementType,
  isElementType,
  numberFromHalf,
} from './elements.ts';

test('bytes are little-endian and give the elements back', () => {
  expect(bytesFromElements(Float32Array.of(1))).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
  expect(bytesFromElements(BigInt64Array.of(-2n))[0]).toBe(0xfe);
  const types: ElementType[] = ['float64', 'int64', 'uint64', 'int32', 'uint32', 'float16', 'int8'];
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 64 }), (type, bytes) => {
      const whole = bytes.subarray(0, bytes.length - (bytes.length % 8));
      const elements = elementsFromBytes(type, whole);
      expect(elementType(elements)).toBe(type);
      expect(bytesFromElements(elements)).toEqual(new Uint8Array(whole));
    }),
    { seed: 1 },
  );
});

test('half precision: vectors of IEEE 754', () => {
  const cases: readonly (readonly [number, number])[] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 2 ** -14 - 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ];
  for (const [bits, value] of cases) expect(numberFromHalf(bits)).toBe(value);
});

test('names of element types', () => {
  expect(isElementType('float16')).toBe(true);
  expect(isElementType('toString')).toBe(false);
});
