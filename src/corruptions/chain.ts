/**
 * Conditions of a study: reading them, applying them.
 * @module
 */

import type { Audio } from '../audio/audio.ts';
import { type Json, RingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import type { Rng } from '../core/rng.ts';
import { corruptions, findCorruption } from './registry.ts';
import { conditionOf, levelSteps, readOptions, stepParams } from './step.ts';
import type { Condition, Corrupted, CorruptionFamily } from './types.ts';

/** The condition without any corruption. */
export const CLEAN: Condition = conditionOf([]);

const FAMILIES: readonly CorruptionFamily[] = [
  'noise',
  'modification',
  'compression',
  'neural-codec',
  'channel',
  'occlusion',
];

/**
 * Reads conditions: `clean`, `mp3` (all levels), `mp3@2`, `mp3@1..5`, `noise/*` (a family), `all/*` (every family
 * but occlusion, whose levels are probes),
 * `opus@2+background-noise@3` or `{chain: ['opus@2', 'background-noise@3']}`; each id comes once. Options follow a
 * name with or without its levels: `echo@3~mode=reference`, `opus~vbr=false` (all levels); those that make the
 * levels take their place: `echo~gain=0.4~mode=reference`.
 * @throws RingtrueError `corruptions/bad-condition`, `corruptions/unknown`, `corruptions/unknown-level`,
 *   `corruptions/unknown-option`, `corruptions/bad-option`
 */
export function parseConditions(spec: readonly unknown[]): Condition[] {
  const found = new Map<string, Condition>();
  for (const entry of spec)
    for (const condition of parseOne(entry)) found.set(condition.id, condition);
  return [...found.values()];
}

function parseOne(entry: unknown): Condition[] {
  if (
    typeof entry === 'object' &&
    entry !== null &&
    'chain' in entry &&
    Array.isArray(entry.chain)
  ) {
    return [chainOf(entry.chain.map(String))];
  }
  if (typeof entry !== 'string') {
    throw new RingtrueError(
      'corruptions/bad-condition',
      `a condition is a text or {chain: […]}, not ${JSON.stringify(entry)}`,
    );
  }
  const text = entry.trim();
  if (text === CLEAN.id) return [CLEAN];
  if (text.includes('+')) return [chainOf(text.split('+'))];
  if (text.endsWith('/*')) {
    const family = text.slice(0, -2);
    const members = corruptions().filter((corruption) =>
      family === 'all' ? corruption.family !== 'occlusion' : corruption.family === family,
    );
    if (members.length === 0) {
      throw new RingtrueError(
        'corruptions/bad-condition',
        `there is no family ${JSON.stringify(family)} with corruptions; there are ${FAMILIES.join(', ')} and all`,
      );
    }
    return members
      .flatMap((corruption) => levelSteps(corruption))
      .map((step) => conditionOf([step]));
  }
  const match = /^([a-z0-9-]+)(?:@(\d+)(?:\.\.(\d+))?)?(~.*)?$/.exec(text);
  if (match === null) {
    throw new RingtrueError(
      'corruptions/bad-condition',
      `${JSON.stringify(text)} is not NAME, NAME@LEVEL, NAME@FROM..TO, any of them with ~OPTION=VALUE, or FAMILY/*`,
    );
  }
  const [, name = '', first, last = first, given = ''] = match;
  const corruption = findCorruption(name);
  const options = readOptions(corruption, given);
  if (first === undefined)
    return levelSteps(corruption, { options }).map((step) => conditionOf([step]));
  const [from, to] = [Number(first), Number(last)];
  if (to < from)
    throw new RingtrueError('corruptions/bad-condition', `${text}: ${from} is larger than ${to}`);
  const levels = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return levelSteps(corruption, { levels, options }).map((step) => conditionOf([step]));
}

function chainOf(parts: readonly string[]): Condition {
  const steps = parts.flatMap((part) => {
    const conditions = parseOne(part.trim());
    if (conditions.length !== 1) {
      throw new RingtrueError(
        'corruptions/bad-condition',
        `a step of a chain names one level, ${JSON.stringify(part)} names ${conditions.length}`,
      );
    }
    return conditions[0]!.steps;
  });
  if (steps.length === 0)
    throw new RingtrueError('corruptions/bad-condition', 'a chain needs at least one step');
  return conditionOf(steps);
}

/** What came of a condition: the sound and the bytes of the last codec. */
export interface ConditionApplied extends Corrupted {
  /** What was drawn for each step. */
  readonly drawn: readonly Json[];
  /** Bytes that each step wrote; null where it codes nothing. */
  readonly stepBytes: readonly (number | null)[];
}

/**
 * Hash of the recordings that a condition uses beside its parameters; undefined if it uses none.
 * @throws RingtrueError `corruptions/asset-missing`
 */
export async function conditionAssets({ steps }: Condition): Promise<string | undefined> {
  const hashes: Json[] = [];
  for (const { corruption } of steps) {
    const hash = await findCorruption(corruption).assetHash?.();
    if (hash !== undefined) hashes.push(hash);
  }
  return hashes.length === 0 ? undefined : hashJson(hashes);
}

/**
 * Applies a condition step by step.
 * @param rng stream of this clip and condition: `createRng(seed).split(clipId).split(conditionId)`
 */
export async function applyCondition(
  audio: Audio,
  condition: Condition,
  rng: Rng,
): Promise<ConditionApplied> {
  let current = audio;
  const drawn: Json[] = [];
  const stepBytes: (number | null)[] = [];
  for (const [i, step] of condition.steps.entries()) {
    const corruption = findCorruption(step.corruption);
    const parameters = corruption.draw(stepParams(corruption, step), rng.split(i));
    drawn.push(parameters);
    const next = await corruption.apply(current, parameters);
    stepBytes.push(next.encodedBytes ?? null);
    current = next.audio;
  }
  const encodedBytes = stepBytes.findLast((bytes) => bytes !== null);
  return {
    audio: current,
    drawn,
    stepBytes,
    ...(encodedBytes === undefined || encodedBytes === null ? {} : { encodedBytes }),
  };
}
