/**
 * Element types of tensors and the arrays that hold them; knows nothing of ONNX's file format, so that
 * browsers need not load it to run a model.
 * @module
 */

/** Types of elements that tensors have here. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int64'
  | 'int32'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint8'
  | 'bool';

/** ONNX's number of each element type (`TensorProto.DataType`). */
export const DATA_TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** Bytes of an element. */
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
};

/** Elements of a tensor; bool lies in a Uint8Array, float16 in a Uint16Array (its bits). */
export type ConstantData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** The element type that an array stands for; a Uint8Array is uint8, so that bool has to be named. */
export function elementType(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof BigUint64Array) return 'uint64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint32Array) return 'uint32';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint16Array) return 'float16';
  return 'uint8';
}

/** Elements of a type as they lie in little-endian bytes, in memory of their own. */
export function elementsFromBytes(type: ElementType, bytes: Uint8Array): ConstantData {
  const own = swapped(bytes, ELEMENT_BYTES[type]).buffer;
  switch (type) {
    case 'float32':
      return new Float32Array(own);
    case 'float64':
      return new Float64Array(own);
    case 'int64':
      return new BigInt64Array(own);
    case 'uint64':
      return new BigUint64Array(own);
    case 'int32':
      return new Int32Array(own);
    case 'uint32':
      return new Uint32Array(own);
    case 'float16':
      return new Uint16Array(own);
    case 'int8':
      return new Int8Array(own);
    case 'uint8':
    case 'bool':
      return new Uint8Array(own);
  }
}

/** Little-endian bytes of elements, in memory of their own: files are little-endian whatever the machine is. */
export function bytesFromElements(data: ConstantData): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return swapped(bytes, data.BYTES_PER_ELEMENT);
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy with each element turned round on big-endian machines. */
function swapped(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(bytes);
  if (!LITTLE_ENDIAN)
    for (let i = 0; i < own.length; i += width) own.subarray(i, i + width).reverse();
  return own;
}

/** Whether a name is one of our element types. */
export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(DATA_TYPES, name);
}

/** The number whose bits in IEEE 754 half precision are given. */
export function numberFromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
