/**
 * Cards of detectors that come from outside: what is not told is said to be unknown.
 * @module
 */

import type { Card } from '../types.ts';

/**
 * A card that satisfies the card schema without claiming anything.
 * @param known what the owner of the detector tells
 */
export function foreignCard(
  known: { name: string; summary: string } & { [K in keyof Card]?: Card[K] | undefined },
): Card {
  const trainedOn = known.trainedOn ?? [];
  return {
    name: known.name,
    version: known.version ?? 'unknown',
    summary: known.summary,
    licence: known.licence ?? 'unknown',
    languages: known.languages ?? [],
    trainedOn,
    recipe: known.recipe ?? 'unknown: trained outside Ringtrue',
    operatingPoints: known.operatingPoints ?? [],
    ...(known.calibration === undefined ? {} : { calibration: known.calibration }),
    limits: [
      ...(known.limits ?? []),
      ...(trainedOn.length === 0
        ? ['The training data are unknown: clips of a test may have been trained on.']
        : []),
      ...(known.calibration === undefined
        ? ['The score is not calibrated: it has no meaning as a likelihood ratio.']
        : []),
    ],
  };
}
