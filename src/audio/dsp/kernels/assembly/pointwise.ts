/** Sample by sample: sums, mixes, limits, rounding, averages. */

/** Σ x² in doubles, four running sums. */
export function sumOfSquares(x: usize, n: usize): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let i: usize = 0;
  for (; i < (n & ~3) << 2; i += 16) {
    const v = v128.load(x + i);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  const sum = f64x2.add(a, b);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; i < n << 2; i += 4) {
    const v = <f64>load<f32>(x + i);
    total += v * v;
  }
  return total;
}

/** Largest value; −∞ of none. */
export function largest(x: usize, n: usize): f32 {
  let top = f32x4.splat(-Infinity);
  let i: usize = 0;
  for (; i < (n & ~3) << 2; i += 16) top = f32x4.max(top, v128.load(x + i));
  let best = max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
  for (; i < n << 2; i += 4) best = max<f32>(best, load<f32>(x + i));
  return best;
}

/** Smallest value; ∞ of none. */
export function smallest(x: usize, n: usize): f32 {
  let low = f32x4.splat(Infinity);
  let i: usize = 0;
  for (; i < (n & ~3) << 2; i += 16) low = f32x4.min(low, v128.load(x + i));
  let best = min<f32>(
    min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
    min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
  );
  for (; i < n << 2; i += 4) best = min<f32>(best, load<f32>(x + i));
  return best;
}

/** out = x + gain · y; may read and write up to three floats more. */
export function mix(x: usize, y: usize, gain: f32, n: usize, out: usize): void {
  const g = f32x4.splat(gain);
  for (let i: usize = 0; i < n << 2; i += 16) {
    v128.store(out + i, f32x4.add(v128.load(x + i), f32x4.mul(v128.load(y + i), g)));
  }
}

/** out = gain · x. */
export function scale(x: usize, gain: f32, n: usize, out: usize): void {
  const g = f32x4.splat(gain);
  for (let i: usize = 0; i < n << 2; i += 16) {
    v128.store(out + i, f32x4.mul(v128.load(x + i), g));
  }
}

/** out = x within [low, high]. */
export function limit(x: usize, low: f32, high: f32, n: usize, out: usize): void {
  const a = f32x4.splat(low);
  const b = f32x4.splat(high);
  for (let i: usize = 0; i < n << 2; i += 16) {
    v128.store(out + i, f32x4.min(b, f32x4.max(a, v128.load(x + i))));
  }
}

/** out = round((x − offset) · up) · down + offset, ties to even. */
export function roundTo(x: usize, offset: f32, up: f32, down: f32, n: usize, out: usize): void {
  const o = f32x4.splat(offset);
  const u = f32x4.splat(up);
  const d = f32x4.splat(down);
  for (let i: usize = 0; i < n << 2; i += 16) {
    const step = f32x4.nearest(f32x4.mul(f32x4.sub(v128.load(x + i), o), u));
    v128.store(out + i, f32x4.add(f32x4.mul(step, d), o));
  }
}

/** out[i] = mean of x[i … i + window − 1] for n values. */
export function movingAverage(x: usize, window: usize, n: usize, out: usize): void {
  const share = f32x4.splat(<f32>(1.0 / <f64>window));
  for (let i: usize = 0; i < n << 2; i += 16) {
    let sum = v128.load(x + i);
    for (let k: usize = 4; k < window << 2; k += 4) {
      sum = f32x4.add(sum, v128.load(x + i + k));
    }
    v128.store(out + i, f32x4.mul(sum, share));
  }
}
