import { describe, expect, test } from 'vitest';
import { createRng, rngOfKey } from './rng.ts';

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
