/**
 * Kinds of detectors that are folders: the `kind` of a `model.json`.
 * @module
 */

/** Every kind; tables over them are total. */
export const DETECTOR_KINDS = [
  'lfcc-gmm',
  'acoustic-logistic',
  'gmm',
  'fusion',
  'network',
] as const;
/** One of {@link DETECTOR_KINDS}. */
export type DetectorKind = (typeof DETECTOR_KINDS)[number];

/** Kinds that are no networks: their front end is fixed, or computed outside of any graph. */
export type PlainKind = Exclude<DetectorKind, 'network'>;
