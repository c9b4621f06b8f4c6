/**
 * Front ends of networks as plain data: what a model file holds is all that is needed to compute them.
 * @module
 */

import * as z from 'zod';
import {
  type CepstrumOptions,
  type Features,
  type FrontEndOptions,
  LFCC_LCNN,
  lfcc,
  logMel,
  mfcc,
} from '../../audio/dsp/cepstrum.ts';
import type { Json } from '../../core/errors.ts';
import { hashJson } from '../../core/hash.ts';
import type { FrontEnd } from '../types.ts';

const hz = z.number().positive().max(192_000).meta({ unit: 'Hz' });
const samples = z.int().positive().meta({ unit: 'samples' });

const filterBankOptions = {
  sampleRate: hz.describe('rate of the samples'),
  winLength: samples.describe('frame'),
  hop: samples.describe('step between frames'),
  fftSize: samples.describe('transform; a power of two'),
  filters: z.int().positive().describe('filters of the bank'),
  window: z.enum(['hamming', 'hann']).default('hamming').describe('window, periodic'),
  preEmphasis: z.number().min(0).max(1).default(0).describe('a of y[n] = x[n] − a x[n−1]'),
  center: z.boolean().default(true).describe('half a transform of zeros at both ends'),
  lowHz: z.number().min(0).default(0).meta({ unit: 'Hz' }).describe('lower edge of the bank'),
  highHz: hz.optional().describe('upper edge of the bank; half the rate by default'),
  power: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('exponent of the magnitudes'),
  log: z.enum(['log10', 'ln']).default('log10').describe('logarithm'),
  floor: z
    .number()
    .positive()
    .default(Number.EPSILON)
    .describe('added to energies before the logarithm'),
};

const cepstrumOptions = {
  ...filterBankOptions,
  coefficients: z.int().positive().describe('cepstra kept, from c0'),
  deltaOrder: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .default(2)
    .describe('1 appends differences over time, 2 their differences too'),
  delta: z
    .strictObject({
      window: z.int().positive().describe('frames on each side'),
      scaled: z.boolean().describe('divide by 2 Σ l²'),
    })
    .default({ window: 1, scaled: false })
    .describe('how differences are taken'),
};

const layout = z
  .enum(['dims-first', 'frames-first'])
  .default('dims-first')
  .describe('order of axes: [dims, frames] or [frames, dims]');

/** A front end with all its parameters. */
export const frontEndSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lfcc'), layout, ...cepstrumOptions }),
  z.strictObject({ kind: z.literal('mfcc'), layout, ...cepstrumOptions }),
  z.strictObject({ kind: z.literal('log-mel'), layout, ...filterBankOptions }),
  z.strictObject({
    kind: z.literal('samples'),
    sampleRate: hz.describe('rate of the samples'),
    normalise: z
      .enum(['none', 'zero-mean-unit-variance'])
      .default('none')
      .describe('of each stretch of samples'),
  }),
]);

/** A front end as a recipe writes it. */
export type FrontEndSettings = z.input<typeof frontEndSchema>;
/** A front end with its defaults filled in. */
export type FrontEndSpec = z.output<typeof frontEndSchema>;

/** One array of features. */
export interface FeatureArray {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The LFCC of the robustness study (card 01 §4.1): 60 × 401 for 4 s. */
export const LFCC_LCNN_SETTINGS: FrontEndSettings = {
  kind: 'lfcc',
  sampleRate: LFCC_LCNN.sampleRate,
  winLength: LFCC_LCNN.winLength,
  hop: LFCC_LCNN.hop,
  fftSize: LFCC_LCNN.fftSize,
  filters: LFCC_LCNN.filters,
  preEmphasis: 0.97,
  coefficients: LFCC_LCNN.coefficients,
};

/** The front end that a specification describes. */
export function createFrontEnd(spec: FrontEndSpec): FrontEnd<FeatureArray> {
  return {
    // By way of text: settings that are left out leave no trace.
    id: `network-${hashJson(JSON.parse(JSON.stringify(spec)) as Json).slice(0, 16)}`,
    sampleRate: spec.sampleRate,
    compute: computation(spec),
  };
}

function computation(spec: FrontEndSpec): (mono: Float32Array) => FeatureArray {
  if (spec.kind === 'samples') {
    return (mono) => ({
      dims: [mono.length],
      data: spec.normalise === 'none' ? mono : standardised(mono),
    });
  }
  const { highHz, ...rest } = spec;
  // One object for all calls: it keeps the tables of window and filters.
  const options = highHz === undefined ? rest : { ...rest, highHz };
  const features = (mono: Float32Array): Features => {
    // Its kind says which options it has.
    if (spec.kind === 'log-mel') return logMel(mono, options as FrontEndOptions);
    return (spec.kind === 'lfcc' ? lfcc : mfcc)(mono, options as CepstrumOptions);
  };
  return (mono) => {
    const { frames, dims, data } = features(mono);
    if (spec.layout === 'frames-first') return { dims: [frames, dims], data };
    const turned = new Float32Array(data.length);
    for (let t = 0; t < frames; t += 1)
      for (let d = 0; d < dims; d += 1) turned[d * frames + t] = data[t * dims + d]!;
    return { dims: [dims, frames], data: turned };
  };
}

/** (x − mean) / √(variance + 1e-7), as wav2vec 2.0 wants its samples. */
function standardised(x: Float32Array): Float32Array {
  let sum = 0;
  for (const value of x) sum += value;
  const mean = x.length === 0 ? 0 : sum / x.length;
  let squares = 0;
  for (const value of x) squares += (value - mean) ** 2;
  const scale = 1 / Math.sqrt((x.length === 0 ? 0 : squares / x.length) + 1e-7);
  return x.map((value) => (value - mean) * scale);
}
