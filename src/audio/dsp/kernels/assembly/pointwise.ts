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
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  let i: usize = 0;
  for (; i < (n & ~15) << 2; i += 64) {
    a = f32x4.pmax(a, v128.load(x + i));
    b = f32x4.pmax(b, v128.load(x + i, 16));
    c = f32x4.pmax(c, v128.load(x + i, 32));
    d = f32x4.pmax(d, v128.load(x + i, 48));
  }
  const top = f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
  let best = max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
  for (; i < n << 2; i += 4) best = max<f32>(best, load<f32>(x + i));
  return best;
}

/** Smallest value; ∞ of none. */
export function smallest(x: usize, n: usize): f32 {
  let a = f32x4.splat(Infinity);
  let b = a;
  let c = a;
  let d = a;
  let i: usize = 0;
  for (; i < (n & ~15) << 2; i += 64) {
    a = f32x4.pmin(a, v128.load(x + i));
    b = f32x4.pmin(b, v128.load(x + i, 16));
    c = f32x4.pmin(c, v128.load(x + i, 32));
    d = f32x4.pmin(d, v128.load(x + i, 48));
  }
  const low = f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d));
  let best = min<f32>(
    min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
    min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
  );
  for (; i < n << 2; i += 4) best = min<f32>(best, load<f32>(x + i));
  return best;
}

/** Largest magnitude; 0 of none. */
export function peak(x: usize, n: usize): f32 {
  return max<f32>(0, max<f32>(largest(x, n), -smallest(x, n)));
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
    v128.store(out + i, f32x4.pmin(f32x4.pmax(v128.load(x + i), a), b));
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

/** out[i] = mean of x[i … i + window − 1] for n values; may read and write up to 15 floats more. */
export function movingAverage(x: usize, window: usize, n: usize, out: usize): void {
  const share = f32x4.splat(<f32>(1.0 / <f64>window));
  for (let i: usize = 0; i < n << 2; i += 64) {
    let at = x + i;
    const end = at + (window << 2);
    let a = v128.load(at);
    let b = v128.load(at, 16);
    let c = v128.load(at, 32);
    let d = v128.load(at, 48);
    for (at += 4; at < end; at += 4) {
      a = f32x4.add(a, v128.load(at));
      b = f32x4.add(b, v128.load(at, 16));
      c = f32x4.add(c, v128.load(at, 32));
      d = f32x4.add(d, v128.load(at, 48));
    }
    v128.store(out + i, f32x4.mul(a, share));
    v128.store(out + i, f32x4.mul(b, share), 16);
    v128.store(out + i, f32x4.mul(c, share), 32);
    v128.store(out + i, f32x4.mul(d, share), 48);
  }
}
