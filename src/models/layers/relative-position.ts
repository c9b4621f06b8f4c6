/**
 * Relative positions in attention: buckets with a bias a head (T5), clipped embeddings (Shaw), sinusoids with
 * global biases (Transformer-XL), disentangled positions (DeBERTa). All depend on the offset key − query
 * alone, so each is computed once for the queries + keys − 1 offsets and then shifted into rows.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { products } from './attention.ts';
import { type DenseParameters, dense, initDense } from './dense.ts';
import { glorotUniform, normal, zeros } from './init.ts';
import { expectShape, shapeError } from './shapes.ts';

/**
 * Rows over offsets to rows over keys: out[i, j] = x[i, j − i + queries − 1].
 * @param x `[..., queries, queries + keys − 1]`, offsets −(queries − 1) … keys − 1
 * @returns `[..., queries, keys]`
 */
export function relativeShift(x: Traced): Traced {
  const front = x.shape.slice(0, -2);
  const [queries, width] = x.shape.slice(-2);
  if (queries === undefined || width! < queries) {
    throw shapeError('relativeShift: x', x.shape, ['...', 'queries', 'queries + keys − 1']);
  }
  if (queries === 1) return x;
  const keys = width! - queries + 1;
  // Row-major: element (i, j − i + queries − 1) lies at i · (width − 1) + j + queries − 1.
  const all = front.map((): [] => []);
  const flat = x.reshape([...front, queries * width!]);
  const moved = flat.slice(...all, [queries - 1, queries * width! - 1]);
  return moved.reshape([...front, queries, width! - 1]).slice(...all, [], [0, keys]);
}

/** Rows start, start + 1, … of a table, those beyond its ends replaced by its first and last row. */
function clampedRows(table: Traced, start: number, count: number): Traced {
  const [rows, channels] = table.shape;
  const from = Math.min(rows! - 1, Math.max(0, start));
  const to = Math.max(from + 1, Math.min(rows!, start + count));
  const before = Math.min(count - (to - from), Math.max(0, -start));
  const after = count - (to - from) - before;
  const repeated = (row: number, times: number): Traced[] =>
    times === 0 ? [] : [np.broadcastTo(table.slice([row, row + 1]), [times, channels!])];
  const parts = [...repeated(0, before), table.slice([from, to]), ...repeated(rows! - 1, after)];
  return parts.length === 1 ? parts[0]! : np.concatenate(parts, 0);
}

/** Buckets of {@link bucketBias}. */
export interface BucketOptions {
  /** Offsets beyond share the last bucket. @default 128 */
  readonly maxDistance?: number;
  /** True tells keys before from keys after the query; false is for causal attention. @default true */
  readonly bidirectional?: boolean;
}

/**
 * Bucket of an offset key − query (Raffel et al. 2020, arXiv 1910.10683): one for each small distance, then
 * logarithmically wider ones.
 * @param buckets even if bidirectional
 */
export function relativeBucket(
  offset: number,
  buckets: number,
  { maxDistance = 128, bidirectional = true }: BucketOptions = {},
): number {
  const count = bidirectional ? buckets / 2 : buckets;
  const side = bidirectional && offset > 0 ? count : 0;
  const distance = bidirectional ? Math.abs(offset) : Math.max(0, -offset);
  const exact = Math.floor(count / 2);
  if (distance < exact) return side + distance;
  const wide =
    exact +
    Math.floor((Math.log(distance / exact) / Math.log(maxDistance / exact)) * (count - exact));
  return side + Math.min(count - 1, wide);
}

/** One bias a bucket and head, `[buckets, heads]`. */
export interface BucketBiasParameters<A> {
  /** The biases. */
  readonly weight: A;
}

/** Fresh biases. */
export function initBucketBias(
  rng: Rng,
  { buckets, heads }: { readonly buckets: number; readonly heads: number },
): BucketBiasParameters<HostArray> {
  return { weight: normal(0.02)(rng.split('weight'), [buckets, heads]) };
}

/**
 * Bias of T5 for the option `bias` of attention.
 * @returns `[heads, queries, keys]`
 */
export function bucketBias(
  p: BucketBiasParameters<Traced>,
  {
    queries,
    keys,
    ...options
  }: BucketOptions & { readonly queries: number; readonly keys: number },
): Traced {
  const [buckets, heads] = p.weight.shape;
  const width = queries + keys - 1;
  const chosen = new Float32Array(buckets! * width);
  for (let i = 0; i < width; i += 1)
    chosen[relativeBucket(i - queries + 1, buckets!, options) * width + i] = 1;
  // A product with 0 and 1: few buckets, and a gradient that is a product too.
  const row = np.matmul(np.transpose(p.weight), np.array(chosen).reshape([buckets!, width]));
  return relativeShift(np.broadcastTo(row.reshape([heads!, 1, width]), [heads!, queries, width]));
}

/** Embeddings of the offsets −reach … reach, `[2 reach + 1, depth]`, for all heads. */
export interface ClippedPositionParameters<A> {
  /** The embeddings. */
  readonly weight: A;
}

/** Fresh embeddings. */
export function initClippedPosition(
  rng: Rng,
  { reach, depth }: { readonly reach: number; readonly depth: number },
): ClippedPositionParameters<HostArray> {
  return { weight: glorotUniform()(rng.split('weight'), [2 * reach + 1, depth]) };
}

/**
 * q · a of the clipped offset (Shaw et al. 2018, arXiv 1803.02155, eq. 5), for the option `position`.
 * @param q `[batch, heads, queries, depth]`
 * @param k `[batch, heads, keys, depth]`
 */
export function clippedPosition(
  p: ClippedPositionParameters<Traced>,
  q: Traced,
  k: Traced,
): Traced {
  expectShape('clippedPosition: q', q, ['batch', 'heads', 'queries', p.weight.shape[1]!]);
  const reach = (p.weight.shape[0]! - 1) / 2;
  const [queries, keys] = [q.shape[2]!, k.shape[2]!];
  // Row `reach` is offset 0.
  return overOffsets(q, clampedRows(p.weight, reach - queries + 1, queries + keys - 1));
}

/** q · r of every offset, shifted: q `[batch, heads, queries, depth]`, rows `[offsets, depth]`. */
function overOffsets(q: Traced, rows: Traced): Traced {
  return relativeShift(lax.dot(q, rows, { lhsContractingDims: [3], rhsContractingDims: [1] }));
}

/** Parameters of {@link sinusoidPosition}. */
export interface SinusoidPositionParameters<A> {
  /** From sinusoids to heads, `[heads · depth, channels]`, no bias. */
  readonly projection: DenseParameters<A>;
  /** u, `[heads, depth]`. */
  readonly contentBias: A;
  /** v, `[heads, depth]`. */
  readonly positionBias: A;
}

/** Fresh parameters, biases 0. */
export function initSinusoidPosition(
  rng: Rng,
  { channels, heads }: { readonly channels: number; readonly heads: number },
): SinusoidPositionParameters<HostArray> {
  const init = glorotUniform();
  return {
    projection: initDense(rng.split('projection'), {
      inputs: channels,
      outputs: channels,
      bias: false,
      init,
    }),
    contentBias: zeros([heads, channels / heads]),
    positionBias: zeros([heads, channels / heads]),
  };
}

/**
 * Terms b, c and d of Transformer-XL (Dai et al. 2019, arXiv 1901.02860, §3.3): u · k + (q + v) · W R of the
 * distance query − key, for the option `position`.
 */
export function sinusoidPosition(
  p: SinusoidPositionParameters<Traced>,
  q: Traced,
  k: Traced,
): Traced {
  const [heads, depth] = p.contentBias.shape;
  expectShape('sinusoidPosition: q', q, ['batch', heads!, 'queries', depth!]);
  const [queries, keys] = [q.shape[2]!, k.shape[2]!];
  const distances = Array.from({ length: queries + keys - 1 }, (_, i) => queries - 1 - i);
  const channels = p.projection.weight.shape[1]!;
  const waves = dense(p.projection, sinusoids(distances, channels));
  const shifted = q.add(p.positionBias.reshape([heads!, 1, depth!]));
  const content = np.sum(k.mul(p.contentBias.reshape([heads!, 1, depth!])), -1);
  return relativeShift(products(shifted, acrossBatch(waves, q))).add(
    content.reshape([q.shape[0]!, heads!, 1, k.shape[2]!]),
  );
}

/** Rows `[offsets, heads · depth]` as `[batch, heads, offsets, depth]`, with the sizes of q. */
function acrossBatch(rows: Traced, q: Traced): Traced {
  const [batch, heads, , depth] = q.shape;
  const count = rows.shape[0]!;
  const perHead = np.transpose(rows.reshape([1, count, heads!, depth!]), [0, 2, 1, 3]);
  return np.broadcastTo(perHead, [batch!, heads!, count, depth!]);
}

/**
 * Sinusoids of positions: sin(t / 10000^(2i/channels)) in the first half of the channels, cosines in the second.
 * @returns `[positions, channels]`
 */
export function sinusoids(positions: readonly number[], channels: number): Traced {
  const half = channels / 2;
  const values = new Float32Array(positions.length * channels);
  for (const [row, t] of positions.entries()) {
    for (let i = 0; i < half; i += 1) {
      const angle = t / 10000 ** (i / half);
      values[row * channels + i] = Math.sin(angle);
      values[row * channels + half + i] = Math.cos(angle);
    }
  }
  return np.array(values).reshape([positions.length, channels]);
}

/** Parameters of {@link disentangledPosition}; the table is shared by the layers of a model. */
export interface DisentangledParameters<A> {
  /** To keys, for content → position, `[heads · depth, channels]`, no bias. */
  readonly key: DenseParameters<A>;
  /** To queries, for position → content, with bias. */
  readonly query: DenseParameters<A>;
}

/** Fresh projections. */
export function initDisentangled(
  rng: Rng,
  { channels }: { readonly channels: number },
): DisentangledParameters<HostArray> {
  const sizes = { inputs: channels, outputs: channels };
  return {
    key: initDense(rng.split('key'), { ...sizes, bias: false }),
    query: initDense(rng.split('query'), sizes),
  };
}

/** Factor of logits with three terms, 1/√(3 depth): the option `scale` beside {@link disentangledPosition}. */
export function disentangledScale(depth: number): number {
  return 1 / Math.sqrt(3 * depth);
}

/**
 * Content → position and position → content terms of DeBERTa (He et al. 2021, arXiv 2006.03654, eq. 2–4), for
 * the option `position`: q_i · K r_δ(i,j) + k_j · Q r_δ(j,i), δ(i, j) = i − j + reach within 0 … 2 reach − 1.
 * @param table relative embeddings `[2 reach, channels]`
 * @param q `[batch, heads, queries, depth]`
 * @param k `[batch, heads, keys, depth]`
 */
export function disentangledPosition(
  p: DisentangledParameters<Traced>,
  table: Traced,
  q: Traced,
  k: Traced,
): Traced {
  expectShape('disentangledPosition: table', table, ['2 reach', p.key.weight.shape[1]!]);
  const contentToPosition = perHead(dense(p.key, table), q, k.shape[2]!);
  const positionToContent = perHead(dense(p.query, table), k, q.shape[2]!);
  return contentToPosition.add(np.transpose(positionToContent, [0, 1, 3, 2]));
}

/** a_i · r_δ(i,j) for j of the other side: rows `[2 reach, heads · depth]`, a `[batch, heads, n, depth]`. */
function perHead(rows: Traced, a: Traced, others: number): Traced {
  const [, heads, n, depth] = a.shape;
  expectShape('disentangledPosition: projected table', rows, ['2 reach', heads! * depth!]);
  const reach = rows.shape[0]! / 2;
  // Backwards, the row of offset o is o + reach − 1.
  const chosen = clampedRows(np.flip(rows, 0), reach - n!, n! + others - 1);
  return relativeShift(products(a, acrossBatch(chosen, a)));
}
