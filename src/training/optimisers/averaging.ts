/**
 * Averages of weights over steps: what is validated and exported in place of the last weights.
 * @module
 */

import { np, type Traced } from '../../compiler/jax.ts';
import { type HostValues, hostScalar, type TracedValues, zipTraced } from '../trees.ts';

/** How weights are averaged. */
export interface Averaging {
  /** The state before the first step. */
  init(parameters: HostValues): HostValues;
  /** @param step steps made before this one, float32 `[]` */
  update(state: TracedValues, parameters: TracedValues, step: Traced): TracedValues;
  /** The average that a state holds. */
  read(state: HostValues): HostValues;
}

/**
 * Exponential moving average: e ← d · e + (1 − d) · p. With `warmUp`, d is min(decay, (1 + t) / (10 + t)),
 * so that short trainings are not dominated by the first weights.
 */
export function ema({
  decay,
  warmUp = false,
}: {
  readonly decay: number;
  /** @default false */
  readonly warmUp?: boolean;
}): Averaging {
  return {
    init: (parameters) => parameters,
    update(state, parameters, step) {
      const rate = warmUp
        ? np.minimum(step.add(1).div(step.add(10)), decay)
        : step.mul(0).add(decay);
      // e + (1 − d)(p − e): the average of equal numbers is that number.
      const fresh = rate.mul(-1).add(1);
      return zipTraced([state, parameters], ([e, p]) => e!.add(p!.sub(e!).mul(fresh)));
    },
    read: (state) => state,
  };
}

/**
 * Stochastic weight averaging (Izmailov et al. 2018): the mean of the weights after every `every` steps
 * from step `start` on; the last weights before that. Running statistics of batch norms are averaged with
 * the weights, in place of another pass over the data.
 */
export function swa({
  start,
  every,
}: {
  readonly start: number;
  readonly every: number;
}): Averaging {
  return {
    init: (parameters) => ({ mean: parameters, count: hostScalar(0) }),
    update(state, parameters, step) {
      // What init made.
      const { mean, count } = state as { readonly mean: TracedValues; readonly count: Traced };
      const one = count.reshape([]);
      const done = step.add(1);
      const phase = done.sub(np.floor(done.add(0.5).mul(1 / every)).mul(every));
      const taken = np.where(np.less(phase, 0.5), 1, 0).mul(np.where(np.less(done, start), 0, 1));
      const fresh = one.add(taken);
      // Until the first is taken the average follows the weights.
      const share = np.where(np.less(fresh, 0.5), 1, taken.div(np.maximum(fresh, 1)));
      return {
        mean: zipTraced([mean, parameters], ([m, p]) => m!.add(p!.sub(m!).mul(share))),
        count: fresh.reshape([1]),
      };
    },
    read: (state) => (state as { readonly mean: HostValues }).mean,
  };
}
