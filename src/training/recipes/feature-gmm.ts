/**
 * Gaussian mixtures on any of the nine feature families (card 08).
 * @module
 */

import * as z from 'zod';
import { throwIfAborted } from '../../core/progress.ts';
import { parseOptions } from '../../core/schema.ts';
import { createFeatureFrontEnd } from '../../models/features/front-end.ts';
import { FEATURE_FAMILIES, featureSchema, vadSchema } from '../../models/features/settings.ts';
import { fitMixtures, mixtureSettings } from '../fit-gmm.ts';
import { defineClassicalRecipe } from '../recipe.ts';

const VAD_KINDS = vadSchema.options.map(({ shape }) => shape.kind.value);

/** The recipe. */
export const featureGmm = defineClassicalRecipe({
  name: 'feature-gmm',
  summary: 'Gaussian mixtures on one of nine short-time feature families, two-class or GMM-UBM',
  limits: [
    'Learns the spectral envelope of what it heard: new synthesisers, rooms, microphones and codecs move its scores.',
    'Hears one band at one rate: speech of another bandwidth is out of its domain.',
  ],
  settings: z.strictObject({
    feature: z.enum(FEATURE_FAMILIES).default('lfcc').describe('family of features'),
    normalise: z
      .enum(['none', 'cmvn'])
      .default('none')
      .describe('mean and variance of each recording taken away'),
    vad: z.enum(VAD_KINDS).default('none').describe('voice activity that chooses frames'),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('parameters of the family that differ from its defaults, see the page of features'),
    ...mixtureSettings,
  }),
  async fit({ feature, normalise, vad, parameters, ...settings }, { train, read, rng, work }) {
    const spec = parseOptions(
      featureSchema,
      { family: feature, normalise, vad: { kind: vad }, ...parameters },
      { where: 'settings of feature-gmm.parameters', code: 'training/bad-recipe' },
    );
    const frontEnd = createFeatureFrontEnd(spec);
    const clips = (await read(train)).map(({ clip, input }) => {
      throwIfAborted(work.signal);
      return { label: clip.label, features: input.features(frontEnd) };
    });
    return fitMixtures(clips, settings, { features: spec, encoder: null, rng, work });
  },
});
