/**
 * Cubic splines as linear maps of the values at their knots.
 * @module
 */

/** Points at which splines are read, and where each lies among the knots. */
interface Places {
  /** Knot to the left of each point. */
  readonly left: Uint32Array;
  /** Share of the way to the next knot. */
  readonly share: Float64Array;
}

/**
 * Weights of the knots in Σ_u r_u s(points_u), where s is the cubic spline through the knots whose third
 * derivative does not jump at the second and the last but one ("not a knot", de Boor 1978, ch. IV): the transposed
 * interpolation, so that a transform of many interpolated values is a product with one small matrix.
 * @param knots ascending, at least 4
 * @param points within the knots
 * @returns a function of r `[points]` that gives `[knots]`
 */
export function transposedSpline(
  knots: Float64Array,
  points: Float64Array,
): (r: Float64Array) => Float64Array {
  const n = knots.length;
  const h = Float64Array.from({ length: n - 1 }, (_, i) => knots[i + 1]! - knots[i]!);
  const { left, share } = placesOf(knots, points);
  // M₀ = (1 + q₀) M₁ − q₀ M₂, and likewise at the other end, leaves equations of M₁ … M₍n−2₎ alone.
  const first = h[0]! / h[1]!;
  const last = h[n - 2]! / h[n - 3]!;
  const inner = n - 2;
  const below = new Float64Array(inner);
  const main = new Float64Array(inner);
  const above = new Float64Array(inner);
  for (let i = 1; i <= inner; i += 1) {
    below[i - 1] = h[i - 1]!;
    main[i - 1] = 2 * (h[i - 1]! + h[i]!);
    above[i - 1] = h[i]!;
  }
  main[0]! += h[0]! * (1 + first);
  above[0]! -= h[0]! * first;
  main[inner - 1]! += h[n - 2]! * (1 + last);
  below[inner - 1]! -= h[n - 2]! * last;
  return (r) => {
    const values = new Float64Array(n);
    const bends = new Float64Array(n);
    for (let u = 0; u < points.length; u += 1) {
      const i = left[u]!;
      const t = share[u]!;
      const s = 1 - t;
      const scale = (-h[i]! * h[i]! * r[u]!) / 6;
      values[i]! += s * r[u]!;
      values[i + 1]! += t * r[u]!;
      bends[i]! += scale * (s - s * s * s);
      bends[i + 1]! += scale * (t - t * t * t);
    }
    bends[1]! += (1 + first) * bends[0]!;
    bends[2]! -= first * bends[0]!;
    bends[n - 2]! += (1 + last) * bends[n - 1]!;
    bends[n - 3]! -= last * bends[n - 1]!;
    // The transposed system: its diagonals beside the main one change places.
    const w = solveTridiagonal({ below, main, above }, bends.subarray(1, n - 1));
    for (let i = 1; i <= inner; i += 1) {
      const up = (6 * w[i - 1]!) / h[i]!;
      const down = (6 * w[i - 1]!) / h[i - 1]!;
      values[i + 1]! += up;
      values[i]! -= up + down;
      values[i - 1]! += down;
    }
    return values;
  };
}

function placesOf(knots: Float64Array, points: Float64Array): Places {
  const left = new Uint32Array(points.length);
  const share = new Float64Array(points.length);
  let i = 0;
  for (const [u, x] of points.entries()) {
    while (i > 0 && x < knots[i]!) i -= 1;
    while (i < knots.length - 2 && x > knots[i + 1]!) i += 1;
    left[u] = i;
    share[u] = (x - knots[i]!) / (knots[i + 1]! - knots[i]!);
  }
  return { left, share };
}

/** Solves Tᵀ x = b for a tridiagonal T by elimination (Thomas). */
function solveTridiagonal(
  { below, main, above }: { below: Float64Array; main: Float64Array; above: Float64Array },
  b: Float64Array,
): Float64Array {
  const n = main.length;
  const ratio = new Float64Array(n);
  const x = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    // Row i of the transposed matrix: above[i − 1], main[i], below[i + 1].
    const lower = i === 0 ? 0 : above[i - 1]!;
    const pivot = main[i]! - lower * (i === 0 ? 0 : ratio[i - 1]!);
    ratio[i] = i === n - 1 ? 0 : below[i + 1]! / pivot;
    x[i] = (b[i]! - lower * (i === 0 ? 0 : x[i - 1]!)) / pivot;
  }
  for (let i = n - 2; i >= 0; i -= 1) x[i]! -= ratio[i]! * x[i + 1]!;
  return x;
}
