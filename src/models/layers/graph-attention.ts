/**
 * Graph attention over fully connected nodes, as the detectors RawGAT-ST (Tak et al. 2021, arXiv 2107.12710)
 * and AASIST (Jung et al. 2022, arXiv 2110.01200) use it: nodes of one kind, nodes of two kinds with a master
 * node, and pooling to the best nodes.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, nn, np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { selu, sigmoid, tanh } from './activations.ts';
import type { KeyedDropout } from './attention.ts';
import { type DenseParameters, dense, initDense } from './dense.ts';
import { dropout } from './dropout.ts';
import { glorotNormal } from './init.ts';
import {
  type BatchNormState,
  batchNorm,
  initBatchNormState,
  initNorm,
  type NormParameters,
} from './norm.ts';
import { expectShape, settingError } from './shapes.ts';

/** Sizes of a graph attention layer. */
export interface GraphAttentionInit {
  /** Channels of a node. */
  readonly inputs: number;
  /** Channels of a node afterwards. */
  readonly outputs: number;
}

/** How a graph attention layer works. */
export interface GraphAttentionOptions {
  /** Of batch normalisation. */
  readonly train: boolean;
  /** Divides the attention logits. @default 1 */
  readonly temperature?: number;
  /** Of the nodes that come in. */
  readonly dropout?: KeyedDropout;
}

/** Parameters of {@link graphAttention}. */
export interface GraphAttentionParameters<A> {
  /** Of the products of nodes, `[outputs, inputs]`. */
  readonly attention: DenseParameters<A>;
  /** `[1, outputs]` */
  readonly attentionWeight: A;
  /** Of what a node attends to, `[outputs, inputs]`. */
  readonly attended: DenseParameters<A>;
  /** Of the node itself, `[outputs, inputs]`. */
  readonly own: DenseParameters<A>;
  /** Batch normalisation of the result, `[outputs]`. */
  readonly norm: NormParameters<A>;
}

/** Fresh parameters. */
export function initGraphAttention(
  rng: Rng,
  { inputs, outputs }: GraphAttentionInit,
): GraphAttentionParameters<HostArray> {
  return {
    attention: initDense(rng.split('attention'), { inputs, outputs }),
    attentionWeight: glorotNormal()(rng.split('attentionWeight'), [1, outputs]),
    attended: initDense(rng.split('attended'), { inputs, outputs }),
    own: initDense(rng.split('own'), { inputs, outputs }),
    norm: initNorm(outputs),
  };
}

/** Fresh running statistics of {@link graphAttention} and {@link stackingAttention}. */
export function initGraphAttentionState(outputs: number): BatchNormState<HostArray> {
  return initBatchNormState(outputs);
}

/**
 * h = selu(norm(A (α x) + B x)) with αᵢⱼ the softmax over j of w · tanh(W (xᵢ ∘ xⱼ)) / temperature.
 * @param x `[batch, nodes, inputs]`
 * @returns `[batch, nodes, outputs]` and the new running statistics
 */
export function graphAttention(
  p: GraphAttentionParameters<Traced>,
  state: BatchNormState<Traced>,
  x: Traced,
  { train, temperature = 1, dropout: drop }: GraphAttentionOptions,
): [Traced, BatchNormState<Traced>] {
  expectShape('graphAttention: x', x, ['batch', 'nodes', p.own.weight.shape[1]!]);
  const nodes = drop === undefined ? x : dropout(drop.key, x, drop);
  const scores = scoresOf(p.attention, p.attentionWeight, pairs(nodes));
  const [batch, count] = nodes.shape;
  const logits = scores.reshape([batch!, count!, count!]).mul(1 / temperature);
  const seen = np.matmul(nn.softmax(logits, -1), nodes);
  return activated(p.norm, state, dense(p.attended, seen).add(dense(p.own, nodes)), train);
}

/** Products of every two nodes, `[batch, nodes, nodes, channels]`. */
function pairs(x: Traced): Traced {
  const [batch, nodes, channels] = x.shape;
  return x.reshape([batch!, nodes!, 1, channels!]).mul(x.reshape([batch!, 1, nodes!, channels!]));
}

/** w · tanh(W products), `[..., rows of w]`. */
function scoresOf(p: DenseParameters<Traced>, weight: Traced, products: Traced): Traced {
  const hidden = tanh(dense(p, products));
  return lax.dot(hidden, weight, { lhsContractingDims: [-1], rhsContractingDims: [-1] });
}

function activated(
  norm: NormParameters<Traced>,
  state: BatchNormState<Traced>,
  x: Traced,
  train: boolean,
): [Traced, BatchNormState<Traced>] {
  const [batch, nodes, channels] = x.shape;
  const [y, next] = batchNorm(norm, state, x.reshape([batch! * nodes!, channels!]), { train });
  return [selu(y).reshape(x.shape), next];
}

/** Parameters of {@link stackingAttention}. */
export interface StackingAttentionParameters<A> {
  /** Of the nodes of the first kind, `[inputs, inputs]`. */
  readonly first: DenseParameters<A>;
  /** Of the nodes of the second kind, `[inputs, inputs]`. */
  readonly second: DenseParameters<A>;
  /** Of the products of nodes, `[outputs, inputs]`. */
  readonly attention: DenseParameters<A>;
  /** Rows: within the first kind, within the second, across; `[3, outputs]`. */
  readonly attentionWeight: A;
  /** Of the products of nodes and master, `[outputs, inputs]`. */
  readonly masterAttention: DenseParameters<A>;
  /** `[1, outputs]` */
  readonly masterAttentionWeight: A;
  /** Of what a node attends to, `[outputs, inputs]`. */
  readonly attended: DenseParameters<A>;
  /** Of the node itself, `[outputs, inputs]`. */
  readonly own: DenseParameters<A>;
  /** Of what the master attends to, `[outputs, inputs]`. */
  readonly masterAttended: DenseParameters<A>;
  /** Of the master itself, `[outputs, inputs]`. */
  readonly masterOwn: DenseParameters<A>;
  /** Batch normalisation of the result, `[outputs]`. */
  readonly norm: NormParameters<A>;
}

/** Fresh parameters. */
export function initStackingAttention(
  rng: Rng,
  { inputs, outputs }: GraphAttentionInit,
): StackingAttentionParameters<HostArray> {
  const layer = (label: string, size = outputs): DenseParameters<HostArray> =>
    initDense(rng.split(label), { inputs, outputs: size });
  // Each row is drawn as a vector of its own.
  const weights = (label: string): HostArray => glorotNormal()(rng.split(label), [1, outputs]);
  const rows = ['within first', 'within second', 'across'].map(weights);
  return {
    first: layer('first', inputs),
    second: layer('second', inputs),
    attention: layer('attention'),
    attentionWeight: {
      dims: [3, outputs],
      data: Float32Array.from(rows.flatMap(({ data }) => [...data])),
    },
    masterAttention: layer('masterAttention'),
    masterAttentionWeight: weights('master'),
    attended: layer('attended'),
    own: layer('own'),
    masterAttended: layer('masterAttended'),
    masterOwn: layer('masterOwn'),
    norm: initNorm(outputs),
  };
}

/** What {@link stackingAttention} gives. */
export interface StackingAttentionResult {
  /** `[batch, nodes of the first kind, outputs]` */
  readonly first: Traced;
  /** `[batch, nodes of the second kind, outputs]` */
  readonly second: Traced;
  /** `[batch, 1, outputs]` */
  readonly master: Traced;
}

/**
 * Heterogeneous stacking graph attention (AASIST, §3.2): nodes of two kinds, projected separately, attend to
 * one another with a weight vector for each combination of kinds; the master node gathers from all by an
 * attention of its own.
 * @param first `[batch, n, inputs]`
 * @param second `[batch, m, inputs]`
 * @param options `master` `[batch or 1, 1, inputs]`. @default the mean of the projected nodes
 */
export function stackingAttention(
  p: StackingAttentionParameters<Traced>,
  state: BatchNormState<Traced>,
  first: Traced,
  second: Traced,
  options: GraphAttentionOptions & { readonly master?: Traced },
): [StackingAttentionResult, BatchNormState<Traced>] {
  const { train, temperature = 1, dropout: drop } = options;
  const inputs = p.first.weight.shape[1]!;
  expectShape('stackingAttention: first', first, ['batch', 'nodes', inputs]);
  expectShape('stackingAttention: second', second, [first.shape[0]!, 'nodes', inputs]);
  const [n, m] = [first.shape[1]!, second.shape[1]!];
  const joined = np.concatenate([dense(p.first, first), dense(p.second, second)], 1);
  const master = options.master ?? np.mean(joined, 1, { keepdims: true });
  expectShape('stackingAttention: master', master, ['batch or 1', 1, inputs]);
  const nodes = drop === undefined ? joined : dropout(drop.key, joined, drop);
  const scores = scoresOf(p.attention, p.attentionWeight, pairs(nodes));
  const logits = np.sum(scores.mul(kindsOf(n, m)), -1).mul(1 / temperature);
  const seen = np.matmul(nn.softmax(logits, -1), nodes);
  const mixed = dense(p.attended, seen).add(dense(p.own, nodes));
  const [y, next] = activated(p.norm, state, mixed, train);
  const masterScores = scoresOf(p.masterAttention, p.masterAttentionWeight, nodes.mul(master));
  const masterWeights = nn.softmax(masterScores.mul(1 / temperature), 1);
  const gathered = np.sum(nodes.mul(masterWeights), 1, { keepdims: true });
  const [a, b] = np.split(y, [n], 1);
  return [
    {
      first: a!,
      second: b!,
      master: dense(p.masterAttended, gathered).add(dense(p.masterOwn, master)),
    },
    next,
  ];
}

/** Which of the three weight vectors a pair of nodes takes, as 0 and 1, `[n + m, n + m, 3]`. */
function kindsOf(n: number, m: number): Traced {
  const count = n + m;
  const kinds = new Float32Array(count * count * 3);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < count; j += 1) {
      const kind = i < n !== j < n ? 2 : i < n ? 0 : 1;
      kinds[(i * count + j) * 3 + kind] = 1;
    }
  }
  return np.array(kinds).reshape([count, count, 3]);
}

/** `score` of a node, with a weight of `[1, channels]`. */
export interface GraphPoolParameters<A> {
  readonly score: DenseParameters<A>;
}

/** Fresh parameters. */
export function initGraphPool(
  rng: Rng,
  { channels }: { readonly channels: number },
): GraphPoolParameters<HostArray> {
  return { score: initDense(rng.split('score'), { inputs: channels, outputs: 1 }) };
}

/**
 * Keeps the nodes of the highest scores σ(w · x + b), best first, times their scores (Gao and Ji 2019, arXiv
 * 1905.05178).
 * @param x `[batch, nodes, channels]`
 * @param options `ratio` of the nodes that stay, at least one; `dropout` of what the score sees
 * @returns `[batch, max(1, ⌊ratio nodes⌋), channels]`
 */
export function graphPool(
  p: GraphPoolParameters<Traced>,
  x: Traced,
  { ratio, dropout: drop }: { readonly ratio: number; readonly dropout?: KeyedDropout },
): Traced {
  expectShape('graphPool: x', x, ['batch', 'nodes', p.score.weight.shape[1]!]);
  if (!(ratio > 0 && ratio <= 1)) {
    throw settingError('graphPool', `ratio ${ratio}, expected it in (0, 1]`);
  }
  const [batch, nodes] = x.shape;
  const scores = sigmoid(dense(p.score, drop === undefined ? x : dropout(drop.key, x, drop)));
  const kept = Math.max(1, Math.floor(nodes! * ratio));
  const flat = lax.stopGradient(scores.reshape([batch!, nodes!]));
  // Rank of each node: how many beat it, earlier ones at equal scores. Few nodes: cheaper than sorting.
  const index = np.array(
    Int32Array.from({ length: nodes! }, (_, i) => i),
    { dtype: np.int32 },
  );
  const mine = flat.reshape([batch!, nodes!, 1]);
  const others = flat.reshape([batch!, 1, nodes!]);
  const earlier = index.reshape([1, nodes!]).less(index.reshape([nodes!, 1]));
  const beaten = np.logicalOr(others.greater(mine), np.logicalAnd(others.equal(mine), earlier));
  const rank = np.sum(beaten.astype(np.int32), -1);
  const places = np.array(
    Int32Array.from({ length: kept }, (_, i) => i),
    { dtype: np.int32 },
  );
  // Rows of 0 with a 1 at the node of that rank: an exact choice whose gradient is a product too.
  const choice = places.reshape([kept, 1]).equal(rank.reshape([batch!, 1, nodes!]));
  return np.matmul(choice.astype(np.float32), x.mul(scores));
}
