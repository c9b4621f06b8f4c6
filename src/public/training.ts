/**
 * `ringtrue/training`: recipes of one's own, with layers, losses, optimisers and schedules.
 * @module
 */

export * as z from 'zod';
export { type HostArray, hostArray } from '../compiler/arrays.ts';
export {
  grad,
  lax,
  nn,
  np,
  type Traced,
  valueAndGrad,
  withTangent,
} from '../compiler/jax.ts';
export { createRng, type Rng } from '../core/rng.ts';
export { policySchema } from '../corruptions/policy.ts';
export * as layers from '../models/layers/index.ts';
export { LFCC_LCNN_SETTINGS } from '../models/network/front-end.ts';
export { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
export { defineRecipe } from '../training/define-recipe.ts';
export { type LoadedRecipe, loadRecipe } from '../training/load-recipe.ts';
export * as losses from '../training/losses/index.ts';
export * as optimisers from '../training/optimisers/index.ts';
export { networkSettings } from '../training/recipe.ts';
export { createTrainer, type Trainer, type TrainerOptions } from '../training/trainer.ts';
