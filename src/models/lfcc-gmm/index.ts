/**
 * LFCC-GMM, the field's classical baseline: one mixture a class, score = mean over frames of
 * log p(x | spoof) − log p(x | bonafide).
 * @module
 */

import * as z from 'zod';
import { type Features, LFCC_LCNN, lfcc } from '../../audio/dsp/cepstrum.ts';
import { RingtrueError } from '../../core/errors.ts';
import { hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import { decodeFloats, encodeFloats } from '../floats.ts';
import type { Card, Detector, DetectorScore, FrontEnd, WindowScore } from '../types.ts';
import { type Gmm, logLikelihoods, prepareGmm } from './gmm.ts';

/** The front end: LFCC 20 + Δ + ΔΔ at 16 kHz, 20/10 ms. */
export const LFCC_FRONT_END: FrontEnd<Features> = {
  id: 'lfcc-lcnn-16k-v2',
  sampleRate: 16000,
  compute: (mono) => lfcc(mono, LFCC_LCNN),
};

const gmmSchema = z.strictObject({ weights: z.string(), means: z.string(), variances: z.string() });
const modelSchema = z.strictObject({
  kind: z.literal('lfcc-gmm'),
  frontEnd: z.literal(LFCC_FRONT_END.id),
  components: z.number().int().positive(),
  dims: z.number().int().positive(),
  bonafide: gmmSchema,
  spoof: gmmSchema,
});

/** Content of `model.json`: Float32 arrays as base64. */
export type LfccGmmModel = z.infer<typeof modelSchema>;

/** Both mixtures. */
export interface GmmPair {
  readonly bonafide: Gmm;
  readonly spoof: Gmm;
}

/** Packs two mixtures for `model.json`. */
export function packLfccGmm({ bonafide, spoof }: GmmPair): LfccGmmModel {
  const pack = (gmm: Gmm) => ({
    weights: encodeFloats(gmm.weights),
    means: encodeFloats(gmm.means),
    variances: encodeFloats(gmm.variances),
  });
  return {
    kind: 'lfcc-gmm',
    frontEnd: LFCC_FRONT_END.id,
    components: bonafide.components,
    dims: bonafide.dims,
    bonafide: pack(bonafide),
    spoof: pack(spoof),
  };
}

/** Unpacks `model.json`. @throws RingtrueError `models/bad-file` */
export function unpackLfccGmm(value: unknown, where: string): GmmPair {
  const model = parseOptions(modelSchema, value, { where, code: 'models/bad-file' });
  const { components, dims } = model;
  const positive = (name: string, text: string, count: number): Float64Array => {
    const values = decodeFloats(text, count, where);
    if (values.every((value) => value > 0)) return values;
    throw new RingtrueError('models/bad-file', `${where}: ${name} must all be above 0`);
  };
  const unpack = (packed: LfccGmmModel['bonafide']): Gmm => ({
    components,
    dims,
    weights: positive('weights', packed.weights, components),
    means: decodeFloats(packed.means, components * dims, where),
    variances: positive('variances', packed.variances, components * dims),
  });
  return { bonafide: unpack(model.bonafide), spoof: unpack(model.spoof) };
}

const WINDOW_SEC = 1;
const WINDOW_HOP_SEC = 0.5;

/** The detector of two trained mixtures. */
export function createLfccGmm(pair: GmmPair, card: Card): Detector {
  const bonafide = prepareGmm(pair.bonafide);
  const spoof = prepareGmm(pair.spoof);
  // Packing rounds to Float32, as the file does, so that the id is the same before and after saving.
  const id = hashJson(packLfccGmm(pair));
  return {
    id,
    name: card.name,
    card,
    needs: { sampleRate: LFCC_FRONT_END.sampleRate, minSec: 0.3 },
    async score(batch): Promise<DetectorScore[]> {
      return batch.map((input) => {
        const { data, frames } = input.features(LFCC_FRONT_END);
        const a = logLikelihoods(spoof, data);
        const b = logLikelihoods(bonafide, data);
        const ratios = a.map((value, t) => value - b[t]!);
        return { score: meanOf(ratios, 0, frames), windows: windowsOf(ratios) };
      });
    },
    dispose: async () => undefined,
  };
}

function windowsOf(ratios: Float64Array): WindowScore[] {
  const framesASec = LFCC_FRONT_END.sampleRate / LFCC_LCNN.hop;
  const size = Math.round(WINDOW_SEC * framesASec);
  const hop = Math.round(WINDOW_HOP_SEC * framesASec);
  const windows: WindowScore[] = [];
  for (let start = 0; start === 0 || start + size <= ratios.length; start += hop) {
    const end = Math.min(ratios.length, start + size);
    windows.push({
      startSec: start / framesASec,
      endSec: end / framesASec,
      score: meanOf(ratios, start, end),
    });
  }
  return windows;
}

function meanOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i += 1) sum += values[i]!;
  return end > start ? sum / (end - start) : 0;
}
