/**
 * Arrays of numbers in JSON files: Float32, little-endian, base64.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';

/** Packs numbers as Float32. */
export function encodeFloats(values: ArrayLike<number>): string {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i += 1) view.setFloat32(4 * i, values[i]!, true);
  let text = '';
  for (const byte of new Uint8Array(view.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * Unpacks what {@link encodeFloats} packed.
 * @throws RingtrueError `models/bad-file` if it is not base64 or not `count` finite numbers
 */
export function decodeFloats(text: string, count: number, where: string): Float64Array {
  let decoded: string;
  try {
    decoded = atob(text);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `${where}: its numbers are not base64`, {
      cause: error,
    });
  }
  const bytes = Uint8Array.from(decoded, (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const values = Float64Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
  if (values.length !== count || !values.every(Number.isFinite)) {
    throw new RingtrueError(
      'models/bad-file',
      `${where}: expected ${count} finite numbers, found ${values.length}`,
    );
  }
  return values;
}
