/** Resampling, recursive filters, noise and differences. */

import { cosSmall4, dots4, log4, sinSmall4 } from './lanes';

/**
 * Polyphase filter: out[n] = Σ x[⌊n·down/up⌋ + k] · rows[(n·down) mod up][k]. `taps` is a multiple of 8.
 * Four periods of the rows go together, so that each row is read once for four outputs.
 */
export function polyphase(
  x: usize,
  rows: usize,
  taps: usize,
  up: usize,
  down: usize,
  n: usize,
  out: usize,
): void {
  const whole = (down / up) << 2;
  const part = down % up;
  const line = taps << 2;
  const period = down << 2;
  const apart = up << 2;
  let from = x;
  let to = out;
  let left = n;
  for (; left >= up << 2; left -= up << 2) {
    let at = from;
    let phase: usize = 0;
    for (let i: usize = 0; i < up; i++) {
      const here = to + (i << 2);
      const sums = dots4(at, period, rows + phase * line, line);
      v128.store32_lane(here, sums, 0);
      v128.store32_lane(here + apart, sums, 1);
      v128.store32_lane(here + 2 * apart, sums, 2);
      v128.store32_lane(here + 3 * apart, sums, 3);
      at += whole;
      phase += part;
      if (phase >= up) {
        phase -= up;
        at += 4;
      }
    }
    from += period << 2;
    to += apart << 2;
  }
  let phase: usize = 0;
  for (let i: usize = 0; i < left; i++) {
    const sums = dots4(from, 0, rows + phase * line, line);
    v128.store32_lane(to + (i << 2), sums, 0);
    from += whole;
    phase += part;
    if (phase >= up) {
      phase -= up;
      from += 4;
    }
  }
}

/**
 * Direct form II transposed in doubles on four pieces of a signal at once: piece p reads n + warm floats
 * from x + p · n on and writes its last n to out + p · n. `b` and `a` are [order + 1] doubles, `state`
 * is scratch of 4 · (order + 2) doubles.
 */
export function recursive(
  x: usize,
  n: usize,
  warm: usize,
  b: usize,
  a: usize,
  order: usize,
  state: usize,
  out: usize,
): void {
  memory.fill(state, 0, (order + 2) << 5);
  const piece = n << 2;
  const b0 = v128.load64_splat(b);
  const total = warm + n;
  for (let i: usize = 0; i < total; i++) {
    const at = x + (i << 2);
    const x01 = f64x2.promote_low_f32x4(
      v128.load32_lane(at + piece, v128.load32_zero(at), 1),
    );
    const x23 = f64x2.promote_low_f32x4(
      v128.load32_lane(at + 3 * piece, v128.load32_zero(at + 2 * piece), 1),
    );
    const y01 = f64x2.add(f64x2.mul(b0, x01), v128.load(state));
    const y23 = f64x2.add(f64x2.mul(b0, x23), v128.load(state, 16));
    for (let k: usize = 0; k < order; k++) {
      const s = state + (k << 5);
      const bk = v128.load64_splat(b + (k << 3), 8);
      const ak = v128.load64_splat(a + (k << 3), 8);
      v128.store(
        s,
        f64x2.sub(f64x2.add(v128.load(s, 32), f64x2.mul(bk, x01)), f64x2.mul(ak, y01)),
      );
      v128.store(
        s,
        f64x2.sub(f64x2.add(v128.load(s, 48), f64x2.mul(bk, x23)), f64x2.mul(ak, y23)),
        16,
      );
    }
    if (i >= warm) {
      const to = out + ((i - warm) << 2);
      store<f32>(to, <f32>f64x2.extract_lane(y01, 0));
      store<f32>(to + piece, <f32>f64x2.extract_lane(y01, 1));
      store<f32>(to + 2 * piece, <f32>f64x2.extract_lane(y23, 0));
      store<f32>(to + 3 * piece, <f32>f64x2.extract_lane(y23, 1));
    }
  }
}

@inline
function rotateLeft(v: v128, by: i32): v128 {
  return v128.or(i32x4.shl(v, by), i32x4.shr_u(v, 32 - by));
}

/** Upper 24 bits as a number in (0, 1). */
@inline
function uniform4(bits: v128): v128 {
  return f32x4.mul(
    f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), f32x4.splat(0.5)),
    f32x4.splat(5.9604645e-8),
  );
}

/** 1.5 · 2²³: floats around it are whole numbers, so that adding it rounds, ties to even. */
const ROUNDER: f32 = 12582912;

/** Makes two normals of two uniforms (Box and Muller), in place. */
@inline
function turn(at: usize): void {
  const radius = f32x4.sqrt(f32x4.mul(log4(v128.load(at)), f32x4.splat(-2)));
  const second = v128.load(at, 16);
  // The turn, to the nearest quarter and the rest: the last bits of the sum count the quarters.
  const counted = f32x4.add(f32x4.mul(second, f32x4.splat(4)), f32x4.splat(ROUNDER));
  const quarters = f32x4.sub(counted, f32x4.splat(ROUNDER));
  const angle = f32x4.mul(
    f32x4.sub(second, f32x4.mul(quarters, f32x4.splat(0.25))),
    f32x4.splat(6.2831855),
  );
  const sin = sinSmall4(angle);
  const cos = cosSmall4(angle);
  // Odd quarters exchange them.
  const odd = i32x4.shr_s(i32x4.shl(counted, 31), 31);
  const change = v128.and(v128.xor(sin, cos), odd);
  const sign = i32x4.splat(<i32>0x80000000);
  const signSin = v128.and(i32x4.shl(counted, 30), sign);
  const signCos = v128.and(i32x4.shl(i32x4.add(counted, i32x4.splat(1)), 30), sign);
  v128.store(at, f32x4.mul(radius, v128.xor(v128.xor(cos, change), signCos)));
  v128.store(at, f32x4.mul(radius, v128.xor(v128.xor(sin, change), signSin)), 16);
}

/**
 * Standard normals by Box and Muller on four streams of xoshiro128+ (Blackman & Vigna 2021). `state`
 * holds 16 words, not all zero in a lane; room for n rounded up to a multiple of 32.
 */
export function normals(state: usize, out: usize, n: usize): void {
  let s0 = v128.load(state);
  let s1 = v128.load(state, 16);
  let s2 = v128.load(state, 32);
  let s3 = v128.load(state, 48);
  const end = out + (((n + 31) & ~31) << 2);
  for (let at = out; at < end; at += 16) {
    v128.store(at, uniform4(i32x4.add(s0, s3)));
    const t = i32x4.shl(s1, 9);
    s2 = v128.xor(s2, s0);
    s3 = v128.xor(s3, s1);
    s1 = v128.xor(s1, s2);
    s0 = v128.xor(s0, s3);
    s2 = v128.xor(s2, t);
    s3 = rotateLeft(s3, 11);
  }
  // Engines make every constant anew where it is used: four turns share theirs.
  for (let at = out; at < end; at += 128) {
    turn(at);
    turn(at + 32);
    turn(at + 64);
    turn(at + 96);
  }
}

/** Σ (x[i] − x[i + lag])² over n samples for lags 1 … count (a multiple of 4), into out[lag − 1]. */
export function squaredDifferences(x: usize, n: usize, count: usize, out: usize): void {
  const even = (n & ~3) << 2;
  for (let lag: usize = 1; lag <= count; lag += 4) {
    const from = x + (lag << 2);
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    let i: usize = 0;
    for (; i < even; i += 16) {
      const v = v128.load(x + i);
      const da = f32x4.sub(v, v128.load(from + i));
      const db = f32x4.sub(v, v128.load(from + i, 4));
      const dc = f32x4.sub(v, v128.load(from + i, 8));
      const dd = f32x4.sub(v, v128.load(from + i, 12));
      a = f32x4.add(a, f32x4.mul(da, da));
      b = f32x4.add(b, f32x4.mul(db, db));
      c = f32x4.add(c, f32x4.mul(dc, dc));
      d = f32x4.add(d, f32x4.mul(dd, dd));
    }
    // Sums over lanes of all four lags at once.
    const ab = f32x4.add(
      v128.shuffle<f32>(a, b, 0, 4, 1, 5),
      v128.shuffle<f32>(a, b, 2, 6, 3, 7),
    );
    const cd = f32x4.add(
      v128.shuffle<f32>(c, d, 0, 4, 1, 5),
      v128.shuffle<f32>(c, d, 2, 6, 3, 7),
    );
    let sums = f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
    for (; i < n << 2; i += 4) {
      const difference = f32x4.sub(v128.load32_splat(x + i), v128.load(from + i));
      sums = f32x4.add(sums, f32x4.mul(difference, difference));
    }
    v128.store(out + ((lag - 1) << 2), sums);
  }
}
