/**
 * From features of clips to mixtures: what the recipes of Gaussian mixtures share.
 * @module
 */

import * as z from 'zod';
import type { Features } from '../audio/dsp/cepstrum.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Rng } from '../core/rng.ts';
import type { Label } from '../datasets/clip.ts';
import type { AutoencoderSpec, FeatureSpec } from '../models/features/settings.ts';
import type { Gmm } from '../models/gmm/gmm.ts';
import {
  createGmm,
  ENCODER_FILE,
  type GmmParts,
  type GmmScoring,
  packGmmModel,
  unpackGmmModel,
} from '../models/gmm/index.ts';
import { adaptMeans, type GmmTraining, trainGmm } from '../models/gmm/train-gmm.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { exportGmm } from './export-onnx.ts';
import type { Candidate } from './recipe.ts';

/** Settings of mixtures. */
export const mixtureSettings = {
  components: z
    .array(z.int().positive().max(4096))
    .min(1)
    .default([64])
    .describe('sizes of the mixtures that are tried'),
  scoring: z
    .enum(['two-class', 'ubm-map'])
    .default('two-class')
    .describe(
      'a mixture a class, or one mixture of both whose means are adapted to each class (GMM-UBM)',
    ),
  relevance: z
    .number()
    .min(0)
    .default(16)
    .describe('r of the adaptation: frames that weigh as much as the background mixture'),
  topComponents: z
    .int()
    .min(0)
    .default(10)
    .describe('components of the background mixture that a frame is scored with; 0 for all'),
  kmeansIterations: z.int().min(0).default(10).describe('that start a mixture'),
  kmeansFrames: z
    .int()
    .positive()
    .default(20_000)
    .describe('frames that k-means looks at, at most'),
  emIterations: z.int().positive().default(12).describe('EM iterations, at most'),
  emTolerance: z
    .number()
    .min(0)
    .default(0)
    .describe('EM ends when the likelihood rises by less than this share; 0 never ends early'),
  varianceFloor: z
    .number()
    .positive()
    .default(1e-3)
    .describe('least variance, as a share of that of all frames'),
};
const mixtureSchema = z.object(mixtureSettings);
/** Settings of mixtures. */
export type MixtureSettings = z.output<typeof mixtureSchema>;

/** Features of a clip with its label. */
export interface LabelledFeatures {
  readonly label: Label;
  readonly features: Features;
}

/** What {@link fitMixtures} takes besides the frames. */
export interface MixtureContext {
  readonly features: FeatureSpec | AutoencoderSpec;
  /** Content of `encoder.onnx`; null where there is none. */
  readonly encoder: Uint8Array | null;
  readonly rng: Rng;
  readonly work: WorkContext;
}

/**
 * Trains mixtures of every size that is asked for.
 * @throws RingtrueError `training/diverged`, `core/cancelled`
 */
export function fitMixtures(
  clips: readonly LabelledFeatures[],
  settings: MixtureSettings,
  { features, encoder, rng, work: { onProgress, signal } }: MixtureContext,
): Candidate[] {
  const task = 'train mixtures';
  const { components: sizes } = settings;
  onProgress?.({ type: 'start', task, total: sizes.length, unit: 'sizes' });
  const dims = clips[0]?.features.dims ?? 0;
  const bonafide = stackClips(clips.filter(({ label }) => label === 'bonafide'));
  const spoof = stackClips(clips.filter(({ label }) => label === 'spoof'));
  const candidates = sizes.map((components, i): Candidate => {
    throwIfAborted(signal);
    const training: GmmTraining = { ...settings, components };
    const mixtureOf = (data: Float32Array, name: string): Gmm =>
      trainGmm(data, dims, training, rng.split(`${name} ${components}`));
    const scoring = ((): GmmScoring => {
      if (settings.scoring === 'two-class') {
        const pair = {
          bonafide: mixtureOf(bonafide, 'bonafide'),
          spoof: mixtureOf(spoof, 'spoof'),
        };
        return { kind: 'two-class', pair };
      }
      const ubm = mixtureOf(stackArrays([bonafide, spoof]), 'ubm');
      const { relevance, topComponents } = settings;
      const pair = {
        bonafide: adaptMeans(ubm, bonafide, relevance),
        spoof: adaptMeans(ubm, spoof, relevance),
      };
      return { kind: 'ubm-map', ubm, pair, relevance, topComponents };
    })();
    const text = `${JSON.stringify(packGmmModel({ features, scoring }))}\n`;
    // What is scored on dev is what the file will hold, Float32 rounding included.
    const stored: GmmParts = unpackGmmModel(JSON.parse(text), 'model.json');
    onProgress?.({ type: 'advance', task, done: i + 1 });
    return {
      setting: `${components} components`,
      name: nameOf(features, settings.scoring),
      files: {
        'model.json': text,
        'model.onnx': exportGmm(stored),
        ...(encoder === null ? {} : { [ENCODER_FILE]: encoder }),
      },
      create: (card) => createGmm(stored, { card, encoder, backend: createOnnxNodeBackend() }),
    };
  });
  onProgress?.({ type: 'end', task });
  return candidates;
}

/** Tells detectors of one study apart: family, scoring, what was done to the frames. */
function nameOf(
  { family, normalise, vad }: FeatureSpec | AutoencoderSpec,
  scoring: MixtureSettings['scoring'],
): string {
  return [
    scoring === 'two-class' ? 'gmm' : 'gmm-ubm',
    family,
    ...(normalise === 'none' ? [] : [normalise]),
    ...(vad.kind === 'none' ? [] : ['vad']),
  ].join('-');
}

function stackClips(clips: readonly LabelledFeatures[]): Float32Array {
  return stackArrays(clips.map(({ features }) => features.data));
}

function stackArrays(parts: readonly Float32Array[]): Float32Array {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}
