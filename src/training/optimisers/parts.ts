/**
 * Parts of optimisers: chains, clipping, decay, moments, learning rate.
 * @module
 */

import { np, type Traced } from '../../compiler/jax.ts';
import {
  hostScalar,
  mapTraced,
  type TracedValues,
  tracedLeaves,
  zerosLike,
  zipTraced,
} from '../trees.ts';
import type { Mask, Optimiser, Schedule } from './types.ts';

/** Parts one after the other: each sees the updates of the one before it. */
export function chain(...parts: readonly Optimiser[]): Optimiser {
  return {
    init: (parameters) => parts.map((part) => part.init(parameters)),
    update(updates, state, context) {
      // The state is what init or the step before made: a list, one entry a part.
      const states = state as readonly TracedValues[];
      const next: TracedValues[] = [];
      let current = updates;
      for (const [i, part] of parts.entries()) {
        const result = part.update(current, states[i]!, context);
        current = result.updates;
        next.push(result.state);
      }
      return { updates: current, state: next };
    },
  };
}

/** A part without a state. */
export function stateless(
  update: (updates: TracedValues, context: Parameters<Optimiser['update']>[2]) => TracedValues,
): Optimiser {
  return {
    init: () => ({}),
    update: (updates, state, context) => ({ updates: update(updates, context), state }),
  };
}

/** Euclidean norm over all arrays of a tree, float32 `[]`. */
export function globalNorm(tree: TracedValues): Traced {
  const sums = tracedLeaves(tree).map((value) => np.sum(np.square(value)));
  return np.sqrt(sums.reduce((sum, each) => sum.add(each)));
}

/** Norms below this are not divided by, as in PyTorch's `clip_grad_norm_`. */
const NORM_FLOOR = 1e-6;

/** Scales all updates down together so that their global norm is at most `maxNorm`. */
export function clipByGlobalNorm(maxNorm: number): Optimiser {
  return stateless((updates) => {
    const factor = np.minimum(np.reciprocal(globalNorm(updates).add(NORM_FLOOR)).mul(maxNorm), 1);
    return mapTraced(updates, (update) => update.mul(factor));
  });
}

/** Bounds each element to [−limit, limit]. */
export function clipByValue(limit: number): Optimiser {
  return stateless((updates) => mapTraced(updates, (update) => np.clip(update, -limit, limit)));
}

/**
 * Adds `rate · parameter` to the updates. Before the moments it is the L2 penalty, after them the decoupled
 * decay of AdamW (Loshchilov & Hutter 2019).
 * @param mask which parameters decay; all by default
 */
export function decay(rate: number, mask: Mask = () => true): Optimiser {
  if (rate === 0) return chain();
  return stateless((updates, { parameters }) =>
    zipTraced([updates, parameters], ([update, parameter], path) =>
      mask(path) ? update!.add(parameter!.mul(rate)) : update!,
    ),
  );
}

/** Velocity v ← momentum · v + g; updates are v, or g + momentum · v with `nesterov` (Sutskever et al. 2013, as PyTorch writes it). */
export function momentum({
  momentum: rate,
  nesterov = false,
}: {
  readonly momentum: number;
  readonly nesterov?: boolean;
}): Optimiser {
  return {
    init: zerosLike,
    update(updates, state) {
      const velocity = zipTraced([state, updates], ([v, g]) => v!.mul(rate).add(g!));
      return {
        updates: nesterov
          ? zipTraced([updates, velocity], ([g, v]) => g!.add(v!.mul(rate)))
          : velocity,
        state: velocity,
      };
    },
  };
}

/** Options of Adam's moments. */
export interface AdamMoments {
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** Added to the root of the second moment. @default 1e-8 */
  readonly epsilon?: number;
}

/** m̂ / (√v̂ + ε) of Adam (Kingma & Ba 2015, algorithm 1). */
export function adamMoments({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
}: AdamMoments = {}): Optimiser {
  return {
    init: (parameters) => ({
      first: zerosLike(parameters),
      second: zerosLike(parameters),
      // 1 − βᵗ by recursion: as a difference it would lose its digits in the first steps.
      firstWeight: hostScalar(0),
      secondWeight: hostScalar(0),
    }),
    update(updates, state) {
      const before = state as {
        readonly first: TracedValues;
        readonly second: TracedValues;
        readonly firstWeight: Traced;
        readonly secondWeight: Traced;
      };
      const first = zipTraced([before.first, updates], ([m, g]) => average(m!, g!, beta1));
      const second = zipTraced([before.second, updates], ([v, g]) =>
        average(v!, np.square(g!), beta2),
      );
      const firstWeight = before.firstWeight.mul(beta1).add(1 - beta1);
      const secondWeight = before.secondWeight.mul(beta2).add(1 - beta2);
      const scaleFirst = np.reciprocal(firstWeight).reshape([]);
      const scaleSecond = np.reciprocal(np.sqrt(secondWeight)).reshape([]);
      return {
        updates: zipTraced([first, second], ([m, v]) =>
          m!.mul(scaleFirst).div(np.sqrt(v!).mul(scaleSecond).add(epsilon)),
        ),
        state: { first, second, firstWeight, secondWeight },
      };
    },
  };
}

/** Sign of an average of gradients, of Lion (Chen et al. 2023, algorithm 2). */
export function lionSign({
  beta1 = 0.9,
  beta2 = 0.99,
}: {
  readonly beta1?: number;
  readonly beta2?: number;
} = {}): Optimiser {
  return {
    init: zerosLike,
    update: (updates, state) => ({
      updates: zipTraced([state, updates], ([m, g]) => np.sign(average(m!, g!, beta1))),
      state: zipTraced([state, updates], ([m, g]) => average(m!, g!, beta2)),
    }),
  };
}

/** Multiplies by −learning rate · the host's scale: what comes out is added to the parameters. */
export function descend(learningRate: number | Schedule): Optimiser {
  return stateless((updates, { step, scale }) => {
    const rate = typeof learningRate === 'number' ? learningRate : learningRate(step);
    const factor = scale.mul(rate).mul(-1);
    return mapTraced(updates, (update) => update.mul(factor));
  });
}

/** rate · old + (1 − rate) · fresh. */
function average(old: Traced, fresh: Traced, rate: number): Traced {
  return old.mul(rate).add(fresh.mul(1 - rate));
}

/** Parameters after updates. */
export function applyUpdates(parameters: TracedValues, updates: TracedValues): TracedValues {
  return zipTraced([parameters, updates], ([parameter, update]) => parameter!.add(update!));
}
