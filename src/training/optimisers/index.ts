/**
 * Optimisers, schedules and weight averages.
 * @module
 */

export { type Averaging, ema, swa } from './averaging.ts';
export { adam, adamw, lion, type OptimiserOptions, sgd } from './optimisers.ts';
export {
  adamMoments,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  clipByValue,
  decay,
  descend,
  globalNorm,
  lionSign,
  momentum,
} from './parts.ts';
export {
  nextPlateau,
  PLATEAU_START,
  type PlateauOptions,
  type PlateauState,
} from './plateau.ts';
export { constant, cosine, oneCycle, stepDecay, warmUp } from './schedules.ts';
export type { Mask, Optimiser, Schedule, UpdateContext } from './types.ts';
