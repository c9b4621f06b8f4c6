/**
 * Logistic regression on named acoustic statistics.
 * @module
 */

import * as z from 'zod';
import { throwIfAborted } from '../../core/progress.ts';
import {
  type AcousticLogisticModel,
  createAcousticLogistic,
  standardised,
} from '../../models/acoustic-logistic/index.ts';
import { STATISTICS, STATISTICS_FRONT_END } from '../../models/acoustic-logistic/statistics.ts';
import { exportAcousticLogistic } from '../export-onnx.ts';
import { fitLogistic } from '../logistic.ts';
import { type Candidate, defineClassicalRecipe } from '../recipe.ts';

/** The recipe. */
export const acousticLogistic = defineClassicalRecipe({
  name: 'acoustic-logistic',
  summary: `Logistic regression on ${STATISTICS.length} named acoustic statistics: every reason has a name`,
  limits: [
    'Statistics of pitch and dynamics depend on language, speaking style and room.',
    'Twenty numbers a recording: it cannot localise a partly synthetic one.',
  ],
  settings: z.strictObject({
    penalties: z
      .array(z.number().positive())
      .min(1)
      .default([0.003, 0.01, 0.03, 0.1, 0.3])
      .describe('L2 penalties that are tried'),
  }),
  async fit({ penalties }, { train, read, work: { onProgress, signal } }) {
    const clips = await read(train);
    const task = 'fit regression';
    onProgress?.({ type: 'start', task, total: penalties.length, unit: 'penalties' });
    const vectors = clips.map(({ input }) => {
      throwIfAborted(signal);
      return input.features(STATISTICS_FRONT_END);
    });
    const isSpoof = clips.map(({ clip }) => clip.label === 'spoof');
    const scaling = STATISTICS.map(({ name }, d) => {
      const values = vectors.map((vector) => vector[d]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return { name, mean, scale: Math.sqrt(variance) || 1 };
    });
    const rows = vectors.map((vector) =>
      vector.map((value, d) => standardised(value, scaling[d]!.mean, scaling[d]!.scale)),
    );
    const candidates = penalties.map((penalty, i): Candidate => {
      const { weights, bias } = fitLogistic(rows, isSpoof, { penalty });
      const model: AcousticLogisticModel = {
        kind: 'acoustic-logistic',
        frontEnd: STATISTICS_FRONT_END.id,
        statistics: scaling.map((column, d) => ({ ...column, weight: weights[d]! })),
        bias,
      };
      onProgress?.({ type: 'advance', task, done: i + 1 });
      return {
        setting: `penalty ${penalty}`,
        files: {
          'model.json': `${JSON.stringify(model)}\n`,
          'model.onnx': exportAcousticLogistic(model),
        },
        create: (card) => createAcousticLogistic(model, card),
      };
    });
    onProgress?.({ type: 'end', task });
    return candidates;
  },
});
