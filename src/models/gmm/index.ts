/**
 * Gaussian mixtures on features of any family: one mixture a class, or models adapted from one background mixture
 * (GMM-UBM, Reynolds, Quatieri and Dunn 2000). The features with all their settings travel with the model.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { hashBytes, hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import type { Backend } from '../../runtime/backend.ts';
import { createFeatureFrontEnd } from '../features/front-end.ts';
import {
  type AutoencoderSpec,
  autoencoderSchema,
  type FeatureSpec,
  featureSchema,
} from '../features/settings.ts';
import { decodeFloats, encodeFloats } from '../floats.ts';
import type { Card, Detector } from '../types.ts';
import { createEncoderSource } from './encoder-source.ts';
import { createFrameDetector, type FrameSource } from './frame-detector.ts';
import { type Gmm, pairRatios, prepareGmm, topComponentRatios } from './gmm.ts';
import { type GmmPair, packedGmmSchema, packGmm, unpackGmm } from './packing.ts';

/** File of an autoencoder's encoder in the detector's folder. */
export const ENCODER_FILE = 'encoder.onnx';

const sizes = {
  kind: z.literal('gmm'),
  features: z
    .union([featureSchema, autoencoderSchema])
    .describe('front end with all its parameters'),
  components: z.int().positive(),
  dims: z.int().positive(),
};

/** Content of `model.json`. */
export const gmmModelSchema = z.discriminatedUnion('scoring', [
  z.strictObject({
    ...sizes,
    scoring: z.literal('two-class'),
    bonafide: packedGmmSchema,
    spoof: packedGmmSchema,
  }),
  z.strictObject({
    ...sizes,
    scoring: z.literal('ubm-map'),
    ubm: packedGmmSchema.describe('mixture of both classes'),
    bonafide: z.string().describe('adapted means'),
    spoof: z.string().describe('adapted means'),
    relevance: z.number().min(0).describe('r of the adaptation'),
    topComponents: z
      .int()
      .min(0)
      .describe('components of the background mixture that a frame is scored with; 0 for all'),
  }),
]);
/** Content of `model.json`: Float32 arrays as base64. */
export type GmmModel = z.output<typeof gmmModelSchema>;

/** What a detector scores frames with. */
export type GmmScoring =
  | { readonly kind: 'two-class'; readonly pair: GmmPair }
  | {
      readonly kind: 'ubm-map';
      readonly ubm: Gmm;
      /** With the weights and variances of the background mixture. */
      readonly pair: GmmPair;
      readonly relevance: number;
      /** 0 for all. */
      readonly topComponents: number;
    };

/** A trained detector. */
export interface GmmParts {
  readonly features: FeatureSpec | AutoencoderSpec;
  readonly scoring: GmmScoring;
}

/** Packs a detector for `model.json`. */
export function packGmmModel({ features, scoring }: GmmParts): GmmModel {
  const { components, dims } = scoring.pair.spoof;
  const common = { kind: 'gmm', features, components, dims } as const;
  if (scoring.kind === 'two-class') {
    const { bonafide, spoof } = scoring.pair;
    return { ...common, scoring: 'two-class', bonafide: packGmm(bonafide), spoof: packGmm(spoof) };
  }
  const { ubm, pair, relevance, topComponents } = scoring;
  return {
    ...common,
    scoring: 'ubm-map',
    ubm: packGmm(ubm),
    bonafide: encodeFloats(pair.bonafide.means),
    spoof: encodeFloats(pair.spoof.means),
    relevance,
    topComponents,
  };
}

/** Unpacks `model.json`. @throws RingtrueError `models/bad-file` */
export function unpackGmmModel(value: unknown, where: string): GmmParts {
  const model = parseOptions(gmmModelSchema, value, { where, code: 'models/bad-file' });
  const { components, dims, features } = model;
  const about = { components, dims, where };
  if (model.scoring === 'two-class') {
    const pair = {
      bonafide: unpackGmm(model.bonafide, about),
      spoof: unpackGmm(model.spoof, about),
    };
    return { features, scoring: { kind: 'two-class', pair } };
  }
  const ubm = unpackGmm(model.ubm, about);
  const adapted = (text: string): Gmm => ({
    ...ubm,
    means: decodeFloats(text, components * dims, where),
  });
  const { relevance, topComponents } = model;
  const pair = { bonafide: adapted(model.bonafide), spoof: adapted(model.spoof) };
  return { features, scoring: { kind: 'ubm-map', ubm, pair, relevance, topComponents } };
}

/** What {@link createGmm} takes besides the model. */
export interface GmmContext {
  readonly card: Card;
  /** Content of `encoder.onnx`, for features of an autoencoder; null for the others. */
  readonly encoder: Uint8Array | null;
  readonly backend: Backend;
}

/**
 * The detector of trained mixtures.
 * @throws RingtrueError `models/bad-file` where an encoder is missing or not one, and what `Backend.load` throws
 */
export async function createGmm(
  parts: GmmParts,
  { card, encoder, backend }: GmmContext,
): Promise<Detector> {
  const { features, scoring } = parts;
  // Packing rounds to Float32, as the file does, so that the id is the same before and after saving. By way of
  // text: settings that are left out leave no trace.
  const model = JSON.parse(JSON.stringify(packGmmModel(parts)));
  return createFrameDetector({
    id: hashJson(encoder === null ? model : { model, encoder: hashBytes(encoder) }),
    card,
    source: await sourceOf(features, { card, encoder, backend }),
    ratios: ratiosOf(scoring),
  });
}

async function sourceOf(
  spec: FeatureSpec | AutoencoderSpec,
  { card, encoder, backend }: GmmContext,
): Promise<FrameSource> {
  if (spec.family === 'autoencoder') {
    if (encoder === null)
      throw new RingtrueError('models/bad-file', `${card.name} has no encoder.onnx`);
    return createEncoderSource(spec, await backend.load(encoder));
  }
  const frontEnd = createFeatureFrontEnd(spec);
  return {
    sampleRate: spec.sampleRate,
    features: async (input) => input.features(frontEnd),
    dispose: async () => undefined,
  };
}

function ratiosOf(scoring: GmmScoring): (data: Float32Array) => Float64Array {
  if (scoring.kind === 'two-class' || scoring.topComponents === 0) return pairRatios(scoring.pair);
  const { topComponents, pair } = scoring;
  const models = {
    ubm: prepareGmm(scoring.ubm),
    bonafide: prepareGmm(pair.bonafide),
    spoof: prepareGmm(pair.spoof),
  };
  return (data) => topComponentRatios(models, data, topComponents);
}
