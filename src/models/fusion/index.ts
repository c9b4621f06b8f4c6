/**
 * Several detectors as one: their scores, normalised, through a linear map or a small network (card 08, fusion).
 * @module
 */

import * as z from 'zod';
import { hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import type { Card, Detector, DetectorScore, WindowScore } from '../types.ts';

const numbers = z.array(z.number());

/** Content of `model.json`. */
export const fusionModelSchema = z
  .strictObject({
    kind: z.literal('fusion'),
    members: z
      .array(
        z.strictObject({
          name: z.string(),
          folder: z.string().optional().describe('inside the folder of the fusion'),
          ref: z.string().optional().describe('an address, a command or an ONNX file elsewhere'),
          mean: z.number().describe('of its scores on the data that the fusion was fitted on'),
          scale: z.number().positive().describe('their standard deviation'),
        }),
      )
      .min(1),
    map: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('linear'),
        weights: numbers.describe('of normalised scores'),
        bias: z.number(),
      }),
      z.strictObject({
        kind: z.literal('mlp'),
        hidden: z.array(numbers).describe('rows of weights of the hidden layer'),
        hiddenBias: numbers,
        weights: numbers.describe('of the tanh of the hidden layer'),
        bias: z.number(),
      }),
    ]),
  })
  .superRefine(({ members, map }, context) => {
    const wide = map.kind === 'linear' ? [map.weights] : map.hidden;
    if (wide.some((row) => row.length !== members.length))
      context.addIssue({ code: 'custom', path: ['map'], message: 'expected a weight a member' });
    if (
      map.kind === 'mlp' &&
      (map.hiddenBias.length !== map.hidden.length || map.weights.length !== map.hidden.length)
    )
      context.addIssue({ code: 'custom', path: ['map'], message: 'layers do not fit' });
    for (const [i, { folder, ref }] of members.entries()) {
      if ((folder === undefined) === (ref === undefined)) {
        context.addIssue({
          code: 'custom',
          path: ['members', i],
          message: 'expected a folder or a ref',
        });
      }
    }
  });
/** Content of `model.json`. */
export type FusionModel = z.output<typeof fusionModelSchema>;
/** What becomes of normalised scores. */
export type FusionMap = FusionModel['map'];

/** Reads `model.json`. @throws RingtrueError `models/bad-file` */
export function parseFusionModel(value: unknown, where: string): FusionModel {
  return parseOptions(fusionModelSchema, value, { where, code: 'models/bad-file' });
}

/** The fused score of one score a member. */
export function fuse({ members, map }: FusionModel, scores: ArrayLike<number>): number {
  const z = members.map(({ mean, scale }, i) => (scores[i]! - mean) / scale);
  const dot = (row: readonly number[], x: readonly number[]): number =>
    row.reduce((sum, weight, i) => sum + weight * x[i]!, 0);
  if (map.kind === 'linear') return map.bias + dot(map.weights, z);
  const hidden = map.hidden.map((row, j) => Math.tanh(map.hiddenBias[j]! + dot(row, z)));
  return map.bias + dot(map.weights, hidden);
}

/**
 * The detector of a fusion. Windows are those of the first member; of the others the window nearest in time counts.
 * @param members open detectors in the order of the model; they are disposed of with the fusion
 */
export function createFusion(
  model: FusionModel,
  { members, card }: { readonly members: readonly Detector[]; readonly card: Card },
): Detector {
  const needs = members.map((member) => member.needs);
  return {
    id: hashJson({
      model: JSON.parse(JSON.stringify(model)),
      members: members.map(({ id }) => id),
    }),
    name: card.name,
    card,
    needs: {
      sampleRate: Math.max(...needs.map(({ sampleRate }) => sampleRate)),
      minSec: Math.max(...needs.map(({ minSec }) => minSec)),
    },
    async score(batch, options): Promise<DetectorScore[]> {
      const scored: DetectorScore[][] = [];
      for (const member of members) scored.push(await member.score(batch, options));
      return batch.map((_, i) => {
        const each = scored.map((scores) => scores[i]!);
        const windows = fusedWindows(model, each);
        return {
          score: fuse(
            model,
            each.map(({ score }) => score),
          ),
          ...(windows === null ? {} : { windows }),
        };
      });
    },
    async dispose() {
      for (const member of members) await member.dispose();
    },
  };
}

/** Null where a member has no windows. */
function fusedWindows(model: FusionModel, each: readonly DetectorScore[]): WindowScore[] | null {
  const lists = each.map(({ windows }) => windows ?? []);
  if (lists.some((list) => list.length === 0)) return null;
  return lists[0]!.map(({ startSec, endSec }) => {
    const centre = startSec + endSec;
    const near = lists.map((list) =>
      list.reduce((best, window) => {
        const distance = ({ startSec: a, endSec: b }: WindowScore) => Math.abs(a + b - centre);
        return distance(window) < distance(best) ? window : best;
      }),
    );
    return {
      startSec,
      endSec,
      score: fuse(
        model,
        near.map(({ score }) => score),
      ),
    };
  });
}
