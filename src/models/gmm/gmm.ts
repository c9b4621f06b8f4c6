/**
 * Gaussian mixtures with diagonal covariances: scoring, in Float64 with streaming log-sum-exp.
 * @module
 */

/** A mixture of `components` Gaussians over `dims` dimensions; matrices are row-major `[components, dims]`. */
export interface Gmm {
  readonly components: number;
  readonly dims: number;
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/** A mixture prepared for scoring: log p = logsumexp_k (constant_k + Σ_d x_d (linear_kd − x_d half_kd)). */
export interface GmmScorer {
  readonly components: number;
  readonly dims: number;
  readonly constants: Float64Array;
  readonly linear: Float64Array;
  readonly half: Float64Array;
}

/** Precomputes what scoring needs of a mixture. */
export function prepareGmm({ components, dims, weights, means, variances }: Gmm): GmmScorer {
  const constants = new Float64Array(components);
  const linear = new Float64Array(components * dims);
  const half = new Float64Array(components * dims);
  for (let k = 0; k < components; k += 1) {
    let constant = Math.log(weights[k]!) - 0.5 * dims * Math.log(2 * Math.PI);
    for (let d = 0; d < dims; d += 1) {
      const at = k * dims + d;
      const inverse = 1 / variances[at]!;
      constant -= 0.5 * (Math.log(variances[at]!) + means[at]! * means[at]! * inverse);
      linear[at] = means[at]! * inverse;
      half[at] = 0.5 * inverse;
    }
    constants[k] = constant;
  }
  return { components, dims, constants, linear, half };
}

/**
 * Log density of each component at one frame, into `out`; returns their log sum. Four components run
 * side by side: additions wait for each other within one component only, and each keeps its order, so
 * blocking changes no bit.
 */
export function frameLogDensity(
  { components, dims, constants, linear, half }: GmmScorer,
  data: Float32Array,
  start: number,
  out: Float64Array,
): number {
  let top = Number.NEGATIVE_INFINITY;
  let k = 0;
  for (; k + 4 <= components; k += 4) {
    let a = constants[k]!;
    let b = constants[k + 1]!;
    let c = constants[k + 2]!;
    let e = constants[k + 3]!;
    const rowA = k * dims;
    const rowB = rowA + dims;
    const rowC = rowB + dims;
    const rowE = rowC + dims;
    for (let d = 0; d < dims; d += 1) {
      const x = data[start + d]!;
      a += x * (linear[rowA + d]! - x * half[rowA + d]!);
      b += x * (linear[rowB + d]! - x * half[rowB + d]!);
      c += x * (linear[rowC + d]! - x * half[rowC + d]!);
      e += x * (linear[rowE + d]! - x * half[rowE + d]!);
    }
    out[k] = a;
    out[k + 1] = b;
    out[k + 2] = c;
    out[k + 3] = e;
    top = Math.max(top, a, b, c, e);
  }
  for (; k < components; k += 1) {
    let sum = constants[k]!;
    const row = k * dims;
    for (let d = 0; d < dims; d += 1) {
      const x = data[start + d]!;
      sum += x * (linear[row + d]! - x * half[row + d]!);
    }
    out[k] = sum;
    top = Math.max(top, sum);
  }
  let total = 0;
  for (k = 0; k < components; k += 1) total += Math.exp(out[k]! - top);
  return top + Math.log(total);
}

/** Log-likelihood of each frame of row-major `[frames, dims]` data. */
export function logLikelihoods(scorer: GmmScorer, data: Float32Array): Float64Array {
  const frames = data.length / scorer.dims;
  const scratch = new Float64Array(scorer.components);
  const out = new Float64Array(frames);
  for (let t = 0; t < frames; t += 1)
    out[t] = frameLogDensity(scorer, data, t * scorer.dims, scratch);
  return out;
}

/** Prepares log p(x | spoof) − log p(x | bonafide) of each frame of row-major `[frames, dims]` data. */
export function pairRatios(pair: {
  readonly bonafide: Gmm;
  readonly spoof: Gmm;
}): (data: Float32Array) => Float64Array {
  const bonafide = prepareGmm(pair.bonafide);
  const spoof = prepareGmm(pair.spoof);
  return (data) => {
    const b = logLikelihoods(bonafide, data);
    return logLikelihoods(spoof, data).map((value, t) => value - b[t]!);
  };
}

/**
 * log p(x | spoof) − log p(x | bonafide) of each frame under models that were adapted from one mixture, over the
 * `top` components that are the likeliest under that mixture alone (Reynolds, Quatieri and Dunn 2000, §3.5): an
 * adapted component is close to the one it came from.
 * @param models of equal size
 * @param data row-major `[frames, dims]`
 */
export function topComponentRatios(
  models: { readonly ubm: GmmScorer; readonly bonafide: GmmScorer; readonly spoof: GmmScorer },
  data: Float32Array,
  top: number,
): Float64Array {
  const { ubm, bonafide, spoof } = models;
  const { components, dims } = ubm;
  const count = Math.min(top, components);
  const scratch = new Float64Array(components);
  const best = new Uint32Array(count);
  const values = new Float64Array(count);
  const out = new Float64Array(data.length / dims);
  for (let t = 0; t < out.length; t += 1) {
    frameLogDensity(ubm, data, t * dims, scratch);
    values.fill(Number.NEGATIVE_INFINITY);
    for (let k = 0; k < components; k += 1) {
      const value = scratch[k]!;
      if (!(value > values[count - 1]!)) continue;
      let place = count - 1;
      for (; place > 0 && value > values[place - 1]!; place -= 1) {
        values[place] = values[place - 1]!;
        best[place] = best[place - 1]!;
      }
      values[place] = value;
      best[place] = k;
    }
    out[t] =
      logDensityOf(spoof, best, data, t * dims) - logDensityOf(bonafide, best, data, t * dims);
  }
  return out;
}

/** Log density of one frame over some of the components. */
function logDensityOf(
  { dims, constants, linear, half }: GmmScorer,
  chosen: Uint32Array,
  data: Float32Array,
  start: number,
): number {
  let top = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (const k of chosen) {
    let value = constants[k]!;
    const row = k * dims;
    for (let d = 0; d < dims; d += 1) {
      const x = data[start + d]!;
      value += x * (linear[row + d]! - x * half[row + d]!);
    }
    if (value > top) {
      total = total * Math.exp(top - value) + 1;
      top = value;
    } else total += Math.exp(value - top);
  }
  return top + Math.log(total);
}
