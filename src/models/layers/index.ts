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
