/**
 * Affine calibration of scores to natural-log likelihood ratios (card calibration-and-decision.md
 * §2.2): llr = scale·score + offset, fitted by damped Newton steps in Float64.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { softplus } from './cllr.ts';
import { requireBothClasses } from './ranking.ts';
import type { Scores } from './types.ts';

/** llr = `scale`·score + `offset`, high = spoof. */
export interface Calibration {
  /** Always positive. */
  readonly scale: number;
  readonly offset: number;
}

/** Result of {@link fitCalibration}. */
export interface FittedCalibration extends Calibration {
  /** Whether the scale was held back, because otherwise it would be infinite (separable classes). */
  readonly regularised: boolean;
}

/** Options of {@link fitCalibration}. */
export interface CalibrationOptions {
  /** Prior of spoof that weighs the classes; 0.5 gives the least Cllr. @default 0.5 */
  readonly prior?: number;
  /**
   * Penalty on the squared scale, for scores of unit deviation.
   * @default 0, and 0.001 if no bona fide score lies above a spoof score
   */
  readonly ridge?: number;
}

const SEPARABLE_RIDGE = 1e-3;

/**
 * The affine calibration with the least prior-weighted cross-entropy. Fit it on development data, never
 * on the data it is judged by.
 * @throws RingtrueError `metrics/class-missing`, `metrics/not-finite`, `metrics/cannot-calibrate` if
 *   spoof clips do not score higher on average (only a falling map would fit), `core/invalid-options`
 */
export function fitCalibration(
  scores: Scores,
  { prior = 0.5, ridge }: CalibrationOptions = {},
): FittedCalibration {
  if (!(prior > 0 && prior < 1)) {
    throw new RingtrueError('core/invalid-options', `prior is ${prior}; expected between 0 and 1`);
  }
  requireBothClasses({ bonafide: scores.bonafide.length, spoof: scores.spoof.length });
  const bonafide = summarise(scores.bonafide, 'bonafide');
  const spoof = summarise(scores.spoof, 'spoof');
  if (!(spoof.mean > bonafide.mean)) {
    throw new RingtrueError(
      'metrics/cannot-calibrate',
      `spoof clips score ${spoof.mean} on average and bona fide clips ${bonafide.mean}; expected spoof higher`,
      { details: { bonafide: bonafide.mean, spoof: spoof.mean } },
    );
  }
  const separable = bonafide.max <= spoof.min;
  const penalty = ridge ?? (separable ? SEPARABLE_RIDGE : 0);
  const centre = (bonafide.mean + spoof.mean) / 2;
  const between = (spoof.mean - bonafide.mean) / 2;
  const unit = Math.sqrt((bonafide.variance + spoof.variance) / 2 + between * between);
  const standard = (values: Float64Array): Float64Array =>
    values.map((value) => (value - centre) / unit);
  const { scale, offset } = newton(
    { bonafide: standard(scores.bonafide), spoof: standard(scores.spoof) },
    prior,
    penalty,
  );
  return {
    scale: scale / unit,
    offset: offset - (scale * centre) / unit,
    regularised: penalty > 0,
  };
}

/** Natural-log likelihood ratio of a score (high = spoof). */
export function applyCalibration({ scale, offset }: Calibration, score: number): number {
  return scale * score + offset;
}

/** Minimises the convex cost by Newton steps, halved until the cost falls. */
function newton(scores: Scores, prior: number, ridge: number): Calibration {
  const theta = Math.log(prior / (1 - prior));
  let scale = 1;
  let offset = 0;
  let value = costOf(scores, prior, theta, ridge, scale, offset);
  for (let round = 0; round < 100; round += 1) {
    let gradientScale = 2 * ridge * scale;
    let gradientOffset = 0;
    let scaleScale = 2 * ridge;
    let scaleOffset = 0;
    let offsetOffset = 0;
    const add = (values: Float64Array, weight: number, sign: number): void => {
      for (const score of values) {
        // P(the other class) under the model.
        const wrong = 1 / (1 + Math.exp(-sign * (scale * score + offset + theta)));
        const slope = weight * sign * wrong;
        const bend = weight * wrong * (1 - wrong);
        gradientScale += slope * score;
        gradientOffset += slope;
        scaleScale += bend * score * score;
        scaleOffset += bend * score;
        offsetOffset += bend;
      }
    };
    add(scores.bonafide, (1 - prior) / scores.bonafide.length, 1);
    add(scores.spoof, prior / scores.spoof.length, -1);
    if (Math.hypot(gradientScale, gradientOffset) < 1e-13) break;
    const determinant = scaleScale * offsetOffset - scaleOffset * scaleOffset;
    if (!(determinant > 0)) break;
    const stepScale = (offsetOffset * gradientScale - scaleOffset * gradientOffset) / determinant;
    const stepOffset = (scaleScale * gradientOffset - scaleOffset * gradientScale) / determinant;
    let damping = 1;
    let next = value;
    for (; damping > 1e-10; damping /= 2) {
      next = costOf(
        scores,
        prior,
        theta,
        ridge,
        scale - damping * stepScale,
        offset - damping * stepOffset,
      );
      if (next <= value) break;
    }
    if (!(next <= value)) break;
    scale -= damping * stepScale;
    offset -= damping * stepOffset;
    value = next;
  }
  return { scale, offset };
}

function costOf(
  scores: Scores,
  prior: number,
  theta: number,
  ridge: number,
  scale: number,
  offset: number,
): number {
  let bonafide = 0;
  for (const score of scores.bonafide) bonafide += softplus(scale * score + offset + theta);
  let spoof = 0;
  for (const score of scores.spoof) spoof += softplus(-(scale * score + offset + theta));
  return (
    ((1 - prior) * bonafide) / scores.bonafide.length +
    (prior * spoof) / scores.spoof.length +
    ridge * scale * scale
  );
}

function summarise(
  values: Float64Array,
  className: string,
): { mean: number; variance: number; min: number; max: number } {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new RingtrueError(
      'metrics/not-finite',
      `${className}[${at}] is ${values[at]}; expected a finite score`,
      { details: { class: className, index: at } },
    );
  }
  let mean = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    mean += value / values.length;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / values.length;
  return { mean, variance, min, max };
}
