/**
 * Declaring a network recipe.
 * @module
 */

import type * as z from 'zod';
import { trainNetwork } from './loop.ts';
import { type NetworkRecipe, type Recipe, withSettings } from './recipe.ts';

/** A network's recipe, with what was declared. */
export interface DefinedRecipe<S extends z.ZodObject, P, M, O> extends Recipe {
  readonly definition: NetworkRecipe<S, P, M, O>;
}

/**
 * Declares how a network is made, fed and trained; `ringtrue train` does the rest. See the guide, and
 * `lcnn.ts` for a whole one.
 */
export function defineRecipe<S extends z.ZodObject, P, M, O>(
  definition: NetworkRecipe<S, P, M, O>,
): DefinedRecipe<S, P, M, O> {
  const { name, summary, limits, settings } = definition;
  return {
    name,
    summary,
    limits,
    settings,
    takesWeights: true,
    definition,
    async fit(parsed, context) {
      // The driver parses settings with the schema beside it.
      const network = withSettings(definition, parsed as z.output<S>);
      return [await trainNetwork(network, context)];
    },
  };
}
