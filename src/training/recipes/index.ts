/**
 * The recipes that have a name.
 * @module
 */

import type { Recipe } from '../recipe.ts';
import { acousticLogistic } from './acoustic-logistic.ts';
import { autoencoderGmm } from './autoencoder-gmm.ts';
import { featureGmm } from './feature-gmm.ts';
import { fusion } from './fusion.ts';
import { lcnn } from './lcnn.ts';
import { lfccGmm } from './lfcc-gmm.ts';

/** Every recipe with a name, in the order of lists. */
export const RECIPES: readonly Recipe[] = [
  lfccGmm,
  acousticLogistic,
  lcnn,
  featureGmm,
  autoencoderGmm,
  fusion,
];
