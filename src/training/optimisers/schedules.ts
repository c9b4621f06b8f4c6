/**
 * Learning rates as functions of the step: in the graph, so that a step needs no number from the host.
 * @module
 */

import { np, type Traced } from '../../compiler/jax.ts';
import type { Schedule } from './types.ts';

/** Always the same. */
export function constant(value: number): Schedule {
  return (step) => step.mul(0).add(value);
}

/** Rises from `from · peak` to the peak within `steps` steps, then follows `after`, whose steps count from there. */
export function warmUp({
  steps,
  peak,
  from = 0,
  after,
}: {
  readonly steps: number;
  readonly peak: number;
  /** @default 0 */
  readonly from?: number;
  readonly after: Schedule;
}): Schedule {
  if (steps <= 0) return after;
  return (step) => {
    const rising = step
      .mul((1 - from) / steps)
      .add(from)
      .mul(peak);
    return np.where(np.less(step, steps), rising, after(np.maximum(step.sub(steps), 0)));
  };
}

/** Half a cosine from `peak` to `floor` over `steps` steps, then `floor` (Loshchilov & Hutter 2017, equation 5). */
export function cosine({
  steps,
  peak,
  floor = 0,
}: {
  readonly steps: number;
  readonly peak: number;
  /** @default 0 */
  readonly floor?: number;
}): Schedule {
  return (step) => annealed(np.minimum(step.mul(1 / Math.max(1, steps)), 1), peak, floor);
}

/** Multiplied by `factor` after every `every` steps. */
export function stepDecay({
  every,
  peak,
  factor,
}: {
  readonly every: number;
  readonly peak: number;
  readonly factor: number;
}): Schedule {
  // A hair above: a step divided in float32 may fall just short of the whole number.
  return (step) => np.exp(np.floor(step.add(0.5).mul(1 / every)).mul(Math.log(factor))).mul(peak);
}

/** One-cycle policy (Smith & Topin 2018) with cosine annealing, as PyTorch's `OneCycleLR` counts it. */
export function oneCycle({
  steps,
  peak,
  rise = 0.3,
  start = 1 / 25,
  end = 1e-4,
}: {
  readonly steps: number;
  readonly peak: number;
  /** Share of the steps before the peak. @default 0.3 */
  readonly rise?: number;
  /** First rate as a share of the peak. @default 1/25 */
  readonly start?: number;
  /** Last rate as a share of the first. @default 1e-4 */
  readonly end?: number;
}): Schedule {
  const top = Math.max(1, rise * steps - 1);
  const last = Math.max(top + 1, steps - 1);
  const first = start * peak;
  return (step) => {
    const falling = np.minimum(step.sub(top).mul(1 / (last - top)), 1);
    return np.where(
      np.less(step, top),
      annealed(step.mul(1 / top), first, peak),
      annealed(falling, peak, end * first),
    );
  };
}

/** From one value to another along half a cosine, `share` in 0…1. */
function annealed(share: Traced, from: number, to: number): Traced {
  return np
    .cos(share.mul(Math.PI))
    .add(1)
    .mul((from - to) / 2)
    .add(to);
}
