/**
 * Pooling over the trailing axes.
 * @module
 */

import { lax, np, type Traced } from '../../compiler/jax.ts';
import { type PerAxis, perAxis } from './conv.ts';
import { settingError, shapeError } from './shapes.ts';

/** Windows and how they move. */
export interface PoolOptions {
  /** Size of the window: a list names the number of trailing axes, a number is two. */
  readonly window: PerAxis;
  /** @default the window */
  readonly stride?: PerAxis;
  /** At both ends of each axis, at most half a window: ignored by the maximum, zeros to the mean. @default 0 */
  readonly padding?: PerAxis;
}

/** Lower than any activation, and finite: −∞ would make NaN in masked sums. */
const LOWEST = -3e38;

/**
 * Maximum of each window.
 * @param x `[..., (channels), height, width]`, or fewer axes for a one-axis window
 * @returns sizes ⌊(size + 2 padding − window) / stride⌋ + 1
 */
export function maxPool(x: Traced, options: PoolOptions): Traced {
  const { window, stride, padding, padded, axes } = layout('maxPool', x, options);
  let source = x;
  if (padded) {
    const sizes = x.shape.slice(-axes);
    const outer = sizes.map((size, i) => size + 2 * padding[i]!);
    const inside = np.pad(
      np.ones([...sizes], { dtype: np.float32 }),
      padding.map((pad): [number, number] => [pad, pad]),
    );
    source = np.where(inside.reshape(outer).greater(0), padEnds(x, padding), LOWEST);
  }
  return lax.reduceWindow(source, (w) => np.max(w), [...window], [...stride]);
}

/** Mean of each window, padding counted in: see {@link maxPool}. */
export function averagePool(x: Traced, options: PoolOptions): Traced {
  const { window, stride, padding, padded } = layout('averagePool', x, options);
  const source = padded ? padEnds(x, padding) : x;
  const area = window.reduce((product, size) => product * size, 1);
  return lax.reduceWindow(source, (w) => np.sum(w), [...window], [...stride]).mul(1 / area);
}

/**
 * Mean of `outputs` bins of the last axis, or of as many trailing axes as the list has; bin i goes from
 * ⌊i n / outputs⌋ to ⌈(i + 1) n / outputs⌉ (PyTorch's rule).
 * @param x `[..., n]`
 * @returns `[..., outputs]`
 */
export function adaptiveAveragePool(x: Traced, outputs: PerAxis): Traced {
  return overAxes('adaptiveAveragePool', x, outputs, averageBins);
}

/** Maximum of bins: see {@link adaptiveAveragePool}. */
export function adaptiveMaxPool(x: Traced, outputs: PerAxis): Traced {
  return overAxes('adaptiveMaxPool', x, outputs, maximumBins);
}

/** Bins are products of bins along each axis: one axis after the other. */
function overAxes(
  layer: string,
  x: Traced,
  outputs: PerAxis,
  pool: (x: Traced, outputs: number) => Traced,
): Traced {
  const counts = typeof outputs === 'number' ? [outputs] : outputs;
  const first = x.ndim - counts.length;
  if (first < 0 || counts.some((count, i) => count < 1 || x.shape[first + i]! < 1)) {
    throw shapeError(`${layer}: x`, x.shape, ['...', ...counts.map(() => 'at least 1')]);
  }
  return counts.reduce((y, count, i) => {
    if (first + i === x.ndim - 1) return pool(y, count);
    return np.moveaxis(pool(np.moveaxis(y, first + i, -1), count), -1, first + i);
  }, x);
}

function averageBins(x: Traced, outputs: number): Traced {
  const n = x.shape.at(-1)!;
  if (n % outputs === 0)
    return np.mean(x.reshape([...x.shape.slice(0, -1), outputs, n / outputs]), -1);
  const weights = new Float32Array(outputs * n);
  for (const [i, [from, to]] of binsOf(n, outputs).entries()) {
    weights.fill(1 / (to - from), i * n + from, i * n + to);
  }
  return lax.dot(x, np.array(weights).reshape([outputs, n]), {
    lhsContractingDims: [-1],
    rhsContractingDims: [-1],
  });
}

function maximumBins(x: Traced, outputs: number): Traced {
  const n = x.shape.at(-1)!;
  if (n % outputs === 0)
    return np.max(x.reshape([...x.shape.slice(0, -1), outputs, n / outputs]), -1);
  const front = x.shape.slice(0, -1).map((): [] => []);
  return np.stack(
    binsOf(n, outputs).map(([from, to]) => np.max(x.slice(...front, [from, to]), -1)),
    -1,
  );
}

/**
 * Mean over all places.
 * @param x `[batch, channels, ...places]`
 * @returns `[batch, channels]`
 */
export function globalAveragePool(x: Traced): Traced {
  return np.mean(x, x.shape.map((_, axis) => axis).slice(2));
}

function binsOf(n: number, outputs: number): [number, number][] {
  return Array.from({ length: outputs }, (_, i) => [
    Math.floor((i * n) / outputs),
    Math.ceil(((i + 1) * n) / outputs),
  ]);
}

function padEnds(x: Traced, padding: readonly number[]): Traced {
  const front = x.shape.slice(0, -padding.length).map((): [number, number] => [0, 0]);
  return np.pad(x, [...front, ...padding.map((pad): [number, number] => [pad, pad])]);
}

function layout(
  layer: string,
  x: Traced,
  options: PoolOptions,
): {
  window: readonly number[];
  stride: readonly number[];
  padding: readonly number[];
  padded: boolean;
  axes: number;
} {
  const axes = typeof options.window === 'number' ? 2 : options.window.length;
  const window = perAxis(`${layer}: window`, options.window, axes);
  const stride = perAxis(`${layer}: stride`, options.stride ?? window, axes);
  const padding = perAxis(`${layer}: padding`, options.padding ?? 0, axes);
  const sizes = x.shape.slice(-axes);
  if (padding.some((pad, i) => 2 * pad > window[i]!)) {
    throw settingError(layer, `padding [${padding.join(', ')}] for window [${window.join(', ')}]`);
  }
  if (x.ndim < axes || window.some((size, i) => sizes[i]! + 2 * padding[i]! < size)) {
    throw shapeError(`${layer}: x`, x.shape, ['...', ...window.map((size) => `at least ${size}`)]);
  }
  return { window, stride, padding, axes, padded: padding.some((pad) => pad > 0) };
}
