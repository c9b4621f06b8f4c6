/**
 * Batch, layer and group normalisation.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, np, type Traced, withTangent } from '../../compiler/jax.ts';
import { ones, zeros } from './init.ts';
import { expectShape, settingError } from './shapes.ts';

/** Scale (`weight`, from ones) and shift (`bias`, from zeros), each `[channels]`. */
export interface NormParameters<A> {
  readonly weight: A;
  readonly bias: A;
}

/** Running statistics of batch normalisation, each `[channels]`. */
export interface BatchNormState<A> {
  /** Running mean. */
  readonly mean: A;
  /** Unbiased. */
  readonly variance: A;
}

/** How batch normalisation works. */
export interface BatchNormOptions {
  /** True takes the statistics of the batch and updates the running ones; false takes the running ones. */
  readonly train: boolean;
  /** Share of the batch in the new running statistics. @default 0.1 */
  readonly momentum?: number;
  /** Added to the variance. @default 1e-5 */
  readonly epsilon?: number;
}

/** Fresh scale and shift. */
export function initNorm(channels: number): NormParameters<HostArray> {
  return { weight: ones([channels]), bias: zeros([channels]) };
}

/** Fresh running statistics: mean 0, variance 1. */
export function initBatchNormState(channels: number): BatchNormState<HostArray> {
  return { mean: zeros([channels]), variance: ones([channels]) };
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015, arXiv 1502.03167), each channel over batch and places.
 * @param p scale and shift; null for none
 * @param x `[batch, channels, ...places]`
 * @returns result of x's shape, and the new state (the given one if not training)
 */
export function batchNorm(
  p: NormParameters<Traced> | null,
  state: BatchNormState<Traced>,
  x: Traced,
  { train, momentum = 0.1, epsilon = 1e-5 }: BatchNormOptions,
): [Traced, BatchNormState<Traced>] {
  const channels = state.mean.shape[0]!;
  if (x.ndim < 2 || x.shape[1] !== channels) {
    expectShape('batchNorm: x', x, ['batch', channels, ...x.shape.slice(2)]);
  }
  const shape = [channels, ...x.shape.slice(2).map(() => 1)];
  if (!train) {
    // One factor and one term a channel: constants of an exported model, where they join what is before.
    const inverse = np.reciprocal(np.sqrt(state.variance.add(epsilon)));
    const factor = p === null ? inverse : inverse.mul(p.weight);
    const term = state.mean.mul(factor).neg();
    const shift = p === null ? term : term.add(p.bias);
    return [x.mul(factor.reshape(shape)).add(shift.reshape(shape)), state];
  }
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const at = lax.stopGradient(x);
  const meanOf = (value: Traced): Traced => np.mean(value, axes, { keepdims: true });
  const mean = meanOf(at);
  const centred = at.sub(mean);
  const variance = meanOf(centred.mul(centred));
  const inverse = np.reciprocal(np.sqrt(variance.add(epsilon)));
  const normal = centred.mul(inverse);
  const y = withTangent(x, normal, (d) =>
    d
      .sub(meanOf(d))
      .sub(normal.mul(meanOf(normal.mul(d))))
      .mul(inverse),
  );
  const count = x.size / channels;
  const unbiased = variance.mul(count / Math.max(1, count - 1));
  const follow = (old: Traced, fresh: Traced): Traced =>
    old.mul(1 - momentum).add(fresh.reshape([channels]).mul(momentum));
  return [
    affine(p, y, shape),
    { mean: follow(state.mean, mean), variance: follow(state.variance, unbiased) },
  ];
}

/** What {@link layerNorm} and {@link groupNorm} add to the variance. */
export interface EpsilonOption {
  /** @default 1e-5 */
  readonly epsilon?: number;
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016, arXiv 1607.06450).
 * @param p scale and shift; null for none
 * @param x `[..., channels]`
 */
export function layerNorm(
  p: NormParameters<Traced> | null,
  x: Traced,
  { epsilon = 1e-5 }: EpsilonOption = {},
): Traced {
  if (p !== null) expectShape('layerNorm: x', x, ['...', p.weight.shape[0]!]);
  // This very sequence is what the compiler recognises.
  const at = lax.stopGradient(x);
  const mean = (value: Traced): Traced => np.mean(value, -1, { keepdims: true });
  const centred = at.sub(mean(at));
  const deviation = np.sqrt(mean(centred.mul(centred)).add(epsilon));
  const y = centred.div(deviation);
  const normal = withTangent(x, y, (d) =>
    d
      .sub(mean(d))
      .sub(y.mul(mean(y.mul(d))))
      .mul(np.reciprocal(deviation)),
  );
  return p === null ? normal : normal.mul(p.weight).add(p.bias);
}

/**
 * Group normalisation (Wu and He 2018, arXiv 1803.08494): channels in equal groups, each over its channels
 * and places. One group for each channel is instance normalisation.
 * @param p scale and shift; null for none
 * @param x `[batch, channels, ...places]`
 */
export function groupNorm(
  p: NormParameters<Traced> | null,
  x: Traced,
  { groups, epsilon = 1e-5 }: EpsilonOption & { readonly groups: number },
): Traced {
  const [batch, channels, ...places] = x.shape;
  if (channels === undefined || channels % groups !== 0) {
    throw settingError('groupNorm', `${groups} groups do not divide ${channels} channels`);
  }
  if (p !== null) {
    expectShape('groupNorm: x', x, ['batch', p.weight.shape[0]!, ...places]);
  }
  const rows = x.reshape([batch!, groups, x.size / (batch! * groups)]);
  const y = layerNorm(null, rows, { epsilon }).reshape(x.shape);
  return affine(p, y, [channels, ...places.map(() => 1)]);
}

function affine(p: NormParameters<Traced> | null, y: Traced, shape: readonly number[]): Traced {
  if (p === null) return y;
  return y.mul(p.weight.reshape([...shape])).add(p.bias.reshape([...shape]));
}
