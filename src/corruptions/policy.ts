/**
 * Random corruption policies for augmentation: one of, some of, with a probability.
 * @module
 */

import * as z from 'zod';
import type { Audio } from '../audio/audio.ts';
import type { Json } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import { applyCondition, parseConditions } from './chain.ts';
import { conditionOf } from './step.ts';
import type { Condition, Corrupted } from './types.ts';

/**
 * A policy, as a recipe or a study file writes it: a condition, `oneOf` several policies, `someOf` them (`count`
 * different ones) or a `sequence` of them; `probability` is the chance that anything is done, 1 if absent.
 */
export type Policy =
  | string
  | { readonly oneOf: readonly Policy[]; readonly probability?: number | undefined }
  | {
      readonly someOf: readonly Policy[];
      readonly count: number;
      readonly probability?: number | undefined;
    }
  | { readonly sequence: readonly Policy[]; readonly probability?: number | undefined };

const probability = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe('chance that anything is done at all');

/** Schema of {@link Policy}. */
export const policySchema: z.ZodType<Policy> = z.lazy(() =>
  z.union([
    z.string(),
    z.strictObject({ oneOf: z.array(policySchema).min(1), probability }),
    z.strictObject({
      someOf: z.array(policySchema).min(1),
      count: z.number().int().positive(),
      probability,
    }),
    z.strictObject({ sequence: z.array(policySchema).min(1), probability }),
  ]),
);

/**
 * Draws the condition that a policy gives for one clip: texts are conditions (`mp3@1..5` draws one of the five,
 * `echo@3~mode=reference` has an option).
 * @throws RingtrueError as `parseConditions`
 */
export function drawPolicy(policy: Policy, rng: Rng): Condition {
  return conditionOf(drawSteps(policy, rng));
}

function drawSteps(policy: Policy, rng: Rng): Condition['steps'] {
  if (typeof policy === 'string') return rng.pick(parseConditions([policy])).steps;
  if (policy.probability !== undefined && rng.uniform() >= policy.probability) return [];
  if ('oneOf' in policy) return drawSteps(rng.pick(policy.oneOf), rng);
  if ('sequence' in policy) return policy.sequence.flatMap((each) => drawSteps(each, rng));
  return rng
    .shuffle(policy.someOf)
    .slice(0, policy.count)
    .flatMap((each) => drawSteps(each, rng));
}

/** Draws and applies a policy. */
export async function applyPolicy(
  audio: Audio,
  policy: Policy,
  rng: Rng,
): Promise<Corrupted & { condition: string; drawn: readonly Json[] }> {
  const condition = drawPolicy(policy, rng.split('policy'));
  return {
    ...(await applyCondition(audio, condition, rng.split('apply'))),
    condition: condition.id,
  };
}
