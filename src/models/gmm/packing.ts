/**
 * Mixtures in model files: Float32 arrays as base64.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { decodeFloats, encodeFloats } from '../floats.ts';
import type { Gmm } from './gmm.ts';

/** A mixture in a file. */
export const packedGmmSchema = z.strictObject({
  weights: z.string(),
  means: z.string(),
  variances: z.string(),
});
/** A mixture in a file. */
export type PackedGmm = z.infer<typeof packedGmmSchema>;

/** One mixture a class. */
export interface GmmPair {
  readonly bonafide: Gmm;
  readonly spoof: Gmm;
}

/** Sizes of a mixture, and the file it came from. */
export interface UnpackOptions {
  readonly components: number;
  readonly dims: number;
  /** For messages. */
  readonly where: string;
}

/** Packs a mixture. */
export function packGmm(gmm: Gmm): PackedGmm {
  return {
    weights: encodeFloats(gmm.weights),
    means: encodeFloats(gmm.means),
    variances: encodeFloats(gmm.variances),
  };
}

/** Unpacks what {@link packGmm} packed. @throws RingtrueError `models/bad-file` */
export function unpackGmm(packed: PackedGmm, { components, dims, where }: UnpackOptions): Gmm {
  const positive = (name: string, text: string, count: number): Float64Array => {
    const values = decodeFloats(text, count, where);
    if (values.every((value) => value > 0)) return values;
    throw new RingtrueError('models/bad-file', `${where}: ${name} must all be above 0`);
  };
  return {
    components,
    dims,
    weights: positive('weights', packed.weights, components),
    means: decodeFloats(packed.means, components * dims, where),
    variances: positive('variances', packed.variances, components * dims),
  };
}
