/**
 * Connectionist temporal classification (Graves et al. 2006).
 * @module
 */

import { nn, np, type Traced } from '../../compiler/jax.ts';
import { expectShape } from '../../models/layers/shapes.ts';
import { oneHot } from './cross-entropy.ts';

/** log 0, finite: differences of it make no NaN. */
const NEVER = -1e30;

/** What {@link ctcLoss} compares. */
export interface CtcInput {
  /** `[batch, time, classes]`, class 0 is the blank */
  readonly logits: Traced;
  /** int32 `[batch, longest]`, each at least 1 within its length */
  readonly labels: Traced;
  /** Frames of each example, int32 `[batch]`. @default all */
  readonly lengths?: Traced;
  /** Labels of each example, int32 `[batch]`, at least 1. @default all */
  readonly labelLengths?: Traced;
}

/**
 * Mean over the batch of −log P(labels | logits) / labels (PyTorch's rule), by the forward recursion over
 * the labels with blanks between, in logarithms, unrolled over time. A label sequence that does not fit into
 * its frames has probability 0: its loss is about 10³⁰, its gradient of no use.
 * @returns scalar
 */
export function ctcLoss({ logits, labels, lengths, labelLengths }: CtcInput): Traced {
  expectShape('ctcLoss: logits', logits, ['batch', 'time', 'classes']);
  const [batch, time, classes] = logits.shape;
  expectShape('ctcLoss: labels', labels, [batch!, 'longest']);
  for (const [name, count] of Object.entries({ lengths, labelLengths })) {
    if (count !== undefined) expectShape(`ctcLoss: ${name}`, count, [batch!]);
  }
  const longest = labels.shape[1]!;
  const states = 2 * longest + 1;
  const extended = interleaved(labels);
  // Log-probability of each state's class at each frame, [time, batch, states].
  const chosen = oneHot(extended, classes!);
  const logs = np.matmul(nn.logSoftmax(logits, -1), np.transpose(chosen, [0, 2, 1]));
  const frames = np.split(np.moveaxis(logs, 1, 0), time!, 0);
  const skip = skips(extended);
  const start = Float32Array.from({ length: states }, (_, s) => (s < 2 ? 0 : NEVER));
  let alpha = frames[0]!.reshape([batch!, states]).add(np.array(start));
  for (let t = 1; t < time!; t += 1) {
    const next = step(alpha, skip).add(frames[t]!.reshape([batch!, states]));
    alpha =
      lengths === undefined ? next : np.where(lengths.reshape([batch!, 1]).greater(t), next, alpha);
  }
  const counts = labelLengths ?? np.full([batch!], longest, { dtype: np.int32 });
  // The last label or the blank after it.
  const index = np.array(
    Int32Array.from({ length: states }, (_, s) => s),
    { dtype: np.int32 },
  );
  const last = counts.mul(2).reshape([batch!, 1]);
  const ends = np.logicalAnd(index.lessEqual(last), index.greaterEqual(last.sub(1)));
  const total = nn.logsumexp(np.where(ends, alpha, NEVER), -1);
  return np.mean(total.neg().div(counts.astype(np.float32)));
}

/** Blank, label, blank, label, …, blank: `[batch, 2 longest + 1]`. */
function interleaved(labels: Traced): Traced {
  const [batch, longest] = labels.shape;
  const column = labels.reshape([batch!, longest!, 1]);
  const pairs = np.concatenate([column.mul(0), column], 2).reshape([batch!, 2 * longest!]);
  return np.pad(pairs, [
    [0, 0],
    [0, 1],
  ]);
}

/** 0 where a state may be entered from two before (a label unlike the one before it), else log 0. */
function skips(extended: Traced): Traced {
  const states = extended.shape[1]!;
  const before = shiftedBy(extended, 2, 0);
  const index = np.array(
    Int32Array.from({ length: states }, (_, s) => s),
    { dtype: np.int32 },
  );
  const allowed = np.logicalAnd(
    np.logicalAnd(extended.notEqual(0), extended.notEqual(before)),
    index.greaterEqual(2),
  );
  return np.where(allowed, 0, NEVER);
}

/** log(e^α[s] + e^α[s−1] + e^(α[s−2] + skip)). */
function step(alpha: Traced, skip: Traced): Traced {
  const stacked = np.stack([
    alpha,
    shiftedBy(alpha, 1, NEVER),
    shiftedBy(alpha, 2, NEVER).add(skip),
  ]);
  // −2 · 10³⁰ and the like are log 0 as well.
  return nn.logsumexp(np.maximum(stacked, NEVER), 0);
}

/** x[s − by], `fill` before the first. */
function shiftedBy(x: Traced, by: number, fill: number): Traced {
  const [batch, states] = x.shape;
  const kept = x.slice([], [0, states! - by]);
  return np.concatenate([np.full([batch!, by], fill, { dtype: x.dtype }), kept], 1);
}
