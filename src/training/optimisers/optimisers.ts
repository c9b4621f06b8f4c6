/**
 * The usual optimisers, put together from their parts.
 * @module
 */

import {
  type AdamMoments,
  adamMoments,
  chain,
  decay,
  descend,
  lionSign,
  momentum as withMomentum,
} from './parts.ts';
import type { Mask, Optimiser, Schedule } from './types.ts';

/** What every optimiser takes. */
export interface OptimiserOptions {
  /** Step size, the same throughout or by step. */
  readonly learningRate: number | Schedule;
  /** Weight decay; the optimiser says whether it is coupled. @default 0 */
  readonly decay?: number;
  /** Parameters that decay, by path. @default all */
  readonly mask?: Mask;
}

/** Stochastic gradient descent; decay is an L2 penalty. @default momentum 0, no Nesterov step */
export function sgd({
  learningRate,
  momentum = 0,
  nesterov = false,
  decay: rate = 0,
  mask,
}: OptimiserOptions & { readonly momentum?: number; readonly nesterov?: boolean }): Optimiser {
  return chain(
    decay(rate, mask),
    ...(momentum === 0 ? [] : [withMomentum({ momentum, nesterov })]),
    descend(learningRate),
  );
}

/** Adam (Kingma & Ba 2015); decay is an L2 penalty, as in PyTorch's `Adam`. */
export function adam({
  learningRate,
  decay: rate = 0,
  mask,
  ...moments
}: OptimiserOptions & AdamMoments): Optimiser {
  return chain(decay(rate, mask), adamMoments(moments), descend(learningRate));
}

/** Adam with decoupled decay (Loshchilov & Hutter 2019). PyTorch's default decay is 0.01, here none. */
export function adamw({
  learningRate,
  decay: rate = 0,
  mask,
  ...moments
}: OptimiserOptions & AdamMoments): Optimiser {
  return chain(adamMoments(moments), decay(rate, mask), descend(learningRate));
}

/** Lion (Chen et al. 2023) with decoupled decay: rates a third to a tenth of Adam's suit it. */
export function lion({
  learningRate,
  decay: rate = 0,
  mask,
  beta1,
  beta2,
}: OptimiserOptions & Pick<AdamMoments, 'beta1' | 'beta2'>): Optimiser {
  return chain(
    lionSign({
      ...(beta1 === undefined ? {} : { beta1 }),
      ...(beta2 === undefined ? {} : { beta2 }),
    }),
    decay(rate, mask),
    descend(learningRate),
  );
}
