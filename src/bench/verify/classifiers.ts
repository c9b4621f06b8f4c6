/**
 * Two small classifiers for a handful of features: logistic regression and boosted trees. They are no
 * detectors: they ask how much of the labels can be told from trivial features.
 * @module
 */

/** Rows of features with labels. */
export interface Table {
  /** `[rows][features]` */
  readonly rows: readonly Float64Array[];
  /** `[rows]`, 1 for spoof. */
  readonly spoof: Uint8Array;
}

/** Score of a row; higher is more likely spoof. */
export type Score = (row: Float64Array) => number;

/** Standard deviations beyond which a value counts no further in logistic regression. */
const CLIP = 5;

/**
 * Logistic regression on standardised features with a quadratic penalty, by Newton's method; the two
 * classes weigh the same whatever their numbers.
 * @param penalty times half the squared norm of the weights, in units of one clip
 */
export function fitLogistic({ rows, spoof }: Table, penalty = 1): Score {
  const dims = rows[0]?.length ?? 0;
  const scale = standardiser(rows, dims);
  const inputs = rows.map((row) => scale(row));
  const balance = classWeights(spoof);
  const weights = new Float64Array(dims + 1);
  for (let step = 0; step < 25; step += 1) {
    const gradient = new Float64Array(dims + 1);
    const hessian = Array.from({ length: dims + 1 }, () => new Float64Array(dims + 1));
    for (const [r, input] of inputs.entries()) {
      const weight = balance[spoof[r]!]!;
      const p = sigmoid(dot(weights, input));
      const slope = weight * (p - spoof[r]!);
      const curve = weight * p * (1 - p);
      for (let i = 0; i <= dims; i += 1) {
        gradient[i]! += slope * input[i]!;
        const line = hessian[i]!;
        for (let j = 0; j <= i; j += 1) line[j]! += curve * input[i]! * input[j]!;
      }
    }
    for (let i = 0; i <= dims; i += 1) {
      // The constant term is not penalised; a trace keeps its row of the matrix positive.
      const pull = i < dims ? penalty : 1e-9;
      gradient[i]! += pull * weights[i]!;
      hessian[i]![i]! += pull;
    }
    const change = solveCholesky(hessian, gradient);
    let largest = 0;
    for (let i = 0; i <= dims; i += 1) {
      weights[i]! -= change[i]!;
      largest = Math.max(largest, Math.abs(change[i]!));
    }
    if (largest < 1e-8) break;
  }
  return (row) => dot(weights, scale(row));
}

/** Standardised copy of a row with a 1 behind it for the constant term. */
function standardiser(
  rows: readonly Float64Array[],
  dims: number,
): (row: Float64Array) => Float64Array {
  const mean = new Float64Array(dims);
  const spread = new Float64Array(dims);
  for (const row of rows) for (let i = 0; i < dims; i += 1) mean[i]! += row[i]! / rows.length;
  for (const row of rows) {
    for (let i = 0; i < dims; i += 1) spread[i]! += (row[i]! - mean[i]!) ** 2 / rows.length;
  }
  return (row) => {
    const out = new Float64Array(dims + 1).fill(1);
    for (let i = 0; i < dims; i += 1) {
      // A feature that is constant in training says nothing: it stays 0.
      const value = spread[i]! > 0 ? (row[i]! - mean[i]!) / Math.sqrt(spread[i]!) : 0;
      out[i] = Math.max(-CLIP, Math.min(CLIP, value));
    }
    return out;
  };
}

/** Weight of one clip of each class, so that both classes sum to half the rows. */
function classWeights(spoof: Uint8Array): readonly [number, number] {
  const spoofs = spoof.reduce((sum, value) => sum + value, 0);
  const genuine = spoof.length - spoofs;
  return [spoof.length / (2 * Math.max(1, genuine)), spoof.length / (2 * Math.max(1, spoofs))];
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/** Solves A x = b for a positive definite A, of which the lower half is read and overwritten. */
function solveCholesky(a: readonly Float64Array[], b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i += 1) {
    const row = a[i]!;
    for (let j = 0; j <= i; j += 1) {
      let sum = row[j]!;
      for (let k = 0; k < j; k += 1) sum -= row[k]! * a[j]![k]!;
      row[j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j]![j]!;
    }
    for (let k = 0; k < i; k += 1) x[i]! -= row[k]! * x[k]!;
    x[i]! /= row[i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) x[i]! -= a[k]![i]! * x[k]!;
    x[i]! /= a[i]![i]!;
  }
  return x;
}

/** Settings of {@link fitBoostedTrees}. */
export interface TreeOptions {
  /** @default 60 */
  readonly trees?: number;
  /** @default 3 */
  readonly depth?: number;
  /** @default 0.1 */
  readonly learningRate?: number;
}

/** Values of one feature are sorted into at most this many bins. */
const BINS = 32;
/** Shrinks leaf values towards zero, in units of one clip's curvature. */
const LEAF_PENALTY = 1;
/** Least curvature in a leaf: about ten clips that are undecided. */
const LEAF_LEAST = 2.5;

/** A leaf, or a question about one feature. */
type Node =
  | { readonly leaf: number }
  | { readonly feature: number; readonly limit: number; readonly low: Node; readonly high: Node };

/**
 * Gradient-boosted trees with logistic loss and Newton leaf values (Chen and Guestrin, "XGBoost",
 * KDD 2016, equations 5–7), on binned features. Nothing is random.
 */
export function fitBoostedTrees(
  { rows, spoof }: Table,
  { trees = 60, depth = 3, learningRate = 0.1 }: TreeOptions = {},
): Score {
  const dims = rows[0]?.length ?? 0;
  const balance = classWeights(spoof);
  const limits = Array.from({ length: dims }, (_, i) => binLimits(rows.map((row) => row[i]!)));
  /** `[features][rows]`: bin of each value. */
  const bins = limits.map((edges, i) => Uint8Array.from(rows, (row) => binOf(row[i]!, edges)));
  const margin = new Float64Array(rows.length);
  const gradient = new Float64Array(rows.length);
  const curvature = new Float64Array(rows.length);
  const forest: Node[] = [];
  const all = Uint32Array.from(rows.keys());
  for (let t = 0; t < trees; t += 1) {
    for (let r = 0; r < rows.length; r += 1) {
      const p = sigmoid(margin[r]!);
      const weight = balance[spoof[r]!]!;
      gradient[r] = weight * (p - spoof[r]!);
      curvature[r] = weight * p * (1 - p);
    }
    forest.push(grow(all, depth));
  }
  return (row) => forest.reduce((sum, tree) => sum + descend(tree, row), 0);

  function grow(members: Uint32Array, levels: number): Node {
    let g = 0;
    let h = 0;
    for (const r of members) {
      g += gradient[r]!;
      h += curvature[r]!;
    }
    const split = levels > 0 ? bestSplit(members, g, h) : undefined;
    if (split === undefined) {
      const leaf = (-learningRate * g) / (h + LEAF_PENALTY);
      for (const r of members) margin[r]! += leaf;
      return { leaf };
    }
    const column = bins[split.feature]!;
    return {
      feature: split.feature,
      limit: limits[split.feature]![split.bin]!,
      low: grow(
        members.filter((r) => column[r]! <= split.bin),
        levels - 1,
      ),
      high: grow(
        members.filter((r) => column[r]! > split.bin),
        levels - 1,
      ),
    };
  }

  function bestSplit(
    members: Uint32Array,
    g: number,
    h: number,
  ): { feature: number; bin: number } | undefined {
    let best: { feature: number; bin: number } | undefined;
    // A split must gain something: 0 would follow rounding.
    let most = 1e-6;
    const sums = new Float64Array(2 * BINS);
    for (const [feature, column] of bins.entries()) {
      sums.fill(0);
      for (const r of members) {
        const at = 2 * column[r]!;
        sums[at]! += gradient[r]!;
        sums[at + 1]! += curvature[r]!;
      }
      let lowG = 0;
      let lowH = 0;
      for (let bin = 0; bin < limits[feature]!.length; bin += 1) {
        lowG += sums[2 * bin]!;
        lowH += sums[2 * bin + 1]!;
        if (lowH < LEAF_LEAST || h - lowH < LEAF_LEAST) continue;
        const gain = gainOf(lowG, lowH) + gainOf(g - lowG, h - lowH) - gainOf(g, h);
        if (gain > most) {
          most = gain;
          best = { feature, bin };
        }
      }
    }
    return best;
  }
}

function gainOf(g: number, h: number): number {
  return (g * g) / (h + LEAF_PENALTY);
}

/** Upper limits of all bins but the last: halfway between neighbouring values, at even ranks. */
function binLimits(values: number[]): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const limits: number[] = [];
  for (let bin = 1; bin < BINS; bin += 1) {
    // Equal values stay in one bin: the limit moves up to the end of their run.
    let at = Math.max(1, Math.round((bin * sorted.length) / BINS));
    while (at < sorted.length && sorted[at] === sorted[at - 1]) at += 1;
    if (at < sorted.length) limits.push((sorted[at - 1]! + sorted[at]!) / 2);
  }
  return Float64Array.from(new Set(limits));
}

function binOf(value: number, limits: Float64Array): number {
  let bin = 0;
  while (bin < limits.length && value > limits[bin]!) bin += 1;
  return bin;
}

function descend(node: Node, row: Float64Array): number {
  let at = node;
  while ('feature' in at) at = row[at.feature]! <= at.limit ? at.low : at.high;
  return at.leaf;
}
