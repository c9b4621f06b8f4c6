/**
 * Losses: functions of traced arrays to a scalar, the mean over the batch.
 * @module
 */

export {
  infoNce,
  type MinedTripletOptions,
  minedTripletLoss,
  ntXent,
  supervisedContrastive,
  type TripletOptions,
  tripletLoss,
} from './contrastive.ts';
export {
  type BinaryCrossEntropyOptions,
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  type FocalOptions,
  focalLoss,
  oneHot,
} from './cross-entropy.ts';
export { type CtcInput, ctcLoss } from './ctc.ts';
export { categoricalKl, type Gaussian, gaussianKl, type HsicOptions, hsic } from './divergence.ts';
export {
  type AngularMarginOptions,
  aamSoftmax,
  amSoftmax,
  cosines,
  initMargin,
  type MarginOptions,
  type MarginParameters,
  normalised,
  type OneClassOptions,
  oneClassSoftmax,
} from './margin.ts';
export {
  multiResolutionStft,
  STFT_RESOLUTIONS,
  type StftResolution,
} from './multi-resolution-stft.ts';
export { huber, meanAbsoluteError, meanSquaredError, smoothL1 } from './regression.ts';
