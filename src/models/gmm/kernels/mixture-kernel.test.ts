import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng, type Rng } from '../../../core/rng.ts';
import { type GmmScorer, prepareGmm } from '../gmm.ts';
import { BLOCK_FRAMES, withMixture } from './mixture-kernel.ts';

function mixture(components: number, dims: number, rng: Rng): GmmScorer {
  const each = (draw: () => number): Float64Array =>
    Float64Array.from({ length: components * dims }, draw);
  return prepareGmm({
    components,
    dims,
    weights: Float64Array.from({ length: components }, () => 1 / components),
    means: each(() => rng.normal()),
    variances: each(() => rng.between(0.1, 2)),
  });
}

function plainDensity({ dims, constants, linear, half }: GmmScorer, x: Float32Array, k: number) {
  let sum = constants[k]!;
  for (let d = 0; d < dims; d += 1)
    sum += x[d]! * (linear[k * dims + d]! - x[d]! * half[k * dims + d]!);
  return sum;
}

/** Densities and sums of a random mixture, by the kernel against plain loops. */
function compare(components: number, dims: number, frames: number): void {
  const rng = createRng(`${components} ${dims} ${frames}`);
  const scorer = mixture(components, dims, rng);
  const data = Float32Array.from({ length: frames * dims }, () => rng.normal());
  const sums = new Float64Array(components * dims);
  const squares = new Float64Array(components * dims);
  const found = withMixture(scorer, ({ width, logDensities, addShares, readSums }) => {
    for (let from = 0; from < frames; from += BLOCK_FRAMES) {
      const count = Math.min(BLOCK_FRAMES, frames - from);
      const block = logDensities(data, from, count);
      for (let t = 0; t < count; t += 1) {
        const x = data.subarray((from + t) * dims, (from + t + 1) * dims);
        for (let k = 0; k < width; k += 1) {
          const at = t * width + k;
          const expected = k < components ? plainDensity(scorer, x, k) : -Infinity;
          if (block[at] !== expected) throw new Error(`${block[at]}, not ${expected}`);
          const share = k < components && (t + k) % 3 > 0 ? rng.uniform() : 0;
          block[at] = share;
          if (share === 0) continue;
          for (let d = 0; d < dims; d += 1) {
            sums[k * dims + d]! += share * x[d]!;
            squares[k * dims + d]! += share * x[d]! * x[d]!;
          }
        }
      }
      addShares();
    }
    return readSums();
  });
  expect(found.sums.every((value, i) => value === sums[i])).toBe(true);
  expect(found.squares.every((value, i) => value === squares[i])).toBe(true);
}

test('densities and weighed sums have the bits of plain loops, whatever the sizes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: BLOCK_FRAMES + 5 }),
      compare,
    ),
    { seed: 1, numRuns: 60 },
  );
});

test('also where the memory grows, where it is given back, and after that', () => {
  compare(64, 60, BLOCK_FRAMES + 1);
  compare(4096, 61, 3);
  compare(5, 3, 10);
});

test('a mixture that is loaded while another one is in use is refused, and the next one is not', () => {
  const scorer = mixture(2, 2, createRng(1));
  expect(() => withMixture(scorer, () => withMixture(scorer, () => 0))).toThrow('internal');
  expect(withMixture(scorer, ({ width }) => width)).toBe(8);
});
