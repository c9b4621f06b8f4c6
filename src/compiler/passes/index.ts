/**
 * The passes in the order in which they run. What depends on constants alone is left to ONNX Runtime, which
 * computes it once when a model is loaded. `perf/passes.mjs` measures what each pass gives.
 * @module
 */

import type { Program } from '../program.ts';
import { convolutions } from './convolutions.ts';
import { cumulative } from './cumulative.ts';
import { maxFeatureMap } from './max-feature-map.ts';
import { patterns } from './patterns.ts';
import { pooling } from './pooling.ts';
import { products } from './products.ts';
import { dropDead, type Pass } from './rewrite.ts';
import { shareEqual } from './share.ts';
import { simplify } from './simplify.ts';
import { sumsOfProducts } from './sums-of-products.ts';
import { uniform } from './uniform.ts';

/** Every pass by name; each keeps what the program computes. */
export const PASSES = {
  simplify,
  uniform,
  shareEqual,
  patterns,
  pooling,
  cumulative,
  sumsOfProducts,
  products,
  convolutions,
  maxFeatureMap,
} as const satisfies Record<string, Pass>;

/** Name of a pass. */
export type PassName = keyof typeof PASSES;

/**
 * A program that does the same faster.
 * @param without passes to leave out, to measure what they give
 */
export function optimise(program: Program, without: readonly PassName[] = []): Program {
  return (
    Object.entries(PASSES)
      // The keys of the table are its names.
      .filter(([name]) => !without.includes(name as PassName))
      .reduce((result, [, pass]) => dropDead(pass(result)), program)
  );
}
