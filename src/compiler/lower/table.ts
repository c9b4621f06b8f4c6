/**
 * The rule of every operation: an operation without a rule does not compile.
 * @module
 */

import type { Primitive } from '../program.ts';
import { type Rule, UnsupportedError } from './rule.ts';
import { conv, convBias, convTranspose, convWeightGradient } from './rules/conv.ts';
import { dot } from './rules/dot.ts';
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
import { normalise, softmax } from './rules/fused.ts';
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

const pending = (): never => {
  throw new UnsupportedError('there is no rule yet');
};

/** Every rule. */
export const RULES: { readonly [P in Primitive]: Rule<P> } = {
  ...UNIFORM_RULES,
  bit_combine: bitCombine,
  bit_shift: bitShift,
  bit_count: bitCount,
  bitcast: pending,
  cast: castRule,
  stop_gradient: passOn,
  reduce,
  dot,
  conv,
  conv_bias: convBias,
  conv_transpose: convTranspose,
  conv_weight_gradient: convWeightGradient,
  pool: pending,
  pool_transpose: pending,
  compare,
  where,
  concatenate,
  split,
  random_bits: pending,
  gather: pending,
  transpose,
  broadcast,
  reshape,
  flip,
  shrink,
  pad,
  sort: pending,
  argsort: pending,
  scatter: pending,
  triangular_solve: pending,
  cholesky: pending,
  lu: pending,
  jacobi_eigh: pending,
  fft: pending,
  softmax,
  normalise,
};
