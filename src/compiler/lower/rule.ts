/**
 * What a lowering rule is.
 * @module
 */

import type { ValueName } from '../../graph/build.ts';
import type { DType } from '../arrays.ts';
import type { EquationOf, Primitive } from '../program.ts';
import type { Emitter } from './emitter.ts';
import { type View, viewOf } from './view.ts';

/** Lowers one equation: operands as views to results as views, one an output of the equation. */
export type Rule<P extends Primitive> = (
  emitter: Emitter,
  equation: EquationOf<P>,
  operands: readonly View[],
) => readonly View[];

/** Thrown by rules: this operation cannot be lowered; the caller adds its name and the line of user code. */
export class UnsupportedError extends Error {}

/** A dense value as view. */
export function denseView(name: ValueName, dims: readonly number[], dtype: DType): View {
  return viewOf({ name, dims, dtype });
}
