/**
 * `ringtrue/corruptions`: levelled corruptions, chains and policies.
 * @module
 */

export { createRng, type Rng } from '../core/rng.ts';
export { applyCondition, parseConditions } from '../corruptions/chain.ts';
export { applyPolicy, drawPolicy, type Policy, policySchema } from '../corruptions/policy.ts';
export { corruptions, findCorruption } from '../corruptions/registry.ts';
export type { Condition, ConditionStep, Corrupted, Corruption } from '../corruptions/types.ts';
