/**
 * Numbers that are not finite: looked for inside of a step, told by the name of their array.
 * @module
 */

import { isHostArray } from '../compiler/arrays.ts';
import { np, type Traced } from '../compiler/jax.ts';
import { leavesOf } from '../compiler/tree.ts';
import { RingtrueError } from '../core/errors.ts';
import { branch, type HostValues, hostLeaf, type TracedValues, tracedLeaves } from './trees.ts';

/** Parts of the state, in the order in which a step looks at them; a training may lack the last ones. */
const STATE_PARTS = ['parameters', 'optimiser', 'model', 'average'] as const;

/** A part of the state. */
export type StatePart = (typeof STATE_PARTS)[number];

/** What may not be finite. */
export type BadPart = 'loss' | 'gradient' | 'gradient norm' | StatePart;

/** Paths of the floating-point arrays of each part of the state, in the order in which steps tell of them. */
export type StatePaths = Readonly<Partial<Record<StatePart, readonly string[]>>>;

/**
 * What was not finite after a step, the first of: loss, gradients, their norm, and the new parameters,
 * optimiser state, model state and averages.
 */
export interface Bad {
  readonly what: BadPart;
  readonly paths: readonly string[];
}

/** The numbers of a step that tell whether all was finite. */
export interface StepNumbers {
  readonly loss: number;
  readonly gradientNorm: number;
  /** Null if all is well. */
  readonly bad: Bad | null;
}

/** Paths of a state, as {@link readNumbers} takes them. */
export function statePaths(state: HostValues): StatePaths {
  const parts = STATE_PARTS.filter((part) => Object.hasOwn(state, part));
  const pathsOf = (part: StatePart): string[] =>
    leavesOf(branch(state, part), isHostArray).flatMap(({ path, value }) =>
      value.data instanceof Float32Array ? [path] : [],
    );
  return Object.fromEntries(parts.map((part) => [part, pathsOf(part)]));
}

/**
 * Magnitudes of gradients and of the parts of the state: beside `loss` and `gradientNorm`, each `[1]`, what a step
 * tells so that {@link readNumbers} can say what was not finite.
 */
export function magnitudesOf(
  gradient: TracedValues,
  state: Readonly<Partial<Record<StatePart, TracedValues>>>,
): Readonly<Record<string, Traced>> {
  const parts = STATE_PARTS.flatMap((part) => {
    const values = state[part];
    return values === undefined ? [] : [[part, values] as const];
  });
  return Object.fromEntries(
    [['gradients', gradient] as const, ...parts].map(([name, values]) => [
      name,
      magnitudes(values),
    ]),
  );
}

/**
 * Mean magnitude of every floating-point array of a tree, `[arrays]`: not finite where one of its elements is
 * not. No arrays are told of as one 0.
 */
function magnitudes(tree: TracedValues): Traced {
  const floats = tracedLeaves(tree).filter(({ dtype }) => dtype === np.float32);
  if (floats.length === 0) return np.zeros([1]);
  // Divided before it is summed: a sum of large numbers would overflow where no element did.
  return np.stack(floats.map((value) => np.sum(np.abs(value).mul(1 / value.size))));
}

/** Reads what {@link magnitudesOf} describes. */
export function readNumbers(metrics: HostValues, paths: StatePaths): StepNumbers {
  const one = (name: string): number => hostLeaf(branch(metrics, name)).data[0]!;
  const badOf = (name: string, of: readonly string[]): readonly string[] => {
    const { data } = hostLeaf(branch(metrics, name));
    return of.filter((_, i) => !Number.isFinite(data[i]!));
  };
  const [loss, gradientNorm] = [one('loss'), one('gradientNorm')];
  const gradients = badOf('gradients', paths.parameters ?? []);
  const told: readonly (readonly [BadPart, boolean, readonly string[]])[] = [
    ['loss', !Number.isFinite(loss), gradients],
    ['gradient', gradients.length > 0, gradients],
    ['gradient norm', !Number.isFinite(gradientNorm), []],
    ...STATE_PARTS.flatMap((part) => {
      const of = paths[part];
      if (of === undefined) return [];
      const bad = badOf(part, of);
      return [[part, bad.length > 0, bad] as const];
    }),
  ];
  const [what, , bad] = told.find(([, isBad]) => isBad) ?? [];
  return {
    loss,
    gradientNorm,
    bad: what === undefined || bad === undefined ? null : { what, paths: bad },
  };
}

/** Paths that a message lists. */
const SHOWN_PATHS = 8;

/**
 * Refuses a step after which not all is finite.
 * @param details more that is told of the step
 * @param kept where the last good state is, to end "the last good …" with
 * @throws RingtrueError `training/diverged`
 */
export function refuseBad(
  { bad, loss, gradientNorm }: StepNumbers,
  {
    step,
    details = {},
    kept,
  }: {
    readonly step: number;
    readonly details?: { readonly [name: string]: number };
    readonly kept: string;
  },
): void {
  if (bad === null) return;
  const { what, paths } = bad;
  const listed = `${paths.slice(0, SHOWN_PATHS).join(', ')}${paths.length > SHOWN_PATHS ? ` and ${paths.length - SHOWN_PATHS} more` : ''}`;
  const message = {
    loss: `the loss is ${loss}; gradients that are not finite: ${paths.length === 0 ? 'none' : listed}`,
    gradient: `the loss is ${loss}, but the gradient of ${listed} is not finite`,
    'gradient norm': `loss and gradients are finite, but the norm of the gradients is ${gradientNorm}: their squares are too large`,
    parameters: `loss and gradients are finite, but ${listed} is not after the update`,
    optimiser: `the parameters are finite, but ${listed} of the optimiser's state is not after the update`,
    model: `the parameters are finite, but ${listed} of the model's state is not after the step`,
    average: `the parameters are finite, but the average of ${listed} is not`,
  }[what];
  throw new RingtrueError('training/diverged', `step ${step}: ${message}`, {
    details: { step, what, paths: [...paths], loss: String(loss), ...details },
    hint: `All was finite before this step; the last good ${kept}. Lower the learning rate, clip the gradient, or check the loss for a logarithm or root of 0.`,
  });
}
