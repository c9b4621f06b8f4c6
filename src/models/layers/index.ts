/**
 * Layers: plain functions over plain trees of arrays.
 *
 * One convention for all: `initX(rng, options)` makes parameters on the host; `x(p, input, options)` is the
 * layer in a traced function. What a layer must remember (running statistics, codebooks) is a tree of its
 * own, `initXState`, and such a layer returns `[y, newState]`. Training or not is an option, `train`, fixed
 * when the function is traced. What is drawn needs a key, an argument of the traced function (random.ts).
 * Names and layouts of parameters are PyTorch's, so that weights can be exchanged.
 * @module
 */

export {
  elu,
  gelu,
  geluTanh,
  leakyRelu,
  logSigmoid,
  relu,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from './activations.ts';
export {
  type AttentionOptions,
  type AttentionParameters,
  attention,
  causalMask,
  initAttention,
  type KeyedDropout,
  lengthMask,
} from './attention.ts';
export {
  type ConvInit,
  type ConvOptions,
  type ConvParameters,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  initConv1d,
  initConv2d,
  initConvTranspose1d,
  initConvTranspose2d,
  type PerAxis,
} from './conv.ts';
export { type DenseOptions, type DenseParameters, dense, initDense } from './dense.ts';
export {
  type DropoutOptions,
  dropChannels,
  dropout,
  dropPath,
  type SpecAugmentOptions,
  specAugment,
} from './dropout.ts';
export {
  type EmbeddingOptions,
  type EmbeddingParameters,
  embedding,
  initEmbedding,
} from './embedding.ts';
export {
  type GraphAttentionInit,
  type GraphAttentionOptions,
  type GraphAttentionParameters,
  type GraphPoolParameters,
  graphAttention,
  graphPool,
  initGraphAttention,
  initGraphAttentionState,
  initGraphPool,
  initStackingAttention,
  type StackingAttentionParameters,
  type StackingAttentionResult,
  stackingAttention,
} from './graph-attention.ts';
export {
  type FanOptions,
  fansOf,
  filled,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initialiser,
  normal,
  ones,
  orthogonal,
  torchUniform,
  truncatedNormal,
  uniform,
  zeros,
} from './init.ts';
export { maxFeatureMap } from './max-feature-map.ts';
export {
  type BatchNormOptions,
  type BatchNormState,
  batchNorm,
  type EpsilonOption,
  groupNorm,
  initBatchNormState,
  initNorm,
  layerNorm,
  type NormParameters,
} from './norm.ts';
export {
  adaptiveAveragePool,
  adaptiveMaxPool,
  averagePool,
  globalAveragePool,
  maxPool,
  type PoolOptions,
} from './pool.ts';
export { drawKey, normalBits, splitKey, uniformBits } from './random.ts';
export {
  type GruResult,
  gru,
  initGru,
  initLstm,
  type LstmResult,
  lstm,
  type RecurrentCell,
  type RecurrentInit,
  type RecurrentOptions,
  type RecurrentParameters,
} from './recurrent.ts';
export {
  type BucketBiasParameters,
  type BucketOptions,
  bucketBias,
  type ClippedPositionParameters,
  clippedPosition,
  type DisentangledParameters,
  disentangledPosition,
  disentangledScale,
  initBucketBias,
  initClippedPosition,
  initDisentangled,
  initSinusoidPosition,
  relativeBucket,
  relativeShift,
  type SinusoidPositionParameters,
  sinusoidPosition,
  sinusoids,
} from './relative-position.ts';
export {
  initSincConv,
  melSincBank,
  type SincInit,
  type SincOptions,
  type SincParameters,
  sincConv,
  sincFilters,
} from './sinc-conv.ts';
export {
  type ComplexSpectrum,
  deltaLayer,
  lfccLayer,
  logMelLayer,
  mfccLayer,
  powerLayer,
  preEmphasise,
  stftLayer,
} from './spectrum.ts';
export {
  initSqueezeExcite,
  type SqueezeExciteParameters,
  squeezeExcite,
} from './squeeze-excite.ts';
export {
  initStatisticsPool,
  type StatisticsPoolInit,
  type StatisticsPoolParameters,
  statisticsPool,
} from './statistics-pool.ts';
export {
  type EncoderOptions,
  type EncoderParameters,
  encoder,
  initEncoder,
} from './transformer.ts';
export {
  type AveragedOptions,
  type CodebookInit,
  type CodebookParameters,
  type CodebookState,
  initCodebook,
  initCodebookState,
  type Quantised,
  quantise,
  quantiseAveraged,
} from './vector-quantiser.ts';
