/**
 * Runs traced programs by jax-js itself, equation by equation on arrays that lie in memory: the reference
 * that lowered programs are held to. jax-js's own `jit` would fuse equations, but in the pinned version it
 * refuses sorts, solvers and Fourier transforms of values that were only transposed or flipped before.
 * @module
 */

import * as jax from '@jax-js/jax';
import type { Traced } from './jax.ts';

type Jaxpr = jax.ClosedJaxpr['jaxpr'];
type Atom = Jaxpr['outs'][number];

/** What runs an operation on arrays; a field of the pinned version that its types hide. */
interface EvaluationTrace {
  processPrimitive(primitive: string, inputs: Traced[], params: object): Traced[];
}

/** Evaluates a program on arrays; gives up its reference to each of them. */
export function evaluate({ jaxpr, consts }: jax.ClosedJaxpr, args: readonly Traced[]): Traced[] {
  const { inBinders, eqns, outs } = jaxpr.flatten();
  const values = new Map<Atom, Traced>();
  // Constants stay with their program. They are arrays: nothing is traced here.
  const inputs = [...consts.map((constant) => (constant as Traced).ref), ...args];
  for (const [i, binder] of inBinders.entries()) values.set(binder, inputs[i]!);
  const uses = new Map<Atom, number>();
  for (const atom of [...eqns.flatMap((equation) => equation.inputs), ...outs])
    uses.set(atom, (uses.get(atom) ?? 0) + 1);
  for (const [atom, value] of values) if (!uses.has(atom)) value.dispose();
  const trace = evaluationTrace();
  const read = (atom: Atom): Traced => {
    if ('value' in atom) return literal(Number(atom.value), atom.aval);
    const left = (uses.get(atom) ?? 0) - 1;
    uses.set(atom, left);
    const value = values.get(atom)!;
    return left > 0 ? value.ref : value;
  };
  for (const { primitive, inputs: operands, params, outBinders } of eqns) {
    const results = trace.processPrimitive(primitive, operands.map(read), params);
    for (const [i, binder] of outBinders.entries()) {
      if (uses.has(binder)) values.set(binder, results[i]!);
      else results[i]!.dispose();
    }
  }
  return outs.map(read);
}

/** Numbers of the source take the type of what they meet, others have their own. */
function literal(
  value: number,
  { dtype, weakType }: { readonly dtype: string; readonly weakType: boolean },
): Traced {
  return weakType && dtype === 'float32'
    ? jax.numpy.array(value)
    : jax.numpy.array(dtype === 'bool' ? value !== 0 : value, { dtype: dtype as jax.DType });
}

function evaluationTrace(): EvaluationTrace {
  const array = jax.numpy.zeros([]);
  const { _trace } = array as unknown as { readonly _trace: EvaluationTrace };
  array.dispose();
  return _trace;
}
