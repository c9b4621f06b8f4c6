import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createRng, rngOfKey } from './rng.ts';

/** Made by philox.py beside it, in Python. */
const vectors: {
  readonly streams: readonly { readonly key: string; readonly words: readonly number[] }[];
} = JSON.parse(
  await readFile(new URL('../../test/fixtures/core/philox.json', import.meta.url), 'utf8'),
);

describe('the generator is Philox 4x32-10', () => {
  test('the known answer of Random123 for key and counter 0', () => {
    const rng = rngOfKey('0:0');
    const words = Array.from({ length: 4 }, () => rng.uint32());
    expect(words).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });
  test.each(vectors.streams)('four blocks of key $key', ({ key, words }) => {
    const rng = rngOfKey(key);
    expect(words.map(() => rng.uint32())).toEqual(words);
  });
  test('a uniform number takes the upper 27 and 26 bits of two words', () => {
    const [a, b] = [0x6627e8d5, 0xe169c58d];
    const expected = (BigInt(a >>> 5) << 26n) + BigInt(b >>> 6);
    expect(rngOfKey('0:0').uniform()).toBe(Number(expected) / 2 ** 53);
  });
});

describe('rng', () => {
  test('same seed and labels give the same numbers, in any order', () => {
    const a = createRng(1).split('clip').split(7);
    const root = createRng(1);
    root.uniform();
    const b = root.split('clip').split(7);
    expect([a.uint32(), a.normal(), a.uniform()]).toEqual([b.uint32(), b.normal(), b.uniform()]);
  });

  test('number and string labels are different streams', () => {
    expect(createRng(1).split(1).uint32()).not.toBe(createRng(1).split('1').uint32());
  });

  test('moments of 200,000 normals are those of N(0, 1) within five standard errors', () => {
    const rng = createRng('moments');
    const n = 200_000;
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < n; i += 1) {
      const x = rng.normal();
      for (let p = 0; p < 4; p += 1) sums[p]! += x ** (p + 1);
    }
    const [m1, m2, m3, m4] = sums.map((s) => s / n);
    expect(Math.abs(m1!)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(m2! - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(m3!)).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(m4! - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  test('int covers its range evenly', () => {
    const rng = createRng(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i += 1) counts[rng.int(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

test('a key begins the stream anew, splits and all, whatever was drawn from it', () => {
  const rng = createRng('key').split('a');
  const first = [rng.uint32(), rng.uint32()];
  const again = rngOfKey(rng.key);
  expect([again.uint32(), again.uint32()]).toEqual(first);
  expect(again.split(1).uniform()).toBe(rng.split(1).uniform());
  expect(() => rngOfKey('none')).toThrow(RangeError);
});
