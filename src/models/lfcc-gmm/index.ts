/**
 * LFCC-GMM, the field's classical baseline: one mixture a class, score = mean over frames of
 * log p(x | spoof) − log p(x | bonafide). The front end is fixed; `gmm` has any of them.
 * @module
 */

import * as z from 'zod';
import { type Features, LFCC_LCNN, lfcc } from '../../audio/dsp/cepstrum.ts';
import { hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import { createFrameDetector } from '../gmm/frame-detector.ts';
import { pairRatios } from '../gmm/gmm.ts';
import { type GmmPair, packedGmmSchema, packGmm, unpackGmm } from '../gmm/packing.ts';
import type { Card, Detector, FrontEnd } from '../types.ts';

/** The front end: LFCC 20 + Δ + ΔΔ at 16 kHz, 20/10 ms. */
export const LFCC_FRONT_END: FrontEnd<Features> = {
  id: 'lfcc-lcnn-16k-v2',
  sampleRate: 16000,
  compute: (mono) => lfcc(mono, LFCC_LCNN),
};

const modelSchema = z.strictObject({
  kind: z.literal('lfcc-gmm'),
  frontEnd: z.literal(LFCC_FRONT_END.id),
  components: z.number().int().positive(),
  dims: z.number().int().positive(),
  bonafide: packedGmmSchema,
  spoof: packedGmmSchema,
});

/** Content of `model.json`: Float32 arrays as base64. */
export type LfccGmmModel = z.infer<typeof modelSchema>;

/** Packs two mixtures for `model.json`. */
export function packLfccGmm({ bonafide, spoof }: GmmPair): LfccGmmModel {
  return {
    kind: 'lfcc-gmm',
    frontEnd: LFCC_FRONT_END.id,
    components: bonafide.components,
    dims: bonafide.dims,
    bonafide: packGmm(bonafide),
    spoof: packGmm(spoof),
  };
}

/** Unpacks `model.json`. @throws RingtrueError `models/bad-file` */
export function unpackLfccGmm(value: unknown, where: string): GmmPair {
  const model = parseOptions(modelSchema, value, { where, code: 'models/bad-file' });
  const sizes = { components: model.components, dims: model.dims, where };
  return { bonafide: unpackGmm(model.bonafide, sizes), spoof: unpackGmm(model.spoof, sizes) };
}

/** The detector of two trained mixtures. */
export function createLfccGmm(pair: GmmPair, card: Card): Detector {
  const { sampleRate } = LFCC_FRONT_END;
  return createFrameDetector({
    // Packing rounds to Float32, as the file does, so that the id is the same before and after saving.
    id: hashJson(packLfccGmm(pair)),
    card,
    source: {
      sampleRate,
      async features(input) {
        const features = input.features(LFCC_FRONT_END);
        return {
          ...features,
          hopSec: LFCC_LCNN.hop / sampleRate,
          total: features.frames,
          at: null,
        };
      },
      dispose: async () => undefined,
    },
    ratios: pairRatios(pair),
  });
}
