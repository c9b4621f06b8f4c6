/**
 * Calibration of logits by their likelihood, every clip counting once: temperature and Platt scaling (card
 * metrics.md §8). `fitCalibration` is the form that weighs the classes by a prior.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { softplus } from './cllr.ts';
import { requireBothClasses } from './ranking.ts';
import type { Scores } from './types.ts';

/** P(spoof) = 1 / (1 + e^−(`scale` · score + `offset`)). */
export interface PlattScaling {
  readonly scale: number;
  readonly offset: number;
  /** Mean negative log-likelihood of the labels at the fit, in nats. */
  readonly logLoss: number;
}

/**
 * The temperature T that makes logit / T the most likely. Ranking and the decision at 0.5 stay as they are.
 * Fit it on development data.
 * @param logits log odds of spoof
 * @returns `temperature` > 0 and the log loss there, in nats
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `metrics/cannot-calibrate` if no
 *   clip lies on the wrong side of 0 (the best temperature is 0), or the logits do not rise with spoof
 */
export function fitTemperature(logits: Scores): {
  readonly temperature: number;
  readonly logLoss: number;
} {
  const { scale, logLoss } = maximise(logits, { free: 'scale', smooth: false });
  return { temperature: 1 / scale, logLoss };
}

/**
 * Platt's logistic fit of scores.
 * @param options `smooth`: Platt's targets (n⁺ + 1)/(n⁺ + 2) and 1/(n⁻ + 2) in place of 1 and 0, which keep
 *   the fit finite where the classes do not overlap
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `metrics/cannot-calibrate` if no
 *   finite rising fit exists
 */
export function fitPlatt(
  scores: Scores,
  { smooth = false }: { smooth?: boolean } = {},
): PlattScaling {
  return maximise(scores, { free: 'both', smooth });
}

/** Newton steps, halved until the convex cost falls. */
function maximise(
  { bonafide, spoof }: Scores,
  { free, smooth }: { readonly free: 'scale' | 'both'; readonly smooth: boolean },
): PlattScaling {
  requireBothClasses({ bonafide: bonafide.length, spoof: spoof.length });
  const unit = unitOf(bonafide, spoof);
  const edge = free === 'scale' ? 0 : least(spoof);
  if (!smooth && largest(bonafide) <= edge && edge <= least(spoof)) {
    throw new RingtrueError(
      'metrics/cannot-calibrate',
      'the classes do not overlap, so the best fit is infinitely steep',
    );
  }
  const points = [
    { values: bonafide, target: smooth ? 1 / (bonafide.length + 2) : 0 },
    { values: spoof, target: smooth ? (spoof.length + 1) / (spoof.length + 2) : 1 },
  ];
  const n = bonafide.length + spoof.length;
  const cost = (scale: number, offset: number): number => {
    let sum = 0;
    for (const { values, target } of points) {
      for (const value of values) {
        const z = (scale * value) / unit + offset;
        sum += target * softplus(-z) + (1 - target) * softplus(z);
      }
    }
    return sum / n;
  };
  let scale = 0;
  let offset = 0;
  let now = cost(scale, offset);
  for (let round = 0; round < 200; round += 1) {
    let gradientScale = 0;
    let gradientOffset = 0;
    let scaleScale = 0;
    let scaleOffset = 0;
    let offsetOffset = 0;
    for (const { values, target } of points) {
      for (const raw of values) {
        const value = raw / unit;
        const p = 1 / (1 + Math.exp(-(scale * value + offset)));
        gradientScale += (p - target) * value;
        gradientOffset += p - target;
        scaleScale += p * (1 - p) * value * value;
        scaleOffset += p * (1 - p) * value;
        offsetOffset += p * (1 - p);
      }
    }
    let stepScale = gradientScale / scaleScale;
    let stepOffset = 0;
    if (free === 'both') {
      const determinant = scaleScale * offsetOffset - scaleOffset * scaleOffset;
      stepScale = (offsetOffset * gradientScale - scaleOffset * gradientOffset) / determinant;
      stepOffset = (scaleScale * gradientOffset - scaleOffset * gradientScale) / determinant;
    }
    if (!Number.isFinite(stepScale) || !Number.isFinite(stepOffset)) break;
    let damping = 1;
    let next = cost(scale - stepScale, offset - stepOffset);
    while (next > now && damping > 1e-12) {
      damping /= 2;
      next = cost(scale - damping * stepScale, offset - damping * stepOffset);
    }
    if (!(next <= now)) break;
    scale -= damping * stepScale;
    offset -= damping * stepOffset;
    const moved = damping * Math.max(Math.abs(stepScale), Math.abs(stepOffset));
    now = next;
    if (moved < 1e-13) break;
  }
  if (!(scale > 0)) {
    throw new RingtrueError(
      'metrics/cannot-calibrate',
      'the best fit does not rise: higher scores are not more often spoof',
      { details: { scale: scale / unit } },
    );
  }
  return { scale: scale / unit, offset, logLoss: now };
}

/** Largest magnitude among the scores, so that the fit does not depend on their unit. */
function unitOf(...classes: readonly Float64Array[]): number {
  for (const values of classes) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    throw new RingtrueError(
      'metrics/not-finite',
      `score ${at} is ${values[at]}; expected a finite number`,
    );
  }
  const top = Math.max(...classes.map((values) => Math.max(largest(values), -least(values))));
  return top > 0 ? top : 1;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function least(values: Float64Array): number {
  return values.reduce((most, value) => Math.min(most, value), Number.POSITIVE_INFINITY);
}
