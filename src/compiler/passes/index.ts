/**
 * The passes in the order in which they run.
 * @module
 */

import type { Program } from '../program.ts';
import { convolutions } from './convolutions.ts';
import { dropDead } from './rewrite.ts';
import { simplify } from './simplify.ts';

/** A program that does the same faster. */
export function optimise(program: Program): Program {
  return [simplify, convolutions, dropDead].reduce((result, pass) => pass(result), program);
}
