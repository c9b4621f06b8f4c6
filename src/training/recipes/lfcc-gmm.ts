/**
 * LFCC-GMM: the classical baseline, one Gaussian mixture a class.
 * @module
 */

import * as z from 'zod';
import type { Label } from '../../datasets/clip.ts';
import {
  createLfccGmm,
  LFCC_FRONT_END,
  packLfccGmm,
  unpackLfccGmm,
} from '../../models/lfcc-gmm/index.ts';
import { exportLfccGmm } from '../export-onnx.ts';
import { sharedFrames, trainSizes } from '../mixture-threads.ts';
import { type Candidate, defineClassicalRecipe } from '../recipe.ts';

/** The recipe. */
export const lfccGmm = defineClassicalRecipe({
  name: 'lfcc-gmm',
  summary:
    'LFCC-GMM: 20 linear-frequency cepstra with deltas, one Gaussian mixture a class (the classical baseline)',
  limits: [
    'Learns the spectral envelope of what it heard: new synthesisers, microphones and codecs move its scores.',
    'Hears 16 kHz at most; narrow-band speech is out of its domain.',
  ],
  settings: z.strictObject({
    components: z
      .array(z.int().positive().max(4096))
      .min(1)
      .default([8, 16, 32, 64])
      .describe('sizes of the mixtures that are tried'),
  }),
  async fit({ components: sizes }, { train, read, rng, work }) {
    const clips = await read(train);
    const framesOf = (label: Label): Float32Array =>
      sharedFrames(
        clips.flatMap(({ clip, input }) =>
          clip.label === label ? [input.features(LFCC_FRONT_END).data] : [],
        ),
      );
    const made = await trainSizes(
      { bonafide: framesOf('bonafide'), spoof: framesOf('spoof') },
      {
        sizes,
        dims: clips[0]?.input.features(LFCC_FRONT_END).dims ?? 0,
        trainingOf: (components) => ({ components }),
        rng,
        work,
      },
    );
    return sizes.map((components, i): Candidate => {
      const model = packLfccGmm({ bonafide: made[2 * i]!, spoof: made[2 * i + 1]! });
      // What is scored on dev is what the file will hold, Float32 rounding included.
      const stored = unpackLfccGmm(model, 'model.json');
      return {
        setting: `${components} components`,
        files: {
          'model.json': `${JSON.stringify(model)}\n`,
          'model.onnx': exportLfccGmm(stored),
        },
        create: (card) => createLfccGmm(stored, card),
      };
    });
  },
});
