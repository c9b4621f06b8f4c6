/**
 * Gaussian mixtures in AssemblyScript; built by scripts/build-kernels.mjs into ../mixture.generated.ts. A lane holds
 * a component or a dimension, never a part of a sum: each sum adds up in the order of plain loops, bit by bit.
 */

/** Two doubles of a float32. */
@inline
function splat(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load32_splat(address));
}

/** sum + x · (linear − x · half) */
@inline
function step(sum: v128, x: v128, linear: usize, half: usize): v128 {
  return f64x2.add(
    sum,
    f64x2.mul(x, f64x2.sub(v128.load(linear), f64x2.mul(x, v128.load(half)))),
  );
}

/**
 * Log densities, f64 [frames, components], of frames x, f32 [frames, dims]. Components come in eights; linear and
 * half hold them side by side: [components / 8, dims, 8].
 */
export function logDensities(
  x: usize,
  frames: u32,
  dims: u32,
  constants: usize,
  linear: usize,
  half: usize,
  components: u32,
  out: usize,
): void {
  const row = (<usize>dims) << 2;
  for (let t: u32 = 0; t < frames; t += 1) {
    let at = 0;
    for (let k: u32 = 0; k < components; k += 8) {
      const first = constants + ((<usize>k) << 3);
      let a = v128.load(first);
      let b = v128.load(first, 16);
      let c = v128.load(first, 32);
      let d = v128.load(first, 48);
      for (let i: usize = 0; i < row; i += 4) {
        const value = splat(x + i);
        a = step(a, value, linear + at, half + at);
        b = step(b, value, linear + at + 16, half + at + 16);
        c = step(c, value, linear + at + 32, half + at + 32);
        d = step(d, value, linear + at + 48, half + at + 48);
        at += 64;
      }
      v128.store(out, a);
      v128.store(out, b, 16);
      v128.store(out, c, 32);
      v128.store(out, d, 48);
      out += 64;
    }
    x += row;
  }
}

/**
 * Adds share · x to sums and share · x · x to squares, f64 [components, dims], for each share that is not 0, f64
 * [frames, components]. Dims are even, or the last one has no partner.
 */
export function addShares(
  x: usize,
  frames: u32,
  dims: u32,
  shares: usize,
  components: u32,
  sums: usize,
  squares: usize,
): void {
  const row = (<usize>dims) << 2;
  const even = row & ~7;
  for (let t: u32 = 0; t < frames; t += 1) {
    let at: usize = 0;
    for (let k: u32 = 0; k < components; k += 1) {
      const share = load<f64>(shares);
      shares += 8;
      if (share == 0) {
        at += row << 1;
        continue;
      }
      const both = f64x2.splat(share);
      for (let i: usize = 0; i < even; i += 8) {
        const value = f64x2.promote_low_f32x4(v128.load64_zero(x + i));
        const weighed = f64x2.mul(both, value);
        v128.store(sums + at, f64x2.add(v128.load(sums + at), weighed));
        v128.store(
          squares + at,
          f64x2.add(v128.load(squares + at), f64x2.mul(weighed, value)),
        );
        at += 16;
      }
      if (even < row) {
        const value = <f64>load<f32>(x + even);
        const weighed = share * value;
        store<f64>(sums + at, load<f64>(sums + at) + weighed);
        store<f64>(squares + at, load<f64>(squares + at) + weighed * value);
        at += 8;
      }
    }
    x += row;
  }
}
