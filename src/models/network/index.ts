/**
 * Detectors that are a front end and a network of fixed input: `model.json` beside `model.onnx`.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { hashBytes, hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import type { Backend, RuntimeSession } from '../../runtime/backend.ts';
import type { Card, Detector, DetectorInput, DetectorScore, WindowScore } from '../types.ts';
import { createFrontEnd, type FeatureArray, frontEndSchema } from './front-end.ts';
import { lengthSchema, stretchOf, stretchSamples } from './length.ts';

/** Content of `model.json`. */
export const networkModelSchema = z.strictObject({
  kind: z.literal('network'),
  frontEnd: frontEndSchema,
  length: lengthSchema,
  hopSec: z
    .number()
    .positive()
    .meta({ unit: 's' })
    .describe('between the stretches of a long recording; its score is their mean'),
  minSec: z.number().positive().meta({ unit: 's' }).describe('shortest recording that is scored'),
  batch: z.int().positive().describe('stretches that are scored at once, at most'),
  inputs: z.strictObject({
    features: z.string().describe('float32 [batch, …features]'),
    valid: z
      .string()
      .nullable()
      .describe(
        'float32 [batch], share of a stretch that is recording; null if it is not looked at',
      ),
  }),
  output: z.string().describe('float32 [batch], higher is more likely spoof'),
});
/** Content of `model.json`. */
export type NetworkModel = z.output<typeof networkModelSchema>;

/** What {@link createNetwork} takes. */
export interface NetworkParts {
  readonly model: NetworkModel;
  /** Content of `model.onnx`. */
  readonly onnx: Uint8Array;
  readonly card: Card;
  readonly backend: Backend;
}

/** Checks `model.json`. @throws RingtrueError `models/bad-file` */
export function parseNetworkModel(value: unknown, where: string): NetworkModel {
  return parseOptions(networkModelSchema, value, { where, code: 'models/bad-file' });
}

/**
 * The detector of a network.
 * @throws RingtrueError `models/bad-file` if the graph lacks an input or output, and what `Backend.load` throws
 */
export async function createNetwork({
  model,
  onnx,
  card,
  backend,
}: NetworkParts): Promise<Detector> {
  const session = await backend.load(onnx);
  const { features, valid } = model.inputs;
  const missing = [features, ...(valid === null ? [] : [valid])].find(
    (name) => !session.inputs.includes(name),
  );
  if (missing !== undefined || !session.outputs.includes(model.output)) {
    await session.dispose();
    throw new RingtrueError(
      'models/bad-file',
      `${card.name}: the graph has no ${missing ?? model.output}, it has ${[...session.inputs, ...session.outputs].join(', ')}`,
    );
  }
  const frontEnd = createFrontEnd(model.frontEnd);
  const { sampleRate } = frontEnd;
  return {
    // Files are read as text: settings that are left out leave no trace in the id.
    id: hashJson({ model: JSON.stringify(model), onnx: hashBytes(onnx) }),
    name: card.name,
    card,
    needs: { sampleRate, minSec: model.minSec },
    async score(batch, { signal } = {}): Promise<DetectorScore[]> {
      const clips = batch.map((input) => windowsOf(input, model, sampleRate));
      const windows = clips.flat();
      const scores: number[] = [];
      for (let at = 0; at < windows.length; at += model.batch) {
        if (signal?.aborted) throw new RingtrueError('core/cancelled', `${card.name} was stopped`);
        const part = windows.slice(at, at + model.batch);
        const made = part.map(({ samples }) => frontEnd.compute(samples));
        scores.push(...(await run(session, model, { made, valid: part.map((w) => w.valid) })));
      }
      let next = 0;
      return clips.map((own) => {
        const scored = own.map(({ startSec, endSec }): WindowScore => {
          const score = scores[next++]!;
          return { startSec, endSec, score };
        });
        const score = scored.reduce((sum, window) => sum + window.score, 0) / scored.length;
        return { score, windows: scored };
      });
    },
    dispose: () => session.dispose(),
  };
}

interface Window {
  readonly startSec: number;
  readonly endSec: number;
  readonly samples: Float32Array;
  readonly valid: number;
}

/** Stretches of a recording: one if it is short, else one every hop, and one at the very end. */
function windowsOf(input: DetectorInput, model: NetworkModel, sampleRate: number): Window[] {
  const mono = input.mono(sampleRate);
  const size = stretchSamples(model.length, sampleRate);
  const hop = Math.max(1, Math.round(model.hopSec * sampleRate));
  const last = Math.max(0, mono.length - size);
  const starts: number[] = [];
  for (let start = 0; start < last; start += hop) starts.push(start);
  starts.push(last);
  return starts.map((start) => ({
    startSec: start / sampleRate,
    endSec: Math.min(mono.length, start + size) / sampleRate,
    ...stretchOf(mono, { length: model.length, sampleRate, start }),
  }));
}

async function run(
  session: RuntimeSession,
  { inputs, output }: NetworkModel,
  { made, valid }: { made: readonly FeatureArray[]; valid: readonly number[] },
): Promise<number[]> {
  const [first] = made;
  if (first === undefined) return [];
  const size = first.data.length;
  const batch = made.length;
  const data = new Float32Array(batch * size);
  for (const [i, features] of made.entries()) data.set(features.data, i * size);
  const results = await session.run({
    [inputs.features]: { dims: [batch, ...first.dims], data },
    ...(inputs.valid === null
      ? {}
      : { [inputs.valid]: { dims: [batch], data: Float32Array.from(valid) } }),
  });
  const scores = Array.from(results[output]!.data, Number);
  const bad = scores.find((score) => !Number.isFinite(score));
  if (bad !== undefined)
    throw new RingtrueError('models/bad-output', `the network returned ${bad}, expected a number`);
  return scores;
}
