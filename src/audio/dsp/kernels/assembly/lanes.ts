/** Arithmetic on four floats at a time. */

/** Transposed rows of a 4 × 4 block: which of a, b, c, d holds which sample. */
@inline
export function low2(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

@inline
export function high2(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

@inline
export function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(a, b, 0, 2);
}

@inline
export function highHalves(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(a, b, 1, 3);
}

/** Sums of the lanes of a, b, c and d. */
@inline
export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = low2(a, b);
  const cd = low2(c, d);
  const abHigh = high2(a, b);
  const cdHigh = high2(c, d);
  return f32x4.add(
    f32x4.add(lowHalves(ab, cd), highHalves(ab, cd)),
    f32x4.add(lowHalves(abHigh, cdHigh), highHalves(abHigh, cdHigh)),
  );
}

/** Σ x[k] · row[k] at four places that are `apart` bytes from each other; `bytes` is a multiple of 32. */
@inline
export function dots4(x: usize, apart: usize, row: usize, bytes: usize): v128 {
  const end = row + bytes;
  let x1 = x + apart;
  let x2 = x1 + apart;
  let x3 = x2 + apart;
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  for (; row < end; row += 32) {
    const a = v128.load(row);
    a0 = f32x4.add(a0, f32x4.mul(v128.load(x), a));
    a1 = f32x4.add(a1, f32x4.mul(v128.load(x1), a));
    a2 = f32x4.add(a2, f32x4.mul(v128.load(x2), a));
    a3 = f32x4.add(a3, f32x4.mul(v128.load(x3), a));
    const b = v128.load(row, 16);
    b0 = f32x4.add(b0, f32x4.mul(v128.load(x, 16), b));
    b1 = f32x4.add(b1, f32x4.mul(v128.load(x1, 16), b));
    b2 = f32x4.add(b2, f32x4.mul(v128.load(x2, 16), b));
    b3 = f32x4.add(b3, f32x4.mul(v128.load(x3, 16), b));
    x += 32;
    x1 += 32;
    x2 += 32;
    x3 += 32;
  }
  return sums4(f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3));
}

/** Natural logarithm of positive normal numbers, to 2 ulp (the polynomial of Cephes' logf). */
@inline
export function log4(x: v128): v128 {
  let mantissa = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000));
  const large = f32x4.gt(mantissa, f32x4.splat(1.4142135));
  const exponent = f32x4.convert_i32x4_s(
    i32x4.sub(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127)), large),
  );
  // Half of it: one less in its exponent.
  mantissa = i32x4.sub(mantissa, v128.and(large, i32x4.splat(0x00800000)));
  const f = f32x4.sub(mantissa, f32x4.splat(1));
  const z = f32x4.mul(f, f);
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.151461031e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.167699874e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(f32x4.mul(p, f), z);
  p = f32x4.add(p, f32x4.mul(exponent, f32x4.splat(-2.12194440e-4)));
  p = f32x4.sub(p, f32x4.mul(z, f32x4.splat(0.5)));
  return f32x4.add(f32x4.add(f, p), f32x4.mul(exponent, f32x4.splat(0.693359375)));
}

/** sin of an angle in [−π/4, π/4]. */
@inline
export function sinSmall4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(2.7557319e-6);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.9841270e-4));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(8.3333333e-3));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.6666667e-1));
  return f32x4.add(x, f32x4.mul(f32x4.mul(p, z), x));
}

/** cos of an angle in [−π/4, π/4]. */
@inline
export function cosSmall4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(2.4801587e-5);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.3888889e-3));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(4.1666667e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.5));
  return f32x4.add(f32x4.splat(1), f32x4.mul(p, z));
}
