/**
 * The passes in the order in which they run.
 * @module
 */

import type { Program } from '../program.ts';
import { convolutions } from './convolutions.ts';
import { patterns } from './patterns.ts';
import { dropDead } from './rewrite.ts';
import { shareEqual } from './share.ts';
import { simplify } from './simplify.ts';
import { uniform } from './uniform.ts';

/** A program that does the same faster. */
export function optimise(program: Program): Program {
  return [simplify, uniform, shareEqual, dropDead, patterns, convolutions, dropDead].reduce(
    (result, pass) => pass(result),
    program,
  );
}
