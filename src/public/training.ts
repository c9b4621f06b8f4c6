/**
 * `ringtrue/training`: recipes of one's own, with the layers, losses, optimisers and schedules of `ringtrue/runtime`.
 * @module
 */

export * as z from 'zod';
export { policySchema } from '../corruptions/policy.ts';
export { LFCC_LCNN_SETTINGS } from '../models/network/front-end.ts';
export { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
export { defineRecipe } from '../training/define-recipe.ts';
export { type LoadedRecipe, loadRecipe } from '../training/load-recipe.ts';
export { networkSettings } from '../training/recipe.ts';
export { createTrainer, type Trainer, type TrainerOptions } from '../training/trainer.ts';
export {
  createRng,
  grad,
  type HostArray,
  hostArray,
  lax,
  layers,
  losses,
  nn,
  np,
  optimisers,
  type Rng,
  type Traced,
  valueAndGrad,
  valueAuxAndGrad,
  withTangent,
} from './runtime.ts';
