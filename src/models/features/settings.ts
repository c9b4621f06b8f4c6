/**
 * The nine feature families of card 08 as plain data: what a model file holds is all that is needed to compute them.
 * @module
 */

import * as z from 'zod';
import { largestConstantQHop } from '../../audio/dsp/constant-q.ts';

const hz = z.number().positive().max(192_000).meta({ unit: 'Hz' });
const samples = z.int().positive().meta({ unit: 'samples' });

const sampleRate = hz.default(16000).describe('rate of the samples');

const framing = {
  sampleRate,
  winLength: samples.default(320).describe('frame'),
  hop: samples.default(160).describe('step between frames'),
  fftSize: samples
    .optional()
    .describe('transform, its half a product of 2, 3 and 5; the next power of two by default'),
  window: z.enum(['hamming', 'hann']).default('hamming').describe('shape of the window'),
  symmetric: z
    .boolean()
    .default(true)
    .describe('window of period n − 1; of period n where it is false'),
  preEmphasis: z.number().min(0).max(1).default(0.97).describe('a of y[n] = x[n] − a x[n−1]'),
  removeDc: z.boolean().default(false).describe('take the mean of each frame away'),
  center: z
    .boolean()
    .default(false)
    .describe('frame t in the middle of t · hop, zeros beyond the ends'),
};

const floor = (value: number) =>
  z.number().positive().default(value).describe('least value that a logarithm sees');

const band = {
  lowHz: z.number().min(0).default(0).meta({ unit: 'Hz' }).describe('lower edge of the filters'),
  highHz: hz.optional().describe('upper edge of the filters; half the rate by default'),
};

const filterBank = {
  ...framing,
  filters: z.int().positive().max(512).default(24).describe('filters of the bank'),
  ...band,
};

const zeroth = z
  .enum(['c0', 'energy', 'none'])
  .default('c0')
  .describe('what comes first: c0, the logarithm of the frame’s energy, or c1');

const kept = {
  coefficients: z
    .int()
    .positive()
    .max(512)
    .default(20)
    .describe('numbers kept, the first included'),
  zeroth,
};

const logarithm = z.enum(['ln', 'log10']).default('ln').describe('logarithm');

const cepstra = {
  log: logarithm,
  floor: floor(Number.EPSILON),
  orthonormal: z
    .boolean()
    .default(true)
    .describe('orthonormal cosine transform; the plain sum where it is false'),
  ...kept,
};

const power = z
  .union([z.literal(1), z.literal(2)])
  .default(2)
  .describe('exponent of the magnitudes that filters sum');

/** How voice activity chooses frames. */
export const vadSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('energy-2gauss'),
    iterations: z.int().positive().default(10).describe('EM iterations, at most'),
    tolerance: z
      .number()
      .min(0)
      .default(5e-4)
      .describe('EM ends when the likelihood rises by less than this share'),
    varianceFloor: z.number().positive().default(5e-4).describe('of z-normalised log energies'),
    smoothFrames: z.int().positive().default(10).describe('frames that vote on one'),
  }),
  z.strictObject({
    kind: z.literal('energy-threshold'),
    range: z
      .number()
      .positive()
      .default(Math.log(1 / 0.15 ** 2))
      .describe('how far below the loudest frame a log energy may be'),
    smoothFrames: z.int().positive().default(10).describe('frames that vote on one'),
  }),
]);

/** What follows the static features, the same for all families. */
export const finishing = {
  deltaOrder: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .default(2)
    .describe('1 appends differences over time, 2 their differences too'),
  delta: z
    .strictObject({
      window: z.int().positive().default(2).describe('frames on each side'),
      scaled: z.boolean().default(true).describe('divide by 2 Σ l²; the toolkit does not'),
    })
    .default({ window: 2, scaled: true })
    .describe('how differences are taken'),
  vad: vadSchema.default({ kind: 'none' }).describe('which frames are kept, after differences'),
  normalise: z
    .enum(['none', 'cmvn'])
    .default('none')
    .describe('mean and variance of each recording taken away, after voice activity'),
};

const logEnergyFamily = { ...filterBank, power, ...cepstra, ...finishing };
const magnitudeFamily = { ...filterBank, ...cepstra, ...finishing };

/** A family with all its parameters. */
export const featureSchema = z
  .discriminatedUnion('family', [
    z.strictObject({ family: z.literal('mfcc'), ...logEnergyFamily }),
    z.strictObject({ family: z.literal('imfcc'), ...logEnergyFamily }),
    z.strictObject({ family: z.literal('lfcc'), ...logEnergyFamily }),
    z.strictObject({ family: z.literal('rfcc'), ...logEnergyFamily }),
    z.strictObject({ family: z.literal('ssfc'), ...magnitudeFamily }),
    z.strictObject({
      family: z.literal('scfc'),
      ...filterBank,
      floor: floor(1e-10).describe('magnitude of a band that counts as silent'),
      ...finishing,
    }),
    z.strictObject({ family: z.literal('scmc'), ...magnitudeFamily }),
    z.strictObject({
      family: z.literal('lpcc'),
      ...framing,
      winLength: samples.default(480).describe('frame'),
      hop: samples.default(240).describe('step between frames'),
      order: z.int().positive().max(128).default(13).describe('order of the predictor'),
      floor: floor(1e-12),
      ...kept,
      ...finishing,
    }),
    z.strictObject({
      family: z.literal('cqcc'),
      sampleRate,
      binsPerOctave: z.int().positive().max(192).default(96).describe('filters of an octave'),
      octaves: z
        .int()
        .positive()
        .max(12)
        .default(9)
        .describe('octaves below the upper edge; 9 end at 15.6 Hz'),
      highHz: hz.optional().describe('upper edge; half the rate by default'),
      gamma: z
        .number()
        .min(0)
        .default(228.7)
        .meta({ unit: 'Hz' })
        .describe('added to the frequency that a filter’s width follows'),
      hop: samples.default(128).describe('step between frames'),
      samplesFirstOctave: z
        .int()
        .positive()
        .max(64)
        .default(16)
        .describe('d: uniform samples of the first octave'),
      floor: floor(Number.EPSILON),
      ...kept,
      ...finishing,
    }),
  ])
  .superRefine((spec, context) => {
    const problem = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    const half = spec.sampleRate / 2;
    if ('highHz' in spec && spec.highHz !== undefined && spec.highHz > half)
      problem('highHz', `expected at most half the rate, ${half} Hz`);
    if ('lowHz' in spec && spec.lowHz >= (spec.highHz ?? half))
      problem('lowHz', 'expected below the upper edge');
    if ('fftSize' in spec && spec.fftSize !== undefined && spec.fftSize < spec.winLength)
      problem('fftSize', `expected at least the frame, ${spec.winLength} samples`);
    if ('filters' in spec && 'coefficients' in spec && spec.coefficients > spec.filters)
      problem('coefficients', `expected at most the filters, ${spec.filters}`);
    if (spec.family === 'cqcc') {
      const most = largestConstantQHop({ ...spec, highHz: spec.highHz ?? half });
      if (spec.hop > most)
        problem('hop', `expected at most ${most} samples: the highest filter changes faster`);
    }
  });

/** Names of the families, in the order of the card. */
export const FEATURE_FAMILIES = [
  'mfcc',
  'imfcc',
  'lfcc',
  'rfcc',
  'ssfc',
  'scfc',
  'scmc',
  'lpcc',
  'cqcc',
] as const satisfies readonly FeatureSpec['family'][];

/** A family as it is written: what is left out has its default. */
export type FeatureSettings = z.input<typeof featureSchema>;
/** A family with its defaults filled in. */
export type FeatureSpec = z.output<typeof featureSchema>;
/** What follows static features. */
export type Finishing = Pick<FeatureSpec, 'deltaOrder' | 'delta' | 'vad' | 'normalise'>;

/** An autoencoder's front end: stretches of logarithmic power spectra, whose code its encoder gives. */
export const autoencoderSchema = z.strictObject({
  family: z.literal('autoencoder'),
  ...framing,
  floor: floor(1e-10),
  stack: z.int().positive().max(31).default(5).describe('neighbouring frames that are one input'),
  ...finishing,
});
/** An autoencoder's front end with its defaults filled in. */
export type AutoencoderSpec = z.output<typeof autoencoderSchema>;
