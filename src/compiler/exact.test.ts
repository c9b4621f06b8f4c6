import { expect, test } from 'vitest';
import { runCompiled } from '../../test/helpers/run-compiled.ts';
import { createRng } from '../core/rng.ts';
import { type HostArray, hostArray } from './arrays.ts';
import { np, type Traced } from './jax.ts';

/** A few units in the last place of single precision. */
const SINGLE = 2 ** -21;
/** The least normal number of single precision: below, some processors have 0. */
const LEAST = 2 ** -126;

const rng = createRng(5);
/** Of either sign, as many of each power of 2. */
const magnitudes = Array.from(
  { length: 400 },
  () => rng.pick([-1, 1]) * 2 ** rng.between(-126, 128 - 1e-6),
);
const EDGES = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** Functions whose argument jax-js reduces in single precision, or whose result comes near its limits. */
const FUNCTIONS: Readonly<
  Record<string, { f: (x: Traced) => Traced; want: (x: number) => number; at: readonly number[] }>
> = {
  sin: { f: np.sin, want: Math.sin, at: magnitudes },
  cos: { f: np.cos, want: Math.cos, at: magnitudes },
  exp: {
    f: np.exp,
    want: Math.exp,
    at: [...Array.from({ length: 400 }, () => rng.between(-120, 95)), 88.7, 88.8, -87.3, 1e-30],
  },
  log: {
    f: np.log,
    want: Math.log,
    at: [...magnitudes, 1 - 2 ** -24, 1 + 2 ** -23, LEAST],
  },
  atan: { f: np.arctan, want: Math.atan, at: magnitudes },
};

test.each(Object.entries(FUNCTIONS))(
  '%s over all of single precision',
  async (_name, { f, want, at }) => {
    const x = Float32Array.from([...EDGES, ...at]);
    const { data } = (await runCompiled(f, [hostArray([x.length], x)] as const)) as HostArray;
    for (const [i, argument] of x.entries()) {
      const value = Math.fround(want(argument));
      const got = data[i]!;
      const isSame = got === value || (Number.isNaN(got) && Number.isNaN(value));
      const isNear =
        Number.isFinite(value) &&
        Number.isFinite(got) &&
        Math.abs(got - value) <= SINGLE * Math.abs(value) + LEAST;
      expect(isSame || isNear, `of ${argument}: ${got}, where it is ${value}`).toBe(true);
    }
  },
);
