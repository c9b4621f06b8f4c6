/**
 * A detector that is an ONNX model of raw samples, described by a JSON file beside it.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { hashBytes, hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import type { Backend, RuntimeSession } from '../../runtime/backend.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { cardSchema, type Detector, type DetectorScore, type WindowScore } from '../types.ts';
import { foreignCard } from './card.ts';

const seconds = z.number().positive().max(3600);

/** Content of `MODEL.json` beside `MODEL.onnx`. */
export const onnxDescriptionSchema = z.strictObject({
  name: z.string().min(1).optional().describe('name in reports; the file name by default'),
  input: z.string().describe('name of the input, float32 [1, samples]'),
  output: z.string().describe('name of the output'),
  sampleRate: z
    .number()
    .int()
    .min(1000)
    .max(192_000)
    .meta({ unit: 'Hz' })
    .describe('rate it takes'),
  length: z
    .union([
      z.strictObject({ pad: seconds }),
      z.strictObject({ crop: seconds }),
      z.strictObject({ repeat: seconds }),
      z.strictObject({ windows: z.strictObject({ sec: seconds, hopSec: seconds }) }),
    ])
    .describe(
      'pad with zeros, or repeat, to that many seconds, cutting what is longer; crop what is longer only; or average over windows',
    ),
  outputIndex: z.number().int().min(0).default(0).describe('which element of the output'),
  activation: z
    .enum(['none', 'softmax', 'sigmoid'])
    .default('none')
    .describe('applied to the output; softmax runs over all its elements'),
  highIs: z.enum(['spoof', 'bonafide']).describe('what a high output means'),
  normalise: z
    .enum(['none', 'zero-mean-unit-variance'])
    .default('none')
    .describe('of each stretch of samples before the model'),
  minSec: seconds.optional().describe('sound it needs, in seconds; 0.5 by default'),
  version: cardSchema.shape.version.optional(),
  summary: cardSchema.shape.summary.optional(),
  licence: cardSchema.shape.licence.optional(),
  languages: cardSchema.shape.languages.optional(),
  trainedOn: cardSchema.shape.trainedOn.optional(),
  operatingPoints: cardSchema.shape.operatingPoints.optional(),
  calibration: cardSchema.shape.calibration,
  limits: cardSchema.shape.limits.optional(),
});
/** How an ONNX model is fed and read. */
export type OnnxDescription = z.infer<typeof onnxDescriptionSchema>;

/** A stretch of samples to be scored. */
interface Stretch {
  readonly startSec: number;
  readonly endSec: number;
  readonly samples: Float32Array;
}

/**
 * Opens `PATH.onnx` with `PATH.json` beside it.
 * @throws RingtrueError `models/bad-file` with the path and the field, `core/missing-dependency`
 * (onnxruntime-node); from `score`: `models/bad-output`, `core/cancelled`
 */
export async function openOnnxDetector(path: string): Promise<Detector> {
  const jsonPath = path.replace(/\.onnx$/, '.json');
  if (jsonPath === path) {
    throw new RingtrueError('models/bad-file', `${path}: expected a name that ends in .onnx`);
  }
  const files = { onnx: await readPart(path), json: await readPart(jsonPath), path };
  return createOnnxDetector(files, createOnnxNodeBackend());
}

/** A model with its description, as their files hold them. */
export interface OnnxFiles {
  /** Content of `MODEL.onnx`. */
  readonly onnx: Uint8Array;
  /** Content of `MODEL.json`. */
  readonly json: Uint8Array;
  /** Where the model lies, or will lie: ends in `.onnx`. */
  readonly path: string;
}

/**
 * The detector of a model and its description.
 * @throws RingtrueError as {@link openOnnxDetector}
 */
export async function createOnnxDetector(
  { onnx, json, path }: OnnxFiles,
  backend: Backend,
): Promise<Detector> {
  const jsonPath = path.replace(/\.onnx$/, '.json');
  const description = parseDescription(new TextDecoder().decode(json), jsonPath);
  const session = await openSession(onnx, { path, backend });
  for (const [field, known] of [
    ['input', session.inputs],
    ['output', session.outputs],
  ] as const) {
    if (known.includes(description[field])) continue;
    await session.dispose();
    throw new RingtrueError(
      'models/bad-file',
      `${jsonPath}.${field}: the model has no ${description[field]}, it has ${known.join(', ')}`,
      { details: { path: jsonPath, field } },
    );
  }
  const name = description.name ?? basename(path, '.onnx');
  return {
    id: hashJson({ model: hashBytes(onnx), description: hashBytes(json) }),
    name,
    card: foreignCard({
      ...description,
      name,
      summary: description.summary ?? `The ONNX model ${basename(path)}`,
    }),
    needs: { sampleRate: description.sampleRate, minSec: description.minSec ?? 0.5 },
    async score(batch, { signal } = {}): Promise<DetectorScore[]> {
      const scores: DetectorScore[] = [];
      for (const input of batch) {
        const windows: WindowScore[] = [];
        for (const stretch of stretches(input.mono(description.sampleRate), description)) {
          if (signal?.aborted) throw new RingtrueError('core/cancelled', `${name} was stopped`);
          const score = await scoreStretch(session, description, stretch.samples);
          windows.push({ startSec: stretch.startSec, endSec: stretch.endSec, score });
        }
        const score = windows.reduce((sum, window) => sum + window.score, 0) / windows.length;
        scores.push('windows' in description.length ? { score, windows } : { score });
      }
      return scores;
    },
    dispose: () => session.dispose(),
  };
}

async function readPart(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `${path} cannot be read`, {
      details: { path },
      hint: 'An ONNX detector is MODEL.onnx with MODEL.json beside it.',
      cause: error,
    });
  }
}

function parseDescription(text: string, path: string): OnnxDescription {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `${path} is not JSON: ${String(error)}`, {
      details: { path },
      cause: error,
    });
  }
  return parseOptions(onnxDescriptionSchema, value, { where: path, code: 'models/bad-file' });
}

async function openSession(
  onnx: Uint8Array,
  { path, backend }: { readonly path: string; readonly backend: Backend },
): Promise<RuntimeSession> {
  try {
    return await backend.load(onnx);
  } catch (error) {
    if (!(error instanceof RingtrueError) || error.code !== 'models/bad-file') throw error;
    throw new RingtrueError('models/bad-file', `${path}: ${error.message}`, {
      details: { path },
      cause: error,
    });
  }
}

/** What the length policy makes of a clip: one stretch, or windows (the last whole one ends the list). */
function stretches(mono: Float32Array, { length, sampleRate }: OnnxDescription): Stretch[] {
  const clipSec = mono.length / sampleRate;
  const whole = (samples: Float32Array) => [{ startSec: 0, endSec: clipSec, samples }];
  const samplesOf = (sec: number) => Math.max(1, Math.round(sec * sampleRate));
  if ('pad' in length) return whole(padTo(mono, 0, samplesOf(length.pad)));
  if ('repeat' in length) return whole(repeatTo(mono, samplesOf(length.repeat)));
  if ('crop' in length) return whole(mono.slice(0, samplesOf(length.crop)));
  const size = samplesOf(length.windows.sec);
  const hop = samplesOf(length.windows.hopSec);
  const windows: Stretch[] = [];
  for (let start = 0; start === 0 || start + size <= mono.length; start += hop) {
    windows.push({
      startSec: start / sampleRate,
      endSec: Math.min(mono.length, start + size) / sampleRate,
      samples: padTo(mono, start, size),
    });
  }
  return windows;
}

function padTo(mono: Float32Array, start: number, size: number): Float32Array {
  const out = new Float32Array(size);
  out.set(mono.subarray(start, start + size));
  return out;
}

function repeatTo(mono: Float32Array, size: number): Float32Array {
  const out = new Float32Array(size);
  if (mono.length > 0) for (let i = 0; i < size; i += 1) out[i] = mono[i % mono.length]!;
  return out;
}

async function scoreStretch(
  session: RuntimeSession,
  description: OnnxDescription,
  samples: Float32Array,
): Promise<number> {
  const data = description.normalise === 'none' ? samples : standardise(samples);
  const results = await session.run({
    [description.input]: { dims: [1, data.length], data },
  });
  // createOnnxDetector checked that the model has this output.
  const values = Array.from(results[description.output]!.data, Number);
  const raw = values[description.outputIndex];
  const high = raw === undefined ? Number.NaN : activate(values, raw, description.activation);
  if (!Number.isFinite(high)) {
    throw new RingtrueError(
      'models/bad-output',
      `output ${description.output}[${description.outputIndex}] of ${values.length} is ${String(raw)}, expected a finite number`,
      { details: { output: description.output, outputIndex: description.outputIndex } },
    );
  }
  // The one place where polarity is turned: ours is always higher for spoof.
  return description.highIs === 'spoof' ? high : -high;
}

function activate(
  values: readonly number[],
  raw: number,
  activation: OnnxDescription['activation'],
): number {
  if (activation === 'none') return raw;
  if (activation === 'sigmoid') return 1 / (1 + Math.exp(-raw));
  const top = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return Math.exp(raw - top) / values.reduce((sum, value) => sum + Math.exp(value - top), 0);
}

/** As the feature extractors of wav2vec 2.0 models do: (x − mean) / sqrt(variance + 1e-7). */
function standardise(samples: Float32Array): Float32Array {
  let sum = 0;
  let squares = 0;
  for (const x of samples) sum += x;
  const mean = sum / samples.length;
  for (const x of samples) squares += (x - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / samples.length + 1e-7);
  return samples.map((x) => (x - mean) * scale);
}
