/**
 * Multi-head attention (Vaswani et al. 2017, arXiv 1706.03762).
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, nn, np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { type DenseParameters, dense } from './dense.ts';
import { type DropoutOptions, dropout } from './dropout.ts';
import { glorotUniform, type Initialiser, torchUniform, zeros } from './init.ts';
import { expectShape, settingError } from './shapes.ts';

/** Projections; layouts as in PyTorch's MultiheadAttention. */
export interface AttentionParameters<A> {
  /** Queries, keys and values in one: weight `[3 channels, channels]`, bias `[3 channels]`. */
  readonly input: DenseParameters<A>;
  /** Weight `[channels, channels]`, bias `[channels]`. */
  readonly output: DenseParameters<A>;
}

/** Dropout with its key. */
export interface KeyedDropout extends DropoutOptions {
  /** uint32 `[2]` */
  readonly key: Traced;
}

/** How attention works. */
export interface AttentionOptions {
  /** A divisor of the channels. */
  readonly heads: number;
  /** What queries attend to. @default the queries themselves */
  readonly keys?: Traced;
  /** What is summed up. @default the keys */
  readonly values?: Traced;
  /**
   * True where a query may see a key, broadcast to `[batch, heads, queries, keys]` (PyTorch's boolean masks
   * are the opposite). A query that may see none gets the mean of all values.
   */
  readonly mask?: Traced;
  /** Query i sees keys 0 to i only. @default false */
  readonly causal?: boolean;
  /** Added to the scaled logits, broadcast to `[batch, heads, queries, keys]`. */
  readonly bias?: Traced;
  /**
   * Added to q · k before scaling, from `[batch, heads, queries, depth]` and `[batch, heads, keys, depth]` to
   * `[batch, heads, queries, keys]`: see relative-position.ts.
   */
  readonly position?: (q: Traced, k: Traced) => Traced;
  /** Factor of the logits. @default 1/√depth */
  readonly scale?: number;
  /** Of the attention weights. */
  readonly dropout?: KeyedDropout;
}

/** What takes a logit out of the softmax: finite, so that a row without keys makes no NaN. */
const MASKED = -1e30;

/**
 * Fresh parameters, biases 0.
 * @param options `init` of both weights. @default PyTorch's: Glorot for the three input projections as one,
 * uniform within 1/√channels for the output
 */
export function initAttention(
  rng: Rng,
  { channels, init }: { readonly channels: number; readonly init?: Initialiser },
): AttentionParameters<HostArray> {
  const input = init ?? glorotUniform();
  const output = init ?? torchUniform(channels);
  return {
    input: {
      weight: input(rng.split('input'), [3 * channels, channels]),
      bias: zeros([3 * channels]),
    },
    output: { weight: output(rng.split('output'), [channels, channels]), bias: zeros([channels]) },
  };
}

/**
 * Softmax(q kᵀ / √depth) v in each head, projected back.
 * @param queries `[batch, queries, channels]`
 * @returns `[batch, queries, channels]`
 */
export function attention(
  p: AttentionParameters<Traced>,
  queries: Traced,
  options: AttentionOptions,
): Traced {
  const { heads, keys = queries, values = keys } = options;
  const channels = p.output.weight.shape[0]!;
  if (channels % heads !== 0) {
    throw settingError('attention', `${heads} heads do not divide ${channels} channels`);
  }
  expectShape('attention: queries', queries, ['batch', 'queries', channels]);
  const [batch, length] = queries.shape;
  expectShape('attention: keys', keys, [batch!, 'keys', channels]);
  expectShape('attention: values', values, [batch!, keys.shape[1]!, channels]);
  const split = (x: Traced): Traced =>
    np.transpose(x.reshape([batch!, x.shape[1]!, heads, channels / heads]), [0, 2, 1, 3]);
  const [q, k, v] = projections(p.input, queries, keys, values).map(split);
  const mixed = mix(q!, k!, v!, options);
  const joined = np.transpose(mixed, [0, 2, 1, 3]).reshape([batch!, length!, channels]);
  return dense(p.output, joined);
}

/** Queries, keys and values; one product where all come from the same array. */
function projections(
  p: DenseParameters<Traced>,
  queries: Traced,
  keys: Traced,
  values: Traced,
): Traced[] {
  if (queries === keys && keys === values) return np.split(dense(p, queries), 3, -1);
  const weights = np.split(p.weight, 3, 0);
  const biases = p.bias === undefined ? [] : np.split(p.bias, 3, 0);
  return [queries, keys, values].map((x, i) => {
    const bias = biases[i];
    return dense(bias === undefined ? { weight: weights[i]! } : { weight: weights[i]!, bias }, x);
  });
}

function mix(
  q: Traced,
  k: Traced,
  v: Traced,
  { mask, causal = false, bias, position, scale, dropout: drop }: AttentionOptions,
): Traced {
  let logits = products(q, k);
  if (position !== undefined) logits = logits.add(position(q, k));
  logits = logits.mul(scale ?? 1 / Math.sqrt(q.shape[3]!));
  if (bias !== undefined) logits = logits.add(bias);
  if (mask !== undefined) logits = np.where(mask, logits, MASKED);
  if (causal) logits = np.where(causalMask(q.shape[2]!, k.shape[2]!), logits, MASKED);
  let weights = nn.softmax(logits, -1);
  if (drop !== undefined) weights = dropout(drop.key, weights, drop);
  return np.matmul(weights, v);
}

/** a bᵀ in each head: `[batch, heads, n, depth]`, `[batch, heads, m, depth]` to `[batch, heads, n, m]`. */
export function products(a: Traced, b: Traced): Traced {
  return lax.dot(a, b, {
    lhsBatchDims: [0, 1],
    rhsBatchDims: [0, 1],
    lhsContractingDims: [3],
    rhsContractingDims: [3],
  });
}

/** True where key ≤ query, bool `[queries, keys]`. */
export function causalMask(queries: number, keys: number): Traced {
  const seen = Int32Array.from({ length: queries * keys }, (_, i) =>
    i % keys <= Math.floor(i / keys) ? 1 : 0,
  );
  return np.array(seen, { dtype: np.int32 }).reshape([queries, keys]).greater(0);
}

/** True where a key lies within its example, bool `[batch, 1, 1, keys]`, for {@link AttentionOptions.mask}. */
export function lengthMask(lengths: Traced, keys: number): Traced {
  expectShape('lengthMask: lengths', lengths, ['batch']);
  const index = np.array(
    Int32Array.from({ length: keys }, (_, i) => i),
    { dtype: np.int32 },
  );
  return lengths.reshape([lengths.shape[0]!, 1, 1, 1]).greater(index);
}
