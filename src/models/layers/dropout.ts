/**
 * Dropout, drop path, and masks over bands of frequency and time.
 * @module
 */

import { np, type Traced } from '../../compiler/jax.ts';
import { splitKey, uniformBits } from './random.ts';
import { settingError, shapeError } from './shapes.ts';

/** Whether and how often values are dropped. */
export interface DropoutOptions {
  /** Probability that a value is dropped, in [0, 1). */
  readonly rate: number;
  /** False leaves x as it is. */
  readonly train: boolean;
}

/**
 * Sets values to 0 with probability `rate` and divides the rest by 1 − rate (Srivastava et al. 2014).
 * @param key uint32 `[2]`, of this call alone: see random.ts
 * @param x any shape
 */
export function dropout(key: Traced, x: Traced, options: DropoutOptions): Traced {
  return dropped('dropout', key, x, x.shape, options);
}

/**
 * Sets whole examples to 0: the residual branch of stochastic depth (Huang et al. 2016, arXiv 1603.09382).
 * @param key uint32 `[2]`
 * @param x `[batch, ...]`
 */
export function dropPath(key: Traced, x: Traced, options: DropoutOptions): Traced {
  return dropped(
    'dropPath',
    key,
    x,
    x.shape.map((size, axis) => (axis === 0 ? size : 1)),
    options,
  );
}

/** Sets whole channels to 0: x `[batch, channels, ...]`. */
export function dropChannels(key: Traced, x: Traced, options: DropoutOptions): Traced {
  return dropped(
    'dropChannels',
    key,
    x,
    x.shape.map((size, axis) => (axis < 2 ? size : 1)),
    options,
  );
}

function dropped(
  layer: string,
  key: Traced,
  x: Traced,
  shape: readonly number[],
  { rate, train }: DropoutOptions,
): Traced {
  if (!(rate >= 0 && rate < 1)) throw settingError(layer, `rate ${rate}, expected it in [0, 1)`);
  if (!train || rate === 0) return x;
  const keep = uniformBits(key, shape).greaterEqual(rate);
  return x.mul(np.where(keep, 1 / (1 - rate), 0));
}

/** Bands that {@link specAugment} masks. */
export interface SpecAugmentOptions {
  /** Bands of bins that are masked. */
  readonly frequencyMasks: number;
  /** Widest band in bins. */
  readonly maxBins: number;
  /** Stretches of frames that are masked. */
  readonly timeMasks: number;
  /** Widest band in frames. */
  readonly maxFrames: number;
  /** False leaves x as it is. */
  readonly train: boolean;
}

/**
 * Masks of SpecAugment (Park et al. 2019, arXiv 1904.08779): in each example, bands of uniform width up to
 * the widest at uniform places are 0.
 * @param key uint32 `[2]`
 * @param x `[batch, ..., bins, frames]`
 */
export function specAugment(
  key: Traced,
  x: Traced,
  { frequencyMasks, maxBins, timeMasks, maxFrames, train }: SpecAugmentOptions,
): Traced {
  if (x.ndim < 3) throw shapeError('specAugment: x', x.shape, ['batch', '...', 'bins', 'frames']);
  const bins = x.shape.at(-2)!;
  const frames = x.shape.at(-1)!;
  if (maxBins > bins || maxFrames > frames) {
    throw settingError(
      'specAugment',
      `bands of ${maxBins} bins and ${maxFrames} frames for [${bins}, ${frames}]`,
    );
  }
  if (!train) return x;
  const batch = x.shape[0]!;
  const front = [batch, ...x.shape.slice(1, -2).map(() => 1)];
  let y = x;
  if (frequencyMasks > 0) {
    const kept = bandsKept(splitKey(key, 0), [batch, frequencyMasks], maxBins, bins);
    y = y.mul(kept.reshape([...front, bins, 1]));
  }
  if (timeMasks > 0) {
    const kept = bandsKept(splitKey(key, 1), [batch, timeMasks], maxFrames, frames);
    y = y.mul(kept.reshape([...front, 1, frames]));
  }
  return y;
}

/** 0 in a band, 1 outside: `[batch, size]` from `[batch, masks]` bands. */
function bandsKept(
  key: Traced,
  [batch, masks]: readonly [number, number],
  widest: number,
  size: number,
): Traced {
  const [wide, place] = np.split(uniformBits(key, [batch, masks, 2]), 2, -1);
  const width = np.floor(wide!.mul(widest + 1));
  const start = np.floor(place!.mul(np.subtract(size + 1, width)));
  const index = np.array(Float32Array.from({ length: size }, (_, i) => i));
  const inside = np.logicalAnd(index.greaterEqual(start), index.less(start.add(width)));
  return np.prod(np.where(inside, 0, 1), 1).astype(np.float32);
}
