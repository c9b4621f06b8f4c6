/**
 * Checks of shapes that name the layer, what it got, what it expected, and the line that called it.
 * @module
 */

import type { Traced } from '../../compiler/jax.ts';
import { userLine } from '../../compiler/source-lines.ts';
import { RingtrueError } from '../../core/errors.ts';

/** Sizes that are fixed, names of those that are free; `'...'` in front stands for any leading axes. */
export type ShapePattern = readonly (number | string)[];

/**
 * Refuses an array of the wrong shape.
 * @param where name of layer and argument, `dense: x`
 * @throws RingtrueError `compiler/trace` with both shapes and the line of the caller
 */
export function expectShape(where: string, x: Traced, pattern: ShapePattern): void {
  const open = pattern[0] === '...';
  const sizes = open ? pattern.slice(1) : pattern;
  const { shape } = x;
  const fits =
    (open ? shape.length >= sizes.length : shape.length === sizes.length) &&
    sizes.every((size, i) => {
      return typeof size === 'string' || size === shape[shape.length - sizes.length + i];
    });
  if (!fits) throw shapeError(where, shape, pattern);
}

/** The error of a shape that does not fit: see {@link expectShape}. */
export function shapeError(
  where: string,
  got: readonly number[],
  expected: ShapePattern,
): RingtrueError {
  const line = callerLine();
  const message = `${where} has shape [${got.join(', ')}], expected [${expected.join(', ')}]`;
  return new RingtrueError('compiler/trace', line === null ? message : `${line}: ${message}`, {
    details: { where, got: [...got], expected: [...expected], line },
  });
}

/** The error of a setting that a layer or loss cannot work with. */
export function settingError(where: string, problem: string): RingtrueError {
  const line = callerLine();
  const message = `${where}: ${problem}`;
  return new RingtrueError(
    'core/invalid-options',
    line === null ? message : `${line}: ${message}`,
    { details: { where, line } },
  );
}

function callerLine(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const { stack } = new Error();
  Error.stackTraceLimit = limit;
  return userLine(stack);
}
