/**
 * The rule of every operation: an operation without a rule does not compile.
 * @module
 */

import type { Primitive } from '../program.ts';
import type { Rule } from './rule.ts';
import { bitcast, randomBits } from './rules/bits.ts';
import { conv, convBias, convTranspose, convWeightGradient } from './rules/conv.ts';
import { dot, dotBias } from './rules/dot.ts';
import {
  bitCombine,
  bitCount,
  bitShift,
  castRule,
  compare,
  passOn,
  UNIFORM_RULES,
  where,
} from './rules/elementwise.ts';
import { fft } from './rules/fourier.ts';
import { cumulativeSum, normalise, softmax } from './rules/fused.ts';
import { gather, scatter } from './rules/indexing.ts';
import { cholesky, jacobiEigh, lu, triangularSolve } from './rules/linear-algebra.ts';
import { maxPool, maxPoolGradient } from './rules/pool.ts';
import { reduce } from './rules/reduce.ts';
import {
  broadcast,
  concatenate,
  flip,
  pad,
  reshape,
  shrink,
  split,
  transpose,
} from './rules/shape.ts';
import { argsort, sort } from './rules/sort.ts';
import { pool, poolTranspose } from './rules/windows.ts';

/** Every rule. */
export const RULES: { readonly [P in Primitive]: Rule<P> } = {
  ...UNIFORM_RULES,
  bit_combine: bitCombine,
  bit_shift: bitShift,
  bit_count: bitCount,
  bitcast,
  cast: castRule,
  stop_gradient: passOn,
  reduce,
  dot,
  dot_bias: dotBias,
  conv,
  conv_bias: convBias,
  conv_transpose: convTranspose,
  conv_weight_gradient: convWeightGradient,
  pool,
  pool_transpose: poolTranspose,
  compare,
  where,
  concatenate,
  split,
  random_bits: randomBits,
  gather,
  transpose,
  broadcast,
  reshape,
  flip,
  shrink,
  pad,
  sort,
  argsort,
  scatter,
  triangular_solve: triangularSolve,
  cholesky,
  lu,
  jacobi_eigh: jacobiEigh,
  fft,
  max_pool: maxPool,
  max_pool_gradient: maxPoolGradient,
  cumulative_sum: cumulativeSum,
  softmax,
  normalise,
};
