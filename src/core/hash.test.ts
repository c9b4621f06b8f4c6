import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, hashBytes, hashJson } from './hash.ts';

test('hashBytes is SHA-256 (against Node’s OpenSSL)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(hashBytes(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
    { seed: 1 },
  );
});

test('key order does not change the hash, values do', () => {
  expect(hashJson({ a: 1, b: [2, { d: 3, c: 4 }] })).toBe(
    hashJson({ b: [2, { c: 4, d: 3 }], a: 1 }),
  );
  expect(hashJson({ a: 1 })).not.toBe(hashJson({ a: '1' }));
});

test('canonical JSON parses back to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // fast-check's JSON values are ours by construction; -0 has no JSON text of its own.
      expect(JSON.parse(canonicalJson(value as Parameters<typeof canonicalJson>[0]))).toEqual(
        JSON.parse(JSON.stringify(value)),
      );
    }),
    { seed: 1 },
  );
});
