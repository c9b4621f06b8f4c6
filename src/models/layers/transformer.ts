/**
 * Encoder block of the transformer (Vaswani et al. 2017), normalised before or after each part.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import type { Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { gelu, relu } from './activations.ts';
import {
  type AttentionOptions,
  type AttentionParameters,
  attention,
  initAttention,
  type KeyedDropout,
} from './attention.ts';
import { type DenseParameters, dense, initDense } from './dense.ts';
import { dropout } from './dropout.ts';
import { initNorm, layerNorm, type NormParameters } from './norm.ts';
import { splitKey } from './random.ts';

/** Parameters of a block; names as in PyTorch's TransformerEncoderLayer. */
export interface EncoderParameters<A> {
  /** Self-attention. */
  readonly attention: AttentionParameters<A>;
  /** Layer normalisation beside the attention, `[channels]`. */
  readonly norm1: NormParameters<A>;
  /** `[inner, channels]` */
  readonly linear1: DenseParameters<A>;
  /** `[channels, inner]` */
  readonly linear2: DenseParameters<A>;
  /** Layer normalisation beside the feed-forward part, `[channels]`. */
  readonly norm2: NormParameters<A>;
}

/** How a block works; what attention takes, without other keys and values. */
export interface EncoderOptions extends Omit<AttentionOptions, 'keys' | 'values' | 'dropout'> {
  /** `'pre'` normalises the input of each part, `'post'` its sum with the input. @default 'pre' */
  readonly order?: 'pre' | 'post';
  /** Between the two dense layers. @default 'gelu' */
  readonly activation?: 'gelu' | 'relu';
  /** Of attention weights, inner activations and both results. */
  readonly dropout?: KeyedDropout;
}

const ACTIVATIONS = { gelu, relu } as const;

/** Fresh parameters. */
export function initEncoder(
  rng: Rng,
  { channels, inner }: { readonly channels: number; readonly inner: number },
): EncoderParameters<HostArray> {
  return {
    attention: initAttention(rng.split('attention'), { channels }),
    norm1: initNorm(channels),
    linear1: initDense(rng.split('linear1'), { inputs: channels, outputs: inner }),
    linear2: initDense(rng.split('linear2'), { inputs: inner, outputs: channels }),
    norm2: initNorm(channels),
  };
}

/**
 * x + attention, then + the dense part.
 * @param x `[batch, time, channels]`
 */
export function encoder(
  p: EncoderParameters<Traced>,
  x: Traced,
  { order = 'pre', activation = 'gelu', dropout: drop, ...options }: EncoderOptions,
): Traced {
  const dropped = (value: Traced, label: number): Traced =>
    drop === undefined ? value : dropout(splitKey(drop.key, label), value, drop);
  const attend = (value: Traced): Traced => {
    const weights = drop === undefined ? {} : { dropout: { ...drop, key: splitKey(drop.key, 0) } };
    return dropped(attention(p.attention, value, { ...options, ...weights }), 1);
  };
  const feed = (value: Traced): Traced => {
    const inner = ACTIVATIONS[activation](dense(p.linear1, value));
    return dropped(dense(p.linear2, dropped(inner, 2)), 3);
  };
  if (order === 'pre') {
    const attended = x.add(attend(layerNorm(p.norm1, x)));
    return attended.add(feed(layerNorm(p.norm2, attended)));
  }
  const attended = layerNorm(p.norm1, x.add(attend(x)));
  return layerNorm(p.norm2, attended.add(feed(attended)));
}
