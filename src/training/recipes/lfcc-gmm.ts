/**
 * LFCC-GMM: the classical baseline, one Gaussian mixture a class.
 * @module
 */

import * as z from 'zod';
import { throwIfAborted } from '../../core/progress.ts';
import type { GmmPair } from '../../models/gmm/packing.ts';
import { trainGmm } from '../../models/gmm/train-gmm.ts';
import {
  createLfccGmm,
  LFCC_FRONT_END,
  packLfccGmm,
  unpackLfccGmm,
} from '../../models/lfcc-gmm/index.ts';
import { exportLfccGmm } from '../export-onnx.ts';
import { type Candidate, defineClassicalRecipe, type ReadClip } from '../recipe.ts';

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
  async fit({ components: sizes }, { train, read, rng, work: { onProgress, signal } }) {
    const clips = await read(train);
    const task = 'train mixtures';
    onProgress?.({ type: 'start', task, total: sizes.length, unit: 'sizes' });
    const bonafide = stack(clips.filter(({ clip }) => clip.label === 'bonafide'));
    const spoof = stack(clips.filter(({ clip }) => clip.label === 'spoof'));
    const candidates = sizes.map((components, i): Candidate => {
      throwIfAborted(signal);
      const pair: GmmPair = {
        bonafide: trainGmm(
          bonafide.data,
          bonafide.dims,
          { components },
          rng.split(`bonafide ${components}`),
        ),
        spoof: trainGmm(spoof.data, spoof.dims, { components }, rng.split(`spoof ${components}`)),
      };
      const model = packLfccGmm(pair);
      // What is scored on dev is what the file will hold, Float32 rounding included.
      const stored = unpackLfccGmm(model, 'model.json');
      onProgress?.({ type: 'advance', task, done: i + 1 });
      return {
        setting: `${components} components`,
        files: {
          'model.json': `${JSON.stringify(model)}\n`,
          'model.onnx': exportLfccGmm(stored),
        },
        create: (card) => createLfccGmm(stored, card),
      };
    });
    onProgress?.({ type: 'end', task });
    return candidates;
  },
});

function stack(clips: readonly ReadClip[]): { data: Float32Array; dims: number } {
  const parts = clips.map(({ input }) => input.features(LFCC_FRONT_END));
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, dims: parts[0]?.dims ?? 0 };
}
