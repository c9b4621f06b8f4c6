/**
 * Cross-entropy of classes and of independent bits, and their focal forms.
 * @module
 */

import { nn, np, type Traced } from '../../compiler/jax.ts';
import { softplus } from '../../models/layers/activations.ts';
import { expectShape, settingError } from '../../models/layers/shapes.ts';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Weight of each class: the loss is the weighted mean. @default all 1 */
  readonly classWeights?: readonly number[];
  /** Share of the target that is spread evenly over the classes (Szegedy et al. 2016). @default 0 */
  readonly labelSmoothing?: number;
}

/**
 * Mean of −w_y log softmax(logits)_y over the batch, divided by Σ w_y (PyTorch's rule). With smoothing ε the
 * target is (1 − ε) of the label plus ε / classes of each class, each term with its class's weight.
 * @param logits `[batch, classes]`
 * @param labels int32 `[batch]`
 * @returns scalar
 */
export function crossEntropy(
  logits: Traced,
  labels: Traced,
  { classWeights, labelSmoothing = 0 }: CrossEntropyOptions = {},
): Traced {
  const { target, classes } = targetsOf('crossEntropy', logits, labels);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw settingError('crossEntropy', `labelSmoothing ${labelSmoothing}, expected it in [0, 1)`);
  }
  const weights = weightsOf('crossEntropy', classWeights, classes);
  const smoothed =
    labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const terms = nn.logSoftmax(logits, -1).mul(smoothed);
  if (weights === null) return np.sum(terms).mul(-1 / logits.shape[0]!);
  return np
    .sum(terms.mul(weights))
    .neg()
    .div(np.sum(target.mul(weights)));
}

/** Options of {@link focalLoss}. */
export interface FocalOptions {
  /** Exponent γ: 0 is cross-entropy. @default 2 */
  readonly gamma?: number;
  /** α of each class. @default all 1 */
  readonly classWeights?: readonly number[];
}

/**
 * Mean of −α_y (1 − p_y)^γ log p_y (Lin et al. 2017, arXiv 1708.02002, eq. 5).
 * @param logits `[batch, classes]`
 * @param labels int32 `[batch]`
 * @returns scalar
 */
export function focalLoss(
  logits: Traced,
  labels: Traced,
  { gamma = 2, classWeights }: FocalOptions = {},
): Traced {
  const { target, classes } = targetsOf('focalLoss', logits, labels);
  const weights = weightsOf('focalLoss', classWeights, classes);
  const logs = np.sum(nn.logSoftmax(logits, -1).mul(target), -1);
  // log(1 − p_y) = log Σ_{j ≠ y} e^{z_j} − log Σ_j e^{z_j}: exact for p_y near 1, where 1 − e^{log p} is not.
  const others = nn.logsumexp(logits.add(target.mul(-1e30)), -1);
  const missing = others.sub(nn.logsumexp(logits, -1));
  const loss = np.exp(missing.mul(gamma)).mul(logs).neg();
  const weighted = weights === null ? loss : loss.mul(np.sum(target.mul(weights), -1));
  return np.mean(weighted);
}

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions {
  /** Weight of the positive terms. @default 1 */
  readonly positiveWeight?: number;
}

/**
 * Mean of −[w t log σ(z) + (1 − t) log(1 − σ(z))], from logits.
 * @param logits any shape
 * @param targets of the same shape, in [0, 1]
 * @returns scalar
 */
export function binaryCrossEntropy(
  logits: Traced,
  targets: Traced,
  { positiveWeight = 1 }: BinaryCrossEntropyOptions = {},
): Traced {
  expectShape('binaryCrossEntropy: targets', targets, logits.shape);
  const negative = np.subtract(1, targets).mul(softplus(logits));
  const positive = targets.mul(softplus(logits.neg()));
  return np.mean(negative.add(positiveWeight === 1 ? positive : positive.mul(positiveWeight)));
}

/** Labels as 0 and 1, `[batch, classes]`, after checks of both shapes. */
export function targetsOf(
  loss: string,
  logits: Traced,
  labels: Traced,
): { target: Traced; classes: number } {
  expectShape(`${loss}: logits`, logits, ['batch', 'classes']);
  expectShape(`${loss}: labels`, labels, [logits.shape[0]!]);
  const classes = logits.shape[1]!;
  return { target: oneHot(labels, classes), classes };
}

/** 1 where the class is the label, float32 `[..., classes]`; a label out of range is all zeros. */
export function oneHot(labels: Traced, classes: number): Traced {
  const index = np.array(
    Int32Array.from({ length: classes }, (_, i) => i),
    { dtype: np.int32 },
  );
  return labels
    .reshape([...labels.shape, 1])
    .equal(index)
    .astype(np.float32);
}

function weightsOf(
  loss: string,
  weights: readonly number[] | undefined,
  classes: number,
): Traced | null {
  if (weights === undefined) return null;
  if (weights.length !== classes) {
    throw settingError(loss, `${weights.length} class weights for ${classes} classes`);
  }
  return np.array(Float32Array.from(weights));
}
