/**
 * Embeddings of integers.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { type Initialiser, normal } from './init.ts';
import { expectShape, settingError } from './shapes.ts';

/** One row a code, `[codes, channels]`. */
export interface EmbeddingParameters<A> {
  /** The table. */
  readonly weight: A;
}

/** Sizes of a table. */
export interface EmbeddingOptions {
  /** Rows of the table. */
  readonly codes: number;
  /** Length of a row. */
  readonly channels: number;
  /** @default standard normal, PyTorch's */
  readonly init?: Initialiser;
}

/** A fresh table. */
export function initEmbedding(
  rng: Rng,
  { codes, channels, init = normal(1) }: EmbeddingOptions,
): EmbeddingParameters<HostArray> {
  return { weight: init(rng.split('weight'), [codes, channels]) };
}

/**
 * Rows of the table.
 * @param ids int32 `[...]`, each in [0, codes)
 * @returns `[..., channels]`
 */
export function embedding(p: EmbeddingParameters<Traced>, ids: Traced): Traced {
  expectShape('embedding: weight', p.weight, ['codes', 'channels']);
  if (ids.dtype !== np.int32 && ids.dtype !== np.uint32) {
    throw settingError('embedding', `ids are ${ids.dtype}, expected int32`);
  }
  return np.take(p.weight, ids, 0);
}
