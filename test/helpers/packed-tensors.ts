/**
 * Tensors as JSON can carry them, to a page or another process.
 * @module
 */

import type { Tensor } from '../../src/runtime/backend.ts';

/** A tensor whose elements are base64. */
export type Packed = Omit<Tensor, 'data'> & { readonly array: string; readonly base64: string };

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Int8Array,
  Uint8Array,
  Uint16Array,
  BigInt64Array,
  BigUint64Array,
};

/** Bytes as text. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** A tensor as JSON can carry it. */
export function pack({ data, ...tensor }: Tensor): Packed {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { ...tensor, array: data.constructor.name, base64: base64(bytes) };
}

/** The tensor that was packed. */
export function unpack({ array, base64: text, ...tensor }: Packed): Tensor {
  // Whoever packed it named one of these arrays.
  const type = ARRAYS[array as keyof typeof ARRAYS];
  return { ...tensor, data: new type(new Uint8Array(Buffer.from(text, 'base64')).buffer) };
}

/** The same keys with other values. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
