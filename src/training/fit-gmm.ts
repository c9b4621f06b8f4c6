/**
 * From features of clips to mixtures: what the recipes of Gaussian mixtures share.
 * @module
 */

import * as z from 'zod';
import type { Features } from '../audio/dsp/cepstrum.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Rng } from '../core/rng.ts';
import type { Label } from '../datasets/clip.ts';
import type { AutoencoderSpec, FeatureSpec } from '../models/features/settings.ts';
import {
  createGmm,
  ENCODER_FILE,
  type GmmParts,
  type GmmScoring,
  packGmmModel,
  unpackGmmModel,
} from '../models/gmm/index.ts';
import { adaptMeans, type GmmTraining } from '../models/gmm/train-gmm.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { exportGmm } from './export-onnx.ts';
import { sharedFrames, trainSizes } from './mixture-threads.ts';
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
 * @throws RingtrueError `training/diverged`, `training/worker-crashed`, `core/cancelled`
 */
export async function fitMixtures(
  clips: readonly LabelledFeatures[],
  settings: MixtureSettings,
  { features, encoder, rng, work }: MixtureContext,
): Promise<Candidate[]> {
  const { components: sizes, relevance, topComponents } = settings;
  const dims = clips[0]?.features.dims ?? 0;
  const framesOf = (labels: readonly Label[]): Float32Array =>
    sharedFrames(
      clips.flatMap(({ label, features: { data } }) => (labels.includes(label) ? [data] : [])),
    );
  const [bonafide, spoof] = [framesOf(['bonafide']), framesOf(['spoof'])];
  const isTwoClass = settings.scoring === 'two-class';
  const sets = isTwoClass ? { bonafide, spoof } : { ubm: framesOf(['bonafide', 'spoof']) };
  const made = await trainSizes(sets, {
    sizes,
    dims,
    trainingOf: (components) => trainingOf(settings, components),
    rng,
    work,
  });
  return sizes.map((components, i): Candidate => {
    const scoringOf = (): GmmScoring => {
      if (isTwoClass)
        return { kind: 'two-class', pair: { bonafide: made[2 * i]!, spoof: made[2 * i + 1]! } };
      const ubm = made[i]!;
      const pair = {
        bonafide: adaptMeans(ubm, bonafide, relevance),
        spoof: adaptMeans(ubm, spoof, relevance),
      };
      return { kind: 'ubm-map', ubm, pair, relevance, topComponents };
    };
    const text = `${JSON.stringify(packGmmModel({ features, scoring: scoringOf() }))}\n`;
    // What is scored on dev is what the file will hold, Float32 rounding included.
    const stored: GmmParts = unpackGmmModel(JSON.parse(text), 'model.json');
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
}

function trainingOf(settings: MixtureSettings, components: number): GmmTraining {
  const { kmeansIterations, kmeansFrames, emIterations, emTolerance, varianceFloor } = settings;
  return {
    components,
    kmeansIterations,
    kmeansFrames,
    emIterations,
    emTolerance,
    varianceFloor,
  };
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
