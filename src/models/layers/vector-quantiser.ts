/**
 * Vector quantisation (van den Oord et al. 2017, arXiv 1711.00937): nearest codes, gradients straight
 * through, codebooks learned by gradient or by moving averages.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, np, type Traced, withTangent } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { filled, type Initialiser, normal } from './init.ts';
import { expectShape } from './shapes.ts';

/** Codes, `[codes, channels]`. */
export interface CodebookParameters<A> {
  readonly codes: A;
}

/** A codebook that follows the data: moving averages over batches (appendix A.1 of the paper). */
export interface CodebookState<A> extends CodebookParameters<A> {
  /** Vectors near each code, `[codes]`. */
  readonly counts: A;
  /** Sum of the vectors near each code, `[codes, channels]`. */
  readonly sums: A;
}

/** Sizes of a codebook. */
export interface CodebookInit {
  /** Number of codes. */
  readonly codes: number;
  /** Length of a code. */
  readonly channels: number;
  /** @default standard normal */
  readonly init?: Initialiser;
}

/** What quantisation gives. */
export interface Quantised {
  /** The nearest codes, of x's shape; its gradient goes to x unchanged. */
  readonly y: Traced;
  /** Numbers of the codes, int32 of x's shape without channels. */
  readonly indices: Traced;
  /** Mean of (x − stop(code))², scalar: times β ≈ 0.25 it holds x near its codes. */
  readonly commitment: Traced;
  /** Mean of (stop(x) − code)², scalar: moves codes that are parameters. */
  readonly codebook: Traced;
  /** e to the entropy of the codes' use in this batch: between 1 and codes. */
  readonly perplexity: Traced;
}

/** Fresh codes that are parameters. */
export function initCodebook(
  rng: Rng,
  { codes, channels, init = normal(1) }: CodebookInit,
): CodebookParameters<HostArray> {
  return { codes: init(rng.split('codes'), [codes, channels]) };
}

/** A fresh codebook of moving averages: each code counts as seen once. */
export function initCodebookState(rng: Rng, options: CodebookInit): CodebookState<HostArray> {
  const { codes } = initCodebook(rng, options);
  return { codes, counts: filled(1, [options.codes]), sums: codes };
}

/**
 * Replaces vectors by their nearest codes.
 * @param x `[..., channels]`
 */
export function quantise(p: CodebookParameters<Traced>, x: Traced): Quantised {
  return quantised(p, x).result;
}

/** Options of {@link quantiseAveraged}. */
export interface AveragedOptions {
  /** False leaves the codebook as it is. */
  readonly train: boolean;
  /** Share of the old averages. @default 0.99 */
  readonly decay?: number;
  /** Added to the counts so that codes without vectors stay finite. @default 1e-5 */
  readonly epsilon?: number;
}

/**
 * {@link quantise} with a codebook that follows by moving averages: codes are sums over counts, counts
 * smoothed as (n + ε) / (N + codes ε) · N.
 * @param x `[..., channels]`
 */
export function quantiseAveraged(
  state: CodebookState<Traced>,
  x: Traced,
  { train, decay = 0.99, epsilon = 1e-5 }: AveragedOptions,
): [Quantised, CodebookState<Traced>] {
  const { result, chosen, rows } = quantised({ codes: lax.stopGradient(state.codes) }, x);
  if (!train) return [result, state];
  const count = state.codes.shape[0]!;
  const counts = state.counts.mul(decay).add(np.sum(chosen, 0).mul(1 - decay));
  const gathered = np.matmul(np.transpose(chosen), lax.stopGradient(rows));
  const sums = state.sums.mul(decay).add(gathered.mul(1 - decay));
  const total = np.sum(counts);
  const smoothed = counts
    .add(epsilon)
    .div(total.add(count * epsilon))
    .mul(total);
  return [result, { codes: sums.div(smoothed.reshape([count, 1])), counts, sums }];
}

function quantised(
  { codes }: CodebookParameters<Traced>,
  x: Traced,
): { result: Quantised; chosen: Traced; rows: Traced } {
  const [count, channels] = codes.shape;
  expectShape('quantise: x', x, ['...', channels!]);
  const rows = x.reshape([x.size / channels!, channels!]);
  // |x − c|² without |x|², which is the same for all codes.
  const products = lax.dot(lax.stopGradient(rows), lax.stopGradient(codes), {
    lhsContractingDims: [1],
    rhsContractingDims: [1],
  });
  const norms = np.sum(np.square(lax.stopGradient(codes)), 1);
  const indices = np.argmin(norms.sub(products.mul(2)), 1);
  const all = np.array(
    Int32Array.from({ length: count! }, (_, i) => i),
    { dtype: np.int32 },
  );
  const chosen = indices.reshape([rows.shape[0]!, 1]).equal(all).astype(np.float32);
  const nearest = np.matmul(chosen, codes);
  const use = np.mean(chosen, 0);
  const entropy = np.sum(use.mul(np.log(use.add(1e-10)))).neg();
  const result = {
    y: withTangent(rows, nearest, (d) => d).reshape(x.shape),
    indices: indices.reshape(x.shape.slice(0, -1)),
    commitment: np.mean(np.square(rows.sub(lax.stopGradient(nearest)))),
    codebook: np.mean(np.square(nearest.sub(lax.stopGradient(rows)))),
    perplexity: np.exp(entropy),
  };
  return { result, chosen, rows };
}
