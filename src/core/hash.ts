/**
 * Content hashes: SHA-256 in hex, the same in Node and in the browser.
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Json } from './errors.ts';

/** SHA-256 of bytes, as 64 hex digits. */
export function hashBytes(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** SHA-256 of a JSON value whose keys were sorted first, so that key order does not matter. */
export function hashJson(value: Json): string {
  return hashBytes(utf8ToBytes(canonicalJson(value)));
}

/** JSON text with sorted keys and no spaces: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    // The array case is excluded above; TypeScript does not narrow readonly arrays.
    const record = value as { readonly [key: string]: Json };
    const fields = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key]!)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value);
}
