/**
 * The optimiser contract: a pair of functions over trees, so that parts compose.
 * @module
 */

import type { Traced } from '../../compiler/jax.ts';
import type { HostValues, TracedValues } from '../trees.ts';

/** What an update may look at besides gradients and its own state. */
export interface UpdateContext {
  /** Parameters before the update. */
  readonly parameters: TracedValues;
  /** Steps made before this one, float32 `[]`. */
  readonly step: Traced;
  /** Factor on the learning rate that the host decides between steps (plateau schedules), float32 `[]`. */
  readonly scale: Traced;
}

/**
 * One part of an optimiser: turns updates (gradients, for the first part) into updates, with a state of
 * its own. The last part yields what is added to the parameters.
 */
export interface Optimiser {
  /** First state for these parameters; plain arrays, `{}` for none. */
  init(parameters: HostValues): HostValues;
  /** Traced: must be free of effects. */
  update(
    updates: TracedValues,
    state: TracedValues,
    context: UpdateContext,
  ): { readonly updates: TracedValues; readonly state: TracedValues };
}

/** Chooses parameters by path, such as `conv1.weight`. */
export type Mask = (path: string) => boolean;

/** Learning rate, or its like, at a step: float32 `[]` to float32 `[]`. */
export type Schedule = (step: Traced) => Traced;
