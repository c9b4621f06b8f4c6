/**
 * Contrastive losses of embeddings: supervised contrastive, InfoNCE, NT-Xent, triplets with mining.
 * @module
 */

import { lax, nn, np, type Traced } from '../../compiler/jax.ts';
import { relu } from '../../models/layers/activations.ts';
import { expectShape } from '../../models/layers/shapes.ts';
import { normalised } from './margin.ts';

/** Takes an element out of a softmax or a minimum: finite, so that rows without elements make no NaN. */
const FAR = 1e30;

/** Divides cosines. */
export interface TemperatureOption {
  readonly temperature?: number;
}

/** 1 on the diagonal, `[n, n]`. */
function diagonal(n: number): Traced {
  const ones = Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  return np.array(ones).reshape([n, n]);
}

function similarities(a: Traced, b: Traced, temperature: number): Traced {
  return lax
    .dot(normalised(a), normalised(b), { lhsContractingDims: [1], rhsContractingDims: [1] })
    .mul(1 / temperature);
}

/** 1 where two examples have the same label, `[batch, batch]`. */
function sameLabel(labels: Traced): Traced {
  const n = labels.shape[0]!;
  return labels
    .reshape([n, 1])
    .equal(labels.reshape([1, n]))
    .astype(np.float32);
}

/**
 * Supervised contrastive loss (Khosla et al. 2020, arXiv 2004.11362, eq. 2): for each anchor the mean of
 * −log softmax over the other examples at those of its label; the mean over anchors that have any.
 * @param x `[batch, channels]`, normalised here
 * @param labels int32 `[batch]`
 * @param options `temperature`. @default 0.1
 * @returns scalar
 */
export function supervisedContrastive(
  x: Traced,
  labels: Traced,
  { temperature = 0.1 }: TemperatureOption = {},
): Traced {
  expectShape('supervisedContrastive: x', x, ['batch', 'channels']);
  expectShape('supervisedContrastive: labels', labels, [x.shape[0]!]);
  const self = diagonal(x.shape[0]!);
  const logits = similarities(x, x, temperature).sub(self.mul(FAR));
  const logs = logits.sub(nn.logsumexp(logits, -1, { keepdims: true }));
  const positive = sameLabel(labels).mul(np.subtract(1, self));
  const counts = np.sum(positive, -1);
  // Where the example itself would be, 0 · −10³⁰ is not a number to keep.
  const sums = np.sum(np.where(positive.greater(0), logs, 0), -1);
  const anchors = np.sum(counts.greater(0).astype(np.float32));
  const means = sums.div(np.maximum(counts, 1));
  return np.sum(means).neg().div(np.maximum(anchors, 1));
}

/**
 * InfoNCE (van den Oord et al. 2018, arXiv 1807.03748): the partner of a_i among all b is b_i.
 * @param a `[batch, channels]`
 * @param b `[batch, channels]`
 * @param options `temperature`. @default 0.1
 * @returns scalar
 */
export function infoNce(
  a: Traced,
  b: Traced,
  { temperature = 0.1 }: TemperatureOption = {},
): Traced {
  expectShape('infoNce: a', a, ['batch', 'channels']);
  expectShape('infoNce: b', b, a.shape);
  const logs = nn.logSoftmax(similarities(a, b, temperature), -1);
  return np.sum(logs.mul(diagonal(a.shape[0]!))).mul(-1 / a.shape[0]!);
}

/**
 * NT-Xent of SimCLR (Chen et al. 2020, arXiv 2002.05709, eq. 1): each of the 2 n views finds its partner among
 * the 2 n − 1 others.
 * @param a `[batch, channels]`, first views
 * @param b `[batch, channels]`, second views
 * @param options `temperature`. @default 0.5
 * @returns scalar
 */
export function ntXent(
  a: Traced,
  b: Traced,
  { temperature = 0.5 }: TemperatureOption = {},
): Traced {
  expectShape('ntXent: a', a, ['batch', 'channels']);
  expectShape('ntXent: b', b, a.shape);
  const n = a.shape[0]!;
  const all = np.concatenate([a, b], 0);
  const logits = similarities(all, all, temperature).sub(diagonal(2 * n).mul(FAR));
  const logs = nn.logSoftmax(logits, -1);
  const partner = Float32Array.from({ length: 4 * n * n }, (_, i) =>
    i % (2 * n) === (Math.floor(i / (2 * n)) + n) % (2 * n) ? 1 : 0,
  );
  const chosen = np.array(partner).reshape([2 * n, 2 * n]);
  return np.sum(np.where(chosen.greater(0), logs, 0)).mul(-1 / (2 * n));
}

/** Added to squared distances: the square root has no derivative at 0. */
const LEAST_SQUARE = 1e-12;

/** Euclidean distances of all rows, `[n, m]` of `[n, channels]` and `[m, channels]`. */
function distances(a: Traced, b: Traced): Traced {
  const [n, channels] = a.shape;
  const difference = a.reshape([n!, 1, channels!]).sub(b);
  return np.sqrt(np.sum(difference.mul(difference), -1).add(LEAST_SQUARE));
}

/** By how much a negative must be farther than a positive. */
export interface TripletOptions {
  /** @default 1 */
  readonly margin?: number;
}

/**
 * Mean of max(0, |a − p| − |a − n| + margin) (Schroff et al. 2015, arXiv 1503.03832).
 * @param anchor `[batch, channels]`; `positive` and `negative` of the same shape
 * @returns scalar
 */
export function tripletLoss(
  { anchor, positive, negative }: { readonly [K in 'anchor' | 'positive' | 'negative']: Traced },
  { margin = 1 }: TripletOptions = {},
): Traced {
  expectShape('tripletLoss: anchor', anchor, ['batch', 'channels']);
  expectShape('tripletLoss: positive', positive, anchor.shape);
  expectShape('tripletLoss: negative', negative, anchor.shape);
  const apart = (other: Traced): Traced => {
    const difference = anchor.sub(other);
    return np.sqrt(np.sum(difference.mul(difference), -1).add(LEAST_SQUARE));
  };
  return np.mean(relu(apart(positive).sub(apart(negative)).add(margin)));
}

/** Options of {@link minedTripletLoss}. */
export interface MinedTripletOptions extends TripletOptions {
  /**
   * `'hard'`: the farthest positive and nearest negative of each anchor (Hermans et al. 2017, arXiv
   * 1703.07737). `'semi-hard'`: for each anchor and positive the nearest negative that is farther than the
   * positive, or, if there is none, the farthest negative (Schroff et al. 2015). @default 'hard'
   */
  readonly mining?: 'hard' | 'semi-hard';
}

/**
 * Triplets chosen within the batch; the mean over anchors (hard) or anchors and positives (semi-hard) that
 * have both a positive and a negative; 0 if none has.
 * @param x `[batch, channels]`
 * @param labels int32 `[batch]`
 * @returns scalar
 */
export function minedTripletLoss(
  x: Traced,
  labels: Traced,
  { margin = 1, mining = 'hard' }: MinedTripletOptions = {},
): Traced {
  expectShape('minedTripletLoss: x', x, ['batch', 'channels']);
  expectShape('minedTripletLoss: labels', labels, [x.shape[0]!]);
  const n = x.shape[0]!;
  const apart = distances(x, x);
  const same = sameLabel(labels);
  const positive = same.sub(diagonal(n)).greater(0);
  const negative = same.less(0.5);
  const hasNegative = np.max(negative.astype(np.float32), -1);
  if (mining === 'hard') {
    const farthest = np.max(np.where(positive, apart, -FAR), -1);
    const nearest = np.min(np.where(negative, apart, FAR), -1);
    const valid = np.max(positive.astype(np.float32), -1).mul(hasNegative);
    return meanOver(farthest.sub(nearest).add(margin), valid);
  }
  // [anchor, positive, negative]
  const toPositive = apart.reshape([n, n, 1]);
  const toNegative = apart.reshape([n, 1, n]);
  const isNegative = negative.reshape([n, 1, n]);
  const beyond = np.logicalAnd(isNegative, toNegative.greater(toPositive));
  const nearest = np.min(np.where(beyond, np.broadcastTo(toNegative, [n, n, n]), FAR), -1);
  const farthest = np.max(np.where(negative, apart, -FAR), -1).reshape([n, 1]);
  const chosen = np.where(nearest.less(FAR / 2), nearest, farthest);
  const valid = positive.astype(np.float32).mul(hasNegative.reshape([n, 1]));
  return meanOver(apart.sub(chosen).add(margin), valid);
}

/** Mean of max(0, x) where valid is 1. */
function meanOver(x: Traced, valid: Traced): Traced {
  const losses = relu(np.where(valid.greater(0), x, 0));
  return np.sum(losses).div(np.maximum(np.sum(valid), 1));
}
