/**
 * Gaussian mixtures on the code of an autoencoder of short-time spectra (card 08, learned features; the sizes are its
 * workable choice: the paper's are not known).
 * @module
 */

import { join } from 'node:path';
import * as z from 'zod';
import { throwIfAborted } from '../../core/progress.ts';
import { parseOptions } from '../../core/schema.ts';
import { createSpectrumFrontEnd } from '../../models/features/front-end.ts';
import { autoencoderSchema, vadSchema } from '../../models/features/settings.ts';
import { createEncoderSource } from '../../models/gmm/encoder-source.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { trainAutoencoder } from '../autoencoder.ts';
import { fitMixtures, type LabelledFeatures, mixtureSettings } from '../fit-gmm.ts';
import { defineClassicalRecipe } from '../recipe.ts';

/** Seconds of training that a kill costs at most. */
const CHECKPOINT_SEC = 10;

const VAD_KINDS = vadSchema.options.map(({ shape }) => shape.kind.value);

/** The recipe. */
export const autoencoderGmm = defineClassicalRecipe({
  name: 'autoencoder-gmm',
  summary: 'Gaussian mixtures on the code of an autoencoder of log power spectra, with deltas',
  limits: [
    'The autoencoder keeps what is loud and frequent in its training data: traces that are neither are lost.',
    'Hears one band at one rate: speech of another bandwidth is out of its domain.',
  ],
  settings: z.strictObject({
    layers: z
      .array(z.int().positive().max(4096))
      .min(1)
      .default([256, 128, 24])
      .describe('sizes of the encoder, the code last; the decoder mirrors them'),
    steps: z.int().positive().default(1500).describe('training steps of the autoencoder'),
    batch: z.int().positive().default(128).describe('stretches of a step'),
    learningRate: z.number().positive().default(1e-3).describe('of Adam at the start'),
    normalise: z
      .enum(['none', 'cmvn'])
      .default('none')
      .describe('mean and variance of each recording taken away'),
    vad: z.enum(VAD_KINDS).default('none').describe('voice activity that chooses frames'),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('framing, stack and differences that differ from the defaults'),
    ...mixtureSettings,
  }),
  async fit(
    { layers, steps, batch, learningRate, normalise, vad, parameters, ...settings },
    { train, read, rng, work, run, training },
  ) {
    const spec = parseOptions(
      autoencoderSchema,
      { family: 'autoencoder', normalise, vad: { kind: vad }, ...parameters },
      { where: 'settings of autoencoder-gmm.parameters', code: 'training/bad-recipe' },
    );
    const clips = await read(train);
    const spectrum = createSpectrumFrontEnd(spec);
    const { encoder } = await trainAutoencoder(
      clips.map(({ input }) => input.features(spectrum)),
      { layers, steps, batch, learningRate, stack: spec.stack },
      {
        rng: rng.split('autoencoder'),
        work,
        checkpoint: {
          path: join(run, 'checkpoints', 'autoencoder.safetensors'),
          training,
          everySec: CHECKPOINT_SEC,
        },
      },
    );
    const source = createEncoderSource(spec, await createOnnxNodeBackend().load(encoder));
    const coded: LabelledFeatures[] = [];
    try {
      for (const { clip, input } of clips) {
        throwIfAborted(work.signal);
        coded.push({ label: clip.label, features: await source.features(input) });
      }
    } finally {
      await source.dispose();
    }
    return fitMixtures(coded, settings, { features: spec, encoder, rng, work });
  },
});
