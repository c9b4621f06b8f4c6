/**
 * Dense layer.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { type Initialiser, torchUniform } from './init.ts';
import { expectShape } from './shapes.ts';

/** `weight` `[outputs, inputs]`, `bias` `[outputs]` (PyTorch's layout). */
export interface DenseParameters<A> {
  readonly weight: A;
  readonly bias?: A;
}

/** Sizes of a dense layer. */
export interface DenseOptions {
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
  /** @default true */
  readonly bias?: boolean;
  /** Of the weight. @default PyTorch's, uniform within 1/√inputs */
  readonly init?: Initialiser;
}

/** Fresh parameters; the bias is uniform within 1/√inputs. */
export function initDense(
  rng: Rng,
  { inputs, outputs, bias = true, init = torchUniform(inputs) }: DenseOptions,
): DenseParameters<HostArray> {
  const weight = init(rng.split('weight'), [outputs, inputs]);
  if (!bias) return { weight };
  return { weight, bias: torchUniform(inputs)(rng.split('bias'), [outputs]) };
}

/**
 * y = x Wᵀ + b over the last axis.
 * @param x `[..., inputs]`
 * @returns `[..., outputs]`
 */
export function dense(p: DenseParameters<Traced>, x: Traced): Traced {
  expectShape('dense: x', x, ['...', p.weight.shape[1]!]);
  const y = lax.dot(x, p.weight, { lhsContractingDims: [-1], rhsContractingDims: [-1] });
  return p.bias === undefined ? y : y.add(p.bias);
}
