/**
 * Squeeze and excitation (Hu et al. 2018, arXiv 1709.01507).
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import type { Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { relu, sigmoid } from './activations.ts';
import { type DenseParameters, dense, initDense } from './dense.ts';
import { globalAveragePool } from './pool.ts';
import { expectShape } from './shapes.ts';

/** The two dense layers of the gate. */
export interface SqueezeExciteParameters<A> {
  /** `[channels / reduction, channels]` */
  readonly squeeze: DenseParameters<A>;
  /** `[channels, channels / reduction]` */
  readonly excite: DenseParameters<A>;
}

/** Fresh parameters; `inner` channels between the layers. */
export function initSqueezeExcite(
  rng: Rng,
  { channels, inner }: { readonly channels: number; readonly inner: number },
): SqueezeExciteParameters<HostArray> {
  return {
    squeeze: initDense(rng.split('squeeze'), { inputs: channels, outputs: inner }),
    excite: initDense(rng.split('excite'), { inputs: inner, outputs: channels }),
  };
}

/**
 * Each channel times σ(W₂ relu(W₁ mean)) of the means of all channels.
 * @param x `[batch, channels, ...places]`
 */
export function squeezeExcite(p: SqueezeExciteParameters<Traced>, x: Traced): Traced {
  const [batch, , ...places] = x.shape;
  const channels = p.squeeze.weight.shape[1]!;
  expectShape('squeezeExcite: x', x, ['batch', channels, ...places]);
  const gate = sigmoid(dense(p.excite, relu(dense(p.squeeze, globalAveragePool(x)))));
  return x.mul(gate.reshape([batch!, channels, ...places.map(() => 1)]));
}
