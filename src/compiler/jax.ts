/**
 * jax-js as Ringtrue uses it: functions are traced, never run array by array.
 *
 * jax-js counts references: a function that uses an argument twice must write `x.ref`. That rule frees
 * memory of concrete arrays; a traced value owns none. Here traced values are exempt from it, so that
 * models read like the equations they are. Differentiation runs on functions that were traced first
 * ({@link valueAndGrad}), where jax-js keeps the counts itself.
 * @module
 */

import * as jax from '@jax-js/jax';
import { recordEquation, tracingDerivative } from './source-lines.ts';

export { lax, nn, numpy as np, random, scipySpecial } from '@jax-js/jax';

/** A traced value inside a function: shape, element type, and numpy's methods. */
export type Traced = jax.Array;

/** What jax-js calls when it records an equation or a constant; internal to its pinned version. */
interface JaxprTrace {
  readonly builder: {
    readonly constTracers: Map<unknown, unknown>;
    readonly eqns: {
      primitive: string;
      params: object;
      inputs: { aval: { shape: number[]; dtype: string } }[];
    }[];
  };
  getOrMakeConstTracer(value: unknown): unknown;
  processPrimitive(primitive: string, tracers: unknown[], params: object): unknown;
}

exemptTracedValues();

function exemptTracedValues(): void {
  jax.makeJaxpr((x: Traced) => {
    const tracer: object = Object.getPrototypeOf(x);
    Object.defineProperty(tracer, 'ref', {
      get() {
        return this;
      },
    });
    Object.defineProperty(tracer, 'dispose', { value: () => undefined });
    // Reached through a field of the pinned version that its types hide.
    const trace = Object.getPrototypeOf(
      (x as unknown as { _trace: JaxprTrace })._trace,
    ) as JaxprTrace;
    const { getOrMakeConstTracer, processPrimitive } = trace;
    trace.getOrMakeConstTracer = function (value) {
      // Each use of a concrete array would give up one reference to it.
      if (this.builder.constTracers.has(value)) (value as Traced).ref;
      return getOrMakeConstTracer.call(this, value);
    };
    trace.processPrimitive = function (primitive, tracers, params) {
      const outputs = processPrimitive.call(this, primitive, tracers, params);
      const equation = this.builder.eqns.at(-1);
      if (equation !== undefined) recordEquation(equation);
      return outputs;
    };
    return x;
  })(jax.numpy.zeros([]));
}

/**
 * A function that returns the value and the gradient of a scalar function with respect to its first
 * argument, a tree of arrays; further arguments are not differentiated.
 *
 * @example
 * ```ts
 * const [loss, gradient] = valueAndGrad((weights: Traced) => np.sum(np.square(weights)))(w);
 * ```
 */
export function valueAndGrad<P, R extends unknown[]>(
  f: (parameters: P, ...rest: R) => Traced,
): (parameters: P, ...rest: R) => [Traced, P] {
  return differentiated(f, false) as (parameters: P, ...rest: R) => [Traced, P];
}

/** Like {@link valueAndGrad} for a function that returns `[loss, aux]`: aux, any tree, is passed on. */
export function valueAuxAndGrad<P, R extends unknown[], A>(
  f: (parameters: P, ...rest: R) => [Traced, A],
): (parameters: P, ...rest: R) => [[Traced, A], P] {
  return differentiated(f, true) as (parameters: P, ...rest: R) => [[Traced, A], P];
}

/** The gradient alone: see {@link valueAndGrad}. */
export function grad<P, R extends unknown[]>(
  f: (parameters: P, ...rest: R) => Traced,
): (parameters: P, ...rest: R) => P {
  return (...args) => valueAndGrad(f)(...args)[1];
}

/** Traced by `jit` first: differentiation then works on the program, which has no references to count. */
function differentiated(f: unknown, hasAux: boolean): unknown {
  // jax-js types functions of trees more narrowly than any function of ours can be typed.
  const own = f as (...args: Traced[]) => jax.JsTree<Traced>;
  const traced = jax.jit((...args: Traced[]) => tracingDerivative(false, () => own(...args)));
  const both = jax.valueAndGrad(traced as (...args: Traced[]) => Traced, { hasAux } as object);
  return (...args: Traced[]) => tracingDerivative(true, () => both(...args));
}

/**
 * Replaces the derivative of a function: `value` is computed without derivative, and `tangent(d)`,
 * linear in `d = dx`, is its directional derivative, which jax-js then transposes.
 *
 * Built from public operations: value + tangent(x − stop(x)); the compiler folds the zero away.
 * @param x the argument that carries the derivative, any shape
 * @param value `f(x)`, computed from `stop(x)` or anything else
 * @param tangent the linear map of a small change of x, shape of x to shape of value
 */
export function withTangent(x: Traced, value: Traced, tangent: (d: Traced) => Traced): Traced {
  const { lax, numpy } = jax;
  const zero = numpy.subtract(x, lax.stopGradient(x));
  return numpy.add(lax.stopGradient(value), tangent(zero));
}
