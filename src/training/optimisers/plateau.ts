/**
 * Lower learning rates when progress stops: the one schedule that looks at results, so the host keeps it.
 * @module
 */

/** Options of {@link nextPlateau}; the defaults are those of PyTorch's `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** @default 0.1 */
  readonly factor?: number;
  /** Values without progress that are borne. @default 10 */
  readonly patience?: number;
  /** Share of the best value that counts as progress. @default 1e-4 */
  readonly threshold?: number;
  /** Values after a reduction that are not counted. @default 0 */
  readonly cooldown?: number;
  /** Smallest scale. @default 0 */
  readonly floor?: number;
}

/** Plain data, part of a checkpoint. */
export interface PlateauState {
  /** Factor on the learning rate. */
  readonly scale: number;
  /** Lowest value so far; null before the first. */
  readonly best: number | null;
  /** Values in a row without progress. */
  readonly bad: number;
  /** Values that are still not counted after a reduction. */
  readonly cooling: number;
}

/** Before any value. */
export const PLATEAU_START: PlateauState = { scale: 1, best: null, bad: 0, cooling: 0 };

/** State after one more value, lower being better. */
export function nextPlateau(
  state: PlateauState,
  value: number,
  { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, floor = 0 }: PlateauOptions = {},
): PlateauState {
  const better = state.best === null || value < state.best * (1 - threshold);
  const best = better ? value : state.best;
  const cooling = Math.max(0, state.cooling - 1);
  const bad = better || state.cooling > 0 ? 0 : state.bad + 1;
  if (bad <= patience) return { scale: state.scale, best, bad, cooling };
  return { scale: Math.max(floor, state.scale * factor), best, bad: 0, cooling: cooldown };
}
