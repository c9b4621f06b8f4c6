/**
 * Logistic regression on named acoustic statistics: a detector whose every reason has a name.
 * @module
 */

import * as z from 'zod';
import { hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import type { Card, Detector, DetectorInput, DetectorScore } from '../types.ts';
import { STATISTICS, STATISTICS_FRONT_END } from './statistics.ts';

const modelSchema = z.strictObject({
  kind: z.literal('acoustic-logistic'),
  frontEnd: z.literal(STATISTICS_FRONT_END.id),
  statistics: z
    .array(
      z.strictObject({
        name: z.string(),
        mean: z.number(),
        scale: z.number().positive(),
        weight: z.number(),
      }),
    )
    .length(STATISTICS.length)
    .refine(
      (columns) => columns.every(({ name }, i) => name === STATISTICS[i]!.name),
      'the statistics are not those of this version, in its order',
    ),
  bias: z.number(),
});

/** Content of `model.json`: score = bias + Σ weight · (statistic − mean) / scale. */
export type AcousticLogisticModel = z.infer<typeof modelSchema>;

/** Reads `model.json`. @throws RingtrueError `models/bad-file` */
export function unpackAcousticLogistic(value: unknown, where: string): AcousticLogisticModel {
  return parseOptions(modelSchema, value, { where, code: 'models/bad-file' });
}

/** What one statistic adds to a score. */
export interface Contribution {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Added to the log-odds of spoof, relative to the training mean. */
  readonly contribution: number;
}

/** Contributions of every statistic, largest first: their sum and the bias are the score. */
export function explainLogistic(
  model: AcousticLogisticModel,
  input: DetectorInput,
): Contribution[] {
  const values = input.features(STATISTICS_FRONT_END);
  return model.statistics
    .map(({ name, mean, scale, weight }, i) => ({
      name,
      unit: STATISTICS[i]!.unit,
      value: values[i]!,
      contribution: weight * standardised(values[i]!, mean, scale),
    }))
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}

/** Statistics further out than this many standard deviations count as this many: one outlier must not decide. */
const MAX_DEVIATIONS = 4;

/** A statistic in units of its spread in training, bounded. */
export function standardised(value: number, mean: number, scale: number): number {
  return Math.max(-MAX_DEVIATIONS, Math.min(MAX_DEVIATIONS, (value - mean) / scale));
}

/** The detector of a trained regression. */
export function createAcousticLogistic(model: AcousticLogisticModel, card: Card): Detector {
  return {
    id: hashJson(model),
    name: card.name,
    card,
    needs: { sampleRate: STATISTICS_FRONT_END.sampleRate, minSec: 0.5 },
    async score(batch): Promise<DetectorScore[]> {
      return batch.map((input) => ({
        score: explainLogistic(model, input).reduce(
          (sum, part) => sum + part.contribution,
          model.bias,
        ),
      }));
    },
    dispose: async () => undefined,
  };
}
