/**
 * Attentive statistics pooling (Okabe et al. 2018, arXiv 1803.10963); with weights for each channel and the
 * whole clip as context it is that of ECAPA-TDNN (Desplanques et al. 2020, arXiv 2005.07143).
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { nn, np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { tanh } from './activations.ts';
import { type DenseParameters, dense, initDense } from './dense.ts';
import { expectShape } from './shapes.ts';

/** The two dense layers of the attention. */
export interface StatisticsPoolParameters<A> {
  /** `[inner, channels]`, or `[inner, 3 channels]` with context. */
  readonly hidden: DenseParameters<A>;
  /** `[channels, inner]`, or `[1, inner]` for weights that all channels share. */
  readonly score: DenseParameters<A>;
}

/** Sizes of the attention. */
export interface StatisticsPoolInit {
  /** Channels in; twice as many come out. */
  readonly channels: number;
  /** Channels between the two layers of the attention. */
  readonly inner: number;
  /** Weights for each channel. @default true */
  readonly perChannel?: boolean;
  /** Mean and deviation over time beside each frame. @default true */
  readonly context?: boolean;
}

/** Least variance: at 0 the square root has no derivative. */
const LEAST_VARIANCE = 1e-9;

/** Fresh parameters. */
export function initStatisticsPool(
  rng: Rng,
  { channels, inner, perChannel = true, context = true }: StatisticsPoolInit,
): StatisticsPoolParameters<HostArray> {
  return {
    hidden: initDense(rng.split('hidden'), {
      inputs: context ? 3 * channels : channels,
      outputs: inner,
    }),
    score: initDense(rng.split('score'), { inputs: inner, outputs: perChannel ? channels : 1 }),
  };
}

/**
 * Mean and standard deviation over time with weights softmax(V tanh(W h + b) + k).
 * @param x `[batch, time, channels]`
 * @param mask true where a frame counts, bool `[batch, time]`; at least one a clip. @default all
 * @returns `[batch, 2 channels]`: means, then deviations
 */
export function statisticsPool(
  p: StatisticsPoolParameters<Traced>,
  x: Traced,
  { mask }: { readonly mask?: Traced } = {},
): Traced {
  expectShape('statisticsPool: x', x, ['batch', 'time', 'channels']);
  const [batch, time, channels] = x.shape;
  const counted = mask?.reshape([batch!, time!, 1]);
  const context = p.hidden.weight.shape[1] === 3 * channels!;
  const input = context ? np.concatenate([x, ...contextOf(x, counted)], -1) : x;
  const scores = dense(p.score, tanh(dense(p.hidden, input)));
  const weights = nn.softmax(counted === undefined ? scores : np.where(counted, scores, -1e30), 1);
  const { mean, deviation } = momentsOf(x, weights);
  return np.concatenate([mean, deviation], -1).reshape([batch!, 2 * channels!]);
}

function contextOf(x: Traced, counted: Traced | undefined): Traced[] {
  const ones = counted === undefined ? np.ones([1, x.shape[1]!, 1]) : counted.astype(np.float32);
  const weights = ones.div(np.sum(ones, 1, { keepdims: true }));
  const { mean, deviation } = momentsOf(x, weights);
  return [mean, deviation].map((value) => np.broadcastTo(value, x.shape));
}

/** Weighted mean and deviation over time, `[batch, 1, channels]`. */
function momentsOf(x: Traced, weights: Traced): { mean: Traced; deviation: Traced } {
  const mean = np.sum(x.mul(weights), 1, { keepdims: true });
  const centred = x.sub(mean);
  const variance = np.sum(centred.mul(centred).mul(weights), 1, { keepdims: true });
  return { mean, deviation: np.sqrt(np.maximum(variance, LEAST_VARIANCE)) };
}
